"""Passages that may answer a question, to be cited. Our own reports and templates are no evidence."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from knowledge.files.names import in_any
from knowledge.grams import Term
from knowledge.index import Scope, engine, fields, scope_of
from knowledge.models import Note, Passage, Source, Vault
from knowledge.question import Feature, features
from knowledge.ranking import Ranked, idf, rank
from knowledge.selectors.open_tasks import apart, open_tasks, passages_of
from knowledge.states import Zone

MAX_QUERIES = 16
MAX_QUERY_CHARS = 2000
HOLDERS_PER_GRAM = 2000
"""Of a gram that more passages hold, the newest so many are looked at."""

CANDIDATES = 120
PER_NOTE = 6
HEADS = 3
"""So many heads of notes that are called what is asked for go with the passages of bodies, for what only they say."""

LED_IN = 0.85
OPENING_PASSAGES = 2
"""The first passages of such a note come nearly as high as its head, though the words stand in the head alone."""

PER_SOURCE = 8
ECHO = 0.2
"""What each further query adds to the score of a passage that answers several."""


LEAST_SAID = 4
"""Characters outside headings and links that a passage needs to be evidence."""

LINK_LOSS = 0.5
_HEADING_LINE = re.compile(r"^#{1,6}[ \t].*$", re.MULTILINE)
_LINK = re.compile(r"\[\[[^\]\n]*\]\]")
_WORD = re.compile(r"\w")
_SAYS_ENOUGH = re.compile(rf"(?:\w\W*+){{{LEAST_SAID}}}")
_TELLING = re.compile(
    r"^(?!(?:title|alias(?:es)?|tags?|css\w*|publish|id|uid|created|updated|modified)\s*:)[^\s:#-][^:\n]{0,40}:"
    r"(?:[ \t]*[^\s\[\]{}]|[ \t]*\[[^\]\s]|[ \t]*\n\s*- *\S)",
    re.MULTILINE | re.IGNORECASE,
)
"""A property that tells something of the note's subject: a date, people, a place, a price."""


@dataclass(frozen=True)
class FoundPassage:
    """A passage to cite: `line` is where its first line stands in the file, from 1; `score` lies in 0…1.

    Either `note_id` or `source_id` is set; `note` is the path in the vault, or the source's title.
    """

    note_id: UUID | None
    source_id: UUID | None
    note: str
    title: str
    heading: str
    line: int
    text: str
    score: float
    why: str


class _Row(NamedTuple):
    """What is read of a passage: hundreds of them for one question, which as models would take most of its time."""

    pk: int
    ordinal: int
    heading: str
    line: int
    text: str
    grams: str
    note_id: UUID | None
    source_id: UUID | None
    path: str | None
    note_title: str | None
    source_title: str | None


_FACTS = (*_Row._fields[:8], "note__path", "note__title", "source__title")


def find_passages(
    user: Any,
    *,
    vault_ids: Iterable[UUID | str] = (),
    source_ids: Iterable[UUID | str] = (),
    queries: Sequence[str],
    folders: Sequence[str] = (),
    limit: int = 12,
) -> list[FoundPassage]:
    """The passages that answer `queries` (questions or keywords) best, in the vaults and sources that `user` may see.

    Notes outside `folders` (those in vaults; none is no limit) are not looked at. Diverse (a few of each note), best first,
    in an order that depends on nothing but the content. A query `task-todo:` is answered by where open tasks stand, besides
    `limit` and first (see `open_tasks`).
    """
    finder = _Finder(user, list(vault_ids), list(source_ids), folders)
    asked, others = apart(list(dict.fromkeys(queries))[:MAX_QUERIES])
    questions = [features(query[:MAX_QUERY_CHARS]) for query in others]
    if not finder.scope.homes:
        return []
    tasks = finder.tasks(asked, folders) if asked else []
    known = {(each.note_id, each.line) for each in tasks}
    best = finder.best([question for question in questions if question], limit)
    return [*tasks, *(each for each in best if (each.note_id, each.line) not in known)]


