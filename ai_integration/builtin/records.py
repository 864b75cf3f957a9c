"""The record a requirement names: a meeting's note by its date or name. What it decided, no other note can say."""

import re
from collections.abc import Sequence

from ai_integration.builtin import text, vocabulary
from ai_integration.builtin.request import Request
from ai_integration.builtin.statements import title_of
from ai_integration.builtin.text import FULL_MATCH, Reading, Term
from ai_integration.jobs import Passage

_MEETING = "会議"
_DIGITS = re.compile(r"\d+")


def named(passages: Sequence[Passage], asked: Request, subject: Sequence[Term]) -> list[Passage]:
    """The passages of the record the requirement is about; all passages when it is about none or the record is not there."""
    if not _is_record(asked, subject):
        return list(passages)
    notes = {each.note: Reading(f"{title_of(each)} {_stem(each)}") for each in passages}
    meant = {note for note, title in notes.items() if _is_called(title, subject)}
    return [each for each in passages if each.note in meant] or list(passages)


def _is_record(asked: Request, subject: Sequence[Term]) -> bool:
    dated = bool(text.days_in(text.fold(asked.topic)))
    return bool(subject) and (dated or any(_MEETING in vocabulary.synonyms(term.text) for term in subject))


def _is_called(title: Reading, subject: Sequence[Term]) -> bool:
    """Whether a title holds every word of the subject; numbers alone are not enough."""
    words = [term for term in subject if not _DIGITS.fullmatch(term.text)]
    return bool(words) and all(title.match(term) >= FULL_MATCH for term in subject)


def _stem(passage: Passage) -> str:
    return passage.note.rsplit("/", 1)[-1].removesuffix(".md")
