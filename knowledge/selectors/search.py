"""Searching notes as one types: every term must be there, phrases in quotes, titles first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag
from functools import reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.core.errors import NotFound
from knowledge.grams import Term, fold, terms
from knowledge.index import engine, fields, passage_grams, scope_of
from knowledge.models import Note, Passage, Vault
from knowledge.ranking import K1, TYPICAL_GRAMS
from knowledge.selectors.open_tasks import NO_DATE, apart, open_tasks, placed
from knowledge.selectors.snippets import first_match, snippet
from knowledge.states import Zone

MAX_QUERY_CHARS = 200
MAX_TERMS = 12
MAX_LIMIT = 200
CANDIDATES = 120
"""So many passages of each kind (heads, all) are ranked, the newest first."""

LOOKED_AT = 2
"""Of so many times `limit` notes the names are compared with the query."""

_PENALTY = {Zone.REPORT.value: 3.0, Zone.TEMPLATE.value: 3.0}


@dataclass(frozen=True)
class NoteRef:
    id: UUID
    path: str
    title: str
    vault: UUID


@dataclass(frozen=True)
class SearchHit:
    """`line` is where the match stands in the file, from 1; `marks` are (start, end) of the matches in `snippet`."""

    note: NoteRef
    heading: str
    line: int
    snippet: str
    why: str
    marks: tuple[tuple[int, int], ...] = ()
    score: float = 0.0


def search_notes(user: Any, q: str, *, vault: UUID | str | None = None, limit: int = 20) -> list[SearchHit]:
    """Notes that hold every term of `q`, best first. Raises NotFound when `vault` is not visible.

    `task-todo:` finds open tasks instead, each with its line, those due first first; words behind it narrow them down.
    """
    if asked := apart([q[:MAX_QUERY_CHARS]])[0]:
        return _task_hits(_visible(user, vault), asked, max(0, min(limit, MAX_LIMIT)))
    leaves = terms(q[:MAX_QUERY_CHARS])[:MAX_TERMS]
    homes = _visible(user, vault)
    limit = max(0, min(limit, MAX_LIMIT))
    if not leaves or homes == ():
        return []
    matches = sorted(
        _matches(leaves, _candidates(leaves, homes or (), limit)), key=lambda match: -match.score
    )
    shown = _shown(matches[: LOOKED_AT * limit], fold(q).strip())
    return _hits(shown[:limit], leaves)


def _task_hits(homes: Sequence[UUID] | None, words: Sequence[str], limit: int) -> list[SearchHit]:
    notes = Note.objects.all() if homes is None else Note.objects.filter(vault__in=homes)
    found = placed(open_tasks(notes, words, most=limit))
    texts = {row[0]: _Text(*row) for row in _texts(pk for _task, pk in found)}
    return [
        SearchHit(
            note=NoteRef(task.note_id, task.path, texts[pk].title, texts[pk].vault_id),
            heading=texts[pk].heading,
            line=task.line,
            snippet=f"☐ {task.text}" + ("" if task.due == NO_DATE else f" 📅 {task.due}"),
            why=_("open task"),
        )
        for task, pk in found
        if pk in texts  # a sync may have cut the note anew meanwhile
    ]


def _visible(user: Any, vault: UUID | str | None) -> tuple[UUID, ...] | None:
    """The vaults to search; None when that is every vault there is, which needs no restriction."""
    homes = tuple(Vault.objects.permitted(user, "view").values_list("pk", flat=True))
    if vault is not None:
        chosen = tuple(pk for pk in homes if str(pk) == str(vault))
        if not chosen:
            raise NotFound
        return None if user.is_superuser and chosen == homes else chosen
    return None if user.is_superuser and homes else homes


def _candidates(leaves: Sequence[Term], homes: Sequence[UUID], limit: int) -> list[int]:
    """Passages of notes that hold every term: the newest, and those whose title, tags or properties do.

    Passages that hold all terms themselves come first. Only when they are few, notes that hold them far apart are
    looked for, which takes longer.
    """
    everything = scope_of(homes)
    found = set(engine().passages(leaves, everything, CANDIDATES))
    if len(found) >= CANDIDATES:
        found.update(engine().passages(leaves, scope_of(homes, Zone.HEAD), CANDIDATES))
    elif len(leaves) > 1 and len(found) < LOOKED_AT * limit:
        found.update(engine().passages_of_shared_notes(leaves, everything, CANDIDATES))
    return sorted(found)


class _Place(IntFlag):
    """Where a term stands."""

    TITLE = 1
    HEADING = 2
    TEXT = 4
    TAG = 8
    PROPERTY = 16


_OF_BODY = (_Place.TITLE.value, _Place.HEADING.value, _Place.TEXT.value)
_OF_HEAD = (_Place.TITLE.value, _Place.TAG.value, _Place.PROPERTY.value)
_TIERS = ((4.0, 1), (3.0, 1 | 8), (2.0, 1 | 8 | 2))
"""What it is worth when all terms stand in the title, in title and tags, in those and headings."""


class _Row:
    """A candidate passage: where each term stands in it (bits of `_Place`), how dense they are in its text."""

    __slots__ = ("density", "names", "ordinal", "pk", "places", "zone")

    def __init__(self, pk: int, ordinal: int, grams: str, needles: Sequence[str]) -> None:
        self.zone, title, heading, text = fields(grams)
        self.pk, self.ordinal, self.names = pk, ordinal, title.count(" ")
        length = 0.6 + 0.4 * text.count(" ") / TYPICAL_GRAMS
        counts = [text.count(needle) for needle in needles]
        # BM25 without the rarity of terms: with every term required, it would weigh all notes alike.
        self.density = sum(count / (count + K1 * length) for count in counts) / len(needles)
        in_title, in_heading, in_text = _OF_BODY if ordinal else _OF_HEAD
        self.places = [
            in_title * (needle in title) | in_heading * (needle in heading) | in_text * (count > 0)
            for needle, count in zip(needles, counts, strict=True)
        ]


class _Match:
    """A note and its candidate passages."""

    def __init__(self, note_id: UUID, rows: list[_Row]) -> None:
        self.note_id = note_id
        # What is shown: rather the text than the properties, and there where the terms are densest.
        self.best = max(
            rows, key=lambda row: (row.density > 0 and row.ordinal > 0, row.density, -row.ordinal)
        )
        places = [reduce(or_, each) for each in zip(*(row.places for row in rows), strict=True)]
        self.places = reduce(or_, places)
        tier = next((worth for worth, within in _TIERS if all(place & within for place in places)), 0.0)
        brevity = 1 / (1 + rows[0].names)  # among titles that hold the terms, the shorter are nearer to them
        self.score = self.best.density + tier + brevity - _PENALTY.get(rows[0].zone, 0.0)


def _matches(leaves: Sequence[Term], candidates: Sequence[int]) -> list[_Match]:
    needles = [leaf.needle for leaf in leaves]
    found: dict[Any, list[_Row]] = {}
    for note, pk, ordinal, grams in passage_grams(_exact(leaves, candidates)):
        if note is not None:  # sources are cited, not searched
            found.setdefault(note, []).append(_Row(pk, ordinal, grams, needles))
    return [_Match(UUID(str(note)), held) for note, held in found.items()]


class _Text(NamedTuple):
    """What is shown of a passage and its note."""

    pk: int
    ordinal: int
    heading: str
    line: int
    text: str
    vault_id: UUID
    path: str
    title: str
    aliases: list[str]


_TEXT = (
    "pk",
    "ordinal",
    "heading",
    "line",
    "text",
    "note__vault",
    "note__path",
    "note__title",
    "note__aliases",
)


def _shown(matches: list[_Match], query: str) -> list[tuple[_Match, _Text]]:
    """The matches with their best passages, in final order.

    A note that is called exactly what was typed comes first, one with such an alias second.
    """
    texts = {row[0]: _Text(*row) for row in _texts(match.best.pk for match in matches)}
    found = [(match, texts[match.best.pk]) for match in matches if match.best.pk in texts]
    for match, text in found:
        if query == fold(text.title):
            match.score += 2.0
        elif any(query == fold(alias) for alias in text.aliases):
            match.score += 1.0
    return sorted(found, key=lambda each: (-each[0].score, each[1].path, str(each[0].note_id)))


def _texts(pks: Iterable[int]) -> QuerySet[Passage, Any]:
    return Passage.objects.filter(pk__in=list(pks)).order_by().values_list(*_TEXT)


def _exact(leaves: Sequence[Term], candidates: Sequence[int]) -> Sequence[int]:
    """Those passages that also hold what grams cannot say, such as the plus signs of `c++`."""
    wanted = [leaf.exact for leaf in leaves if leaf.exact]
    if not wanted:
        return candidates
    rows = Passage.objects.filter(pk__in=candidates).values_list("pk", "note__title", "heading", "text")
    return [pk for pk, *texts in rows if all(exact in fold("\n".join(texts)) for exact in wanted)]


def _hits(shown: list[tuple[_Match, _Text]], leaves: Sequence[Term]) -> list[SearchHit]:
    named_only = [match.note_id for match, text in shown if text.ordinal == 0]
    openings = _openings(named_only) if named_only else {}
    labels = _labels()
    return [_hit(match, text, openings.get(match.note_id), leaves, labels) for match, text in shown]


def _openings(notes: list[UUID]) -> dict[UUID, _Text]:
    """How these notes begin, for those that were found by their names only."""
    rows = Passage.objects.filter(note__in=notes, ordinal=1).order_by().values_list("note_id", *_TEXT)
    return {row[0]: _Text(*row[1:]) for row in rows}


def _hit(
    match: _Match, text: _Text, opening: _Text | None, leaves: Sequence[Term], labels: dict[_Place, str]
) -> SearchHit:
    offset = first_match(text.text, leaves)
    if offset is None and text.ordinal == 0 and opening:
        text = opening
    shown, marks = snippet(text.text, offset or 0, leaves)
    return SearchHit(
        note=NoteRef(match.note_id, text.path, text.title, text.vault_id),
        heading=text.heading,
        line=text.line + text.text.count("\n", 0, offset or 0),
        snippet=shown,
        why=" · ".join(label for place, label in labels.items() if match.places & place),
        marks=marks,
        score=round(match.score, 4),
    )


def _labels() -> dict[_Place, str]:
    return {
        _Place.TITLE: _("title"),
        _Place.TAG: _("tag"),
        _Place.HEADING: _("heading"),
        _Place.PROPERTY: _("property"),
        _Place.TEXT: _("text"),
    }