class _Finder:
    def __init__(
        self, user: Any, vault_ids: list[UUID | str], source_ids: list[UUID | str], folders: Sequence[str]
    ) -> None:
        vaults = Vault.objects.permitted(user, "view").filter(pk__in=vault_ids)
        sources = Source.objects.permitted(user, "view").filter(pk__in=source_ids)
        homes = [*vaults.values_list("pk", flat=True), *sources.values_list("pk", flat=True)]
        self._notes = Note.objects.filter(vault__in=vaults)
        self.scope: Scope = scope_of(homes, Zone.EVIDENCE)
        self.heads: Scope = scope_of(homes, Zone.HEAD)
        self.total = sum(
            rows.aggregate(total=Sum("passage_total"))["total"] or 0 for rows in (vaults, sources)
        )
        self._inside = _passages_inside(vaults, folders) if folders else None
        self._holders: dict[tuple[Term, Scope], list[int]] = {}

    def best(self, questions: list[list[Feature]], limit: int) -> list[FoundPassage]:
        bodies = self._ranked(questions, self.scope, _substance)
        heads = self._ranked(questions, self.heads, _told_by_head)[:HEADS]
        kept = _diverse(sorted(_led_in(bodies, heads), key=_order), limit)
        return [_found(passage, score, _why(ranked)) for score, ranked, passage in kept]

    def tasks(self, words: Sequence[str], folders: Sequence[str]) -> list[FoundPassage]:
        """The passages with the open tasks of notes, those due first first."""
        pks = passages_of(open_tasks(self._notes, words, folders))
        rows = _fetched(pks)
        return [_found(rows[pk], 1.0, _("open task")) for pk in pks if pk in rows]

    def _ranked(
        self, questions: list[list[Feature]], scope: Scope, worth: Callable[[_Row], float]
    ) -> list[tuple[float, Ranked, _Row]]:
        """The passages of a scope that answer, best first, each by all the questions it answers."""
        scored: dict[int, list[Ranked]] = {}
        rows: dict[int, _Row] = {}
        worths: dict[int, float] = {}
        for question in questions:
            idfs = {
                feature.term: idf(self.total, len(self._holding(feature.term, scope))) for feature in question
            }
            candidates = self._candidates(question, idfs, scope)
            fresh = _fetched(pk for pk in candidates if pk not in rows)
            rows |= fresh
            worths |= {pk: worth(row) for pk, row in fresh.items()}
            for pk in candidates:
                substance = worths[pk]
                if substance and (ranked := rank(rows[pk].grams, question, idfs)):
                    scored.setdefault(pk, []).append(replace(ranked, score=ranked.score * substance))
        return sorted(((*_merged(each), rows[pk]) for pk, each in scored.items()), key=_order)

    def _holding(self, term: Term, scope: Scope) -> list[int]:
        if (term, scope) not in self._holders:
            found = engine().passages([term], scope, HOLDERS_PER_GRAM)
            self._holders[term, scope] = [pk for pk in found if self._inside is None or pk in self._inside]
        return self._holders[term, scope]

    def _candidates(self, question: list[Feature], idfs: dict[Term, float], scope: Scope) -> list[int]:
        """The passages worth reading: those that hold the most telling grams."""
        worth: dict[int, float] = {}
        for feature in question:
            value = feature.weight * idfs[feature.term]
            for pk in self._holding(feature.term, scope):
                worth[pk] = worth.get(pk, 0.0) + value
        return [pk for _worth, pk in nlargest(CANDIDATES, ((value, pk) for pk, value in worth.items()))]


def _passages_inside(vaults: QuerySet[Vault], folders: Sequence[str]) -> set[int]:
    """The passages of the vaults' notes in `folders`, and every passage of a source."""
    notes = Note.objects.filter(vault__in=vaults, deleted_at=None).values_list("pk", "path")
    inside = [pk for pk, path in notes if in_any(path, folders)]
    rows = Passage.objects.filter(Q(note__in=inside) | Q(note=None)).order_by()
    return set(rows.values_list("pk", flat=True))


