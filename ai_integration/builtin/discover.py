"""What the passages found for a requirement tell about the vault: its languages, its notes, its headings."""

from collections.abc import Sequence

from ai_integration.builtin import criteria, findings, text, vocabulary
from ai_integration.builtin.coverage import is_called
from ai_integration.builtin.ranking import NEAR_SUBJECT, Corpus, about_subject
from ai_integration.builtin.request import Request
from ai_integration.builtin.statements import last_heading, title_of
from ai_integration.builtin.text import Term
from ai_integration.jobs import Passage

MAX_HEADINGS = 5
WORTH_A_POINT = 24
NOTES_SHOWN = 8
ENOUGH_OF_ITS_OWN = 2


def languages(passages: Sequence[Passage]) -> frozenset[str]:
    """Japanese and English as far as the passages are written in them."""
    return frozenset(
        "ja" if text.is_japanese(passage.text) else "en" for passage in passages if len(passage.text) >= 20
    )


def relevant_notes(passages: Sequence[Passage], asked: Request) -> list[str]:
    """Titles of the notes that are about the subject, by their title or by what they say, strongest first."""
    corpus = Corpus(passages)
    titles: dict[str, float] = {}
    for about in _subjects(asked):
        wanted = criteria.Need("", "", about, (), frozenset(), frozenset())
        for candidate in corpus.candidates:
            near = about_subject(corpus, wanted, candidate)
            title = title_of(candidate.unit.passage)
            if near >= NEAR_SUBJECT and not candidate.statement.context.template:
                titles[title] = max(titles.get(title, 0.0), near)
    return sorted(titles, key=lambda title: -titles[title])[:NOTES_SHOWN]


def other_names(passages: Sequence[Passage], asked: Request) -> list[str]:
    """What the notes call the subject besides: 「オリノ」 for 新製品. A name that says more than one word is none."""
    corpus = Corpus(passages)
    names = [name.text for term in findings.subject_terms(asked)[:2] for name in corpus.names(term)]
    return [name for name in dict.fromkeys(names) if len(vocabulary.content_terms(name)) == 1][:2]


def _subjects(asked: Request) -> list[tuple[Term, ...]]:
    named = [vocabulary.content_terms(thing) for thing in asked.things]
    return [terms for terms in named or [findings.subject_terms(asked)] if terms]


def headings(passages: Sequence[Passage], asked: Request, relevant: Sequence[str]) -> list[str]:
    """Headings under which the notes on the subject say something: the points worth a look when none is named.

    Those of the subject's own note, where there is one with a few; else those whose passage speaks most of the subject. They
    come in the order of the notes.
    """
    subject = findings.subject_terms(asked)
    own = [title for title in relevant if is_called(subject, text.Reading(title))]
    of_own = _headings(passages, subject, own)
    return of_own if len(of_own) >= ENOUGH_OF_ITS_OWN else _headings(passages, subject, relevant)


def _headings(passages: Sequence[Passage], subject: Sequence[Term], relevant: Sequence[str]) -> list[str]:
    stems = {term.stem for term in subject}
    place = {title: number for number, title in enumerate(relevant)}
    found: dict[str, tuple[float, int, int]] = {}
    for passage in passages:
        title = title_of(passage)
        for heading in _headings_of(passage) if title in relevant else ():
            terms = {term.stem for term in vocabulary.content_terms(heading)}
            if terms - stems and text.fold(heading) != text.fold(title) and len(heading) <= 60:
                told = text.Reading(f"{heading}\n{passage.text}")
                spoken = sum(told.match(term) for term in subject)
                found.setdefault(heading.strip(), (-spoken, place[title], passage.line))
    chosen = sorted(found, key=found.__getitem__)[:MAX_HEADINGS]
    return sorted(chosen, key=lambda heading: found[heading][1:])


def _headings_of(passage: Passage) -> list[str]:
    own = [last_heading(passage.heading)] if passage.heading.strip() else []
    return own if len(passage.text) >= WORTH_A_POINT else []