def _fetched(pks: Iterable[int]) -> dict[int, _Row]:
    rows = Passage.objects.filter(pk__in=list(pks)).order_by().values_list(*_FACTS)
    return {row[0]: _Row(*row) for row in rows}


def _led_in(
    bodies: list[tuple[float, Ranked, _Row]], heads: list[tuple[float, Ranked, _Row]]
) -> list[tuple[float, Ranked, _Row]]:
    """Bodies and heads, the first passages of a note that is called what is asked raised to near its head.

    Below a title that says it, a note need not say again what it is about.
    """
    of_note = {head.note_id: (score * LED_IN, ranked) for score, ranked, head in heads}
    rows = Passage.objects.filter(note__in=list(of_note), zone=Zone.EVIDENCE, ordinal__lte=OPENING_PASSAGES)
    opening = [_Row(*row) for row in rows.order_by().values_list(*_FACTS)]
    found = {row.pk: row for row in opening if _substance(row) > 0}
    raised = [(*of_note[row.note_id], row) for row in found.values()]
    weaker = {row.pk for score, _ranked, row in bodies if row.pk in found and score < of_note[row.note_id][0]}
    known = {row.pk for _score, _ranked, row in bodies} - weaker
    kept = [each for each in bodies if each[-1].pk not in weaker]
    return [*kept, *heads, *(each for each in raised if each[-1].pk not in known)]


def _told_by_head(passage: _Row) -> float:
    """1 for a head whose properties tell something and whose note is evidence itself, else 0."""
    return float(fields(passage.grams).zone == Zone.EVIDENCE and _TELLING.search(passage.text) is not None)


def _substance(passage: _Row) -> float:
    """How much of a passage says something itself, 0…1: headings alone are no evidence, lists of links little."""
    body = _HEADING_LINE.sub("", passage.text)
    if "[[" not in body:
        return float(_SAYS_ENOUGH.search(body) is not None)
    linked = sum(len(link) for link in _LINK.findall(body))
    said = len(_WORD.findall(body)) - linked
    if said < LEAST_SAID:
        return 0.0
    return 1.0 - LINK_LOSS * linked / (said + linked)


def _merged(ranked: list[Ranked]) -> tuple[float, Ranked]:
    best = max(ranked, key=lambda each: each.score)
    echo = sum(each.score for each in ranked) - best.score
    return best.score + ECHO * echo, best


def _order(scored: tuple[float, Ranked, _Row]) -> tuple[float, str, int]:
    score, _ranked, passage = scored
    return -round(score, 9), _name(passage), passage.ordinal


def _name(passage: _Row) -> str:
    return passage.path or passage.source_title or ""


def _found(passage: _Row, score: float, why: str) -> FoundPassage:
    return FoundPassage(
        note_id=passage.note_id,
        source_id=passage.source_id,
        note=_name(passage),
        title=passage.note_title or passage.source_title or "",
        heading=passage.heading,
        line=passage.line,
        text=passage.text,
        score=round(min(1.0, score), 4),
        why=why,
    )


def _why(ranked: Ranked) -> str:
    labels = {"title": _("title"), "heading": _("heading"), "text": _("text")}
    return " · ".join(f"{labels[name]}: {', '.join(words)}" for name, words in ranked.words.items())


def _diverse(scored: list[tuple[float, Ranked, _Row]], limit: int) -> list[tuple[float, Ranked, _Row]]:
    taken: Counter[UUID | None] = Counter()
    kept: list[tuple[float, Ranked, _Row]] = []
    for each in scored:
        passage = each[-1]
        owner = passage.note_id or passage.source_id
        if taken[owner] < (PER_NOTE if passage.note_id else PER_SOURCE):
            taken[owner] += 1
            kept.append(each)
        if len(kept) == limit:
            break
    return kept
