"""From ranked units to the few that are quoted: strong, different from each other, whole enough to be read alone."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ai_integration.builtin import answers, display, text
from ai_integration.builtin.ranking import Candidate, Corpus, Hit
from ai_integration.builtin.units import Unit

RELATIVE_FLOOR = 0.68
SAME = 0.62
WITHIN = 12
WIDEST = 420
LIST_ITEMS = 12
STEPS = 40
ROWS = 20
LIST_LENGTH = {"row": 2, "step": 3, "task": 3, "item": 6}
TABLE_FROM = 2
_INTRODUCES = re.compile(
    r"[:：]$|(?:次|以下)の(?:とおり|通り)(?:です|である)?[。]?$|は[一二三四五六七八九十\d]+つ(?:です|ある|あります)?[。]?$|as follows[.:]?$"
)
_EXAMPLE = re.compile(r"for (?:example|instance)|e\.g\.|such as|例えば|たとえば|例", re.IGNORECASE)
_LEANS = re.compile(
    r"^(?:(?:it|its|they|their|this|these|those|that|such|he|she|however|but|also|for example|then|so|instead)\b|これ|それ|この|その|こう|そう|ここ|そこ|また|しかし|ただし|一方|例えば|たとえば|なお|さらに)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Extract:
    """A quotation: a span of a passage, with the strength of its answer."""

    unit: Unit
    score: float
    near: bool = False

    @property
    def ref(self) -> str:
        return self.unit.passage.ref

    @property
    def quote(self) -> str:
        return self.unit.quote

    def overlaps(self, other: "Extract") -> bool:
        """Whether most of this text is quoted by the other one too."""
        mine, theirs = self.unit, other.unit
        same = mine.passage.note == theirs.passage.note and mine.passage.text == theirs.passage.text
        return same and min(mine.end, theirs.end) - max(mine.start, theirs.start) > 0.6 * (
            mine.end - mine.start
        )

    @property
    def place(self) -> tuple[str, int, int]:
        return self.unit.passage.note, self.unit.passage.line, self.unit.start

    @property
    def value(self) -> str:
        """What is shown where a label stands before it."""
        return display.shown_value(self.quote) if self.unit.kind == "property" else self.shown

    @property
    def shown(self) -> str:
        if self.unit.kind == "property":
            return display.shown_property(self.quote)
        if self.unit.kind == "row":
            return display.shown_row(self.unit.columns, self.quote)
        return display.shown(self.quote)


def choose(
    corpus: Corpus,
    hits: Sequence[Hit],
    limit: int,
    taken: Iterable[Extract] = (),
    *,
    whole: bool = False,
    best: float = 0.0,
) -> list[Extract]:
    """At most `limit` extracts (a list or a table counts once), best first, repeating neither each other nor `taken`.

    `whole` takes all steps of a numbered list where one of them is a hit. `best` is the score of a better hit that was
    chosen before.
    """
    said = [text.bigrams(extract.quote) for extract in taken]
    chosen: list[Extract] = []
    count = 0
    floor = max([best, *(hit.score for hit in hits)]) * RELATIVE_FLOOR
    strong = [hit for hit in hits if hit.score >= floor]
    for hit in strong:
        if count >= limit:
            break
        group = [
            extract for extract in _around(corpus, hit, strong, whole=whole) if not _is_in(extract, chosen)
        ]
        fresh = (
            group
            if len(group) >= TABLE_FROM
            or hit.unit.kind == "property"  # two notes may well say the same of themselves
            else [extract for extract in group if not _said(extract, said)]
        )
        said += [text.bigrams(extract.quote) for extract in fresh]
        chosen += fresh
        count += bool(fresh)
    return merged(chosen)


def _is_in(extract: Extract, chosen: Sequence[Extract]) -> bool:
    return any(
        other.unit.passage is extract.unit.passage and other.unit.start == extract.unit.start
        for other in chosen
    )


def _around(corpus: Corpus, hit: Hit, strong: Sequence[Hit], *, whole: bool) -> list[Extract]:
    """A row with the other rows of its table that are hits; anything else with what makes it whole."""
    if hit.unit.kind != "row":
        return _list_around(corpus, hit, whole=whole)
    rows = [other for other in strong if same_table(other.unit, hit.unit)]
    rows = sorted(rows, key=lambda other: other.candidate.number)[:ROWS] if len(rows) >= TABLE_FROM else [hit]
    told = _told_of(corpus, rows[-1].candidate) if len(rows) >= TABLE_FROM else None
    return [
        *(Extract(other.unit, other.score, other.near) for other in rows),
        *([Extract(told, rows[-1].score, hit.near)] if told else []),
    ]


def _told_of(corpus: Corpus, last: Candidate) -> Unit | None:
    """The sentence with a figure right behind a table: what its writer read from it."""
    after = corpus.candidates[last.number + 1 : last.number + 2]
    following = after[0].unit if after else None
    if following is None or following.kind != "sentence" or following.passage is not last.unit.passage:
        return None
    said = following.section == last.unit.section and answers.answers("quantity", following.quote)
    return following if said and after[0].quality > 0 else None


def same_table(one: Unit, other: Unit) -> bool:
    """Whether both are rows of one table."""
    rows = one.kind == other.kind == "row"
    return (
        rows
        and one.passage is other.passage
        and one.columns == other.columns
        and one.section == other.section
    )


def _said(extract: Extract, said: list[frozenset[str]]) -> bool:
    pairs = text.bigrams(extract.quote)
    return any(_overlap(pairs, other) >= SAME for other in said)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared character pairs by the larger text; a text that stands whole inside another counts as the same."""
    smaller, larger = sorted((len(one), len(other)))
    if smaller < 3:
        return float(one == other)
    shared = len(one & other)
    return 1.0 if smaller >= WITHIN and shared >= 0.97 * smaller else shared / larger


def _list_around(corpus: Corpus, hit: Hit, *, whole: bool) -> list[Extract]:
    """The hit made whole: a leaning sentence with the one before it, an introducing one with its list."""
    candidate = hit.candidate
    unit = candidate.unit
    following = corpus.candidates[candidate.number + 1 : candidate.number + 2]
    if unit.kind == "sentence" and following and _leads_on(unit, following[0].unit):
        parts = (unit, following[0].unit, *_followers(corpus, following[0]))
        return [Extract(part, hit.score, hit.near) for part in parts]
    if unit.kind == "sentence" and _INTRODUCES.search(unit.quote.rstrip()):
        return [Extract(part, hit.score, hit.near) for part in (unit, *_followers(corpus, candidate))]
    if whole and unit.kind == "step":
        return [Extract(part, hit.score, hit.near) for part in _steps(corpus, candidate)]
    intro = _introduction(corpus, candidate) if unit.kind == "item" else None
    return [Extract(part, hit.score, hit.near) for part in (intro, _widened(corpus, candidate)) if part]


def _leads_on(unit: Unit, following: Unit) -> bool:
    """Whether the next sentence of a paragraph introduces a list: what is said has its terms there."""
    beside = following.passage is unit.passage and following.paragraph == unit.paragraph
    example = _EXAMPLE.match(following.quote) is not None
    introduces = _INTRODUCES.search(following.quote.rstrip()) is not None
    return beside and not example and following.kind == "sentence" and introduces


def _introduction(corpus: Corpus, candidate: Candidate) -> Unit | None:
    """The sentence that introduces the list which an item stands in, when it says so with a colon."""
    if not _INTRODUCES.search(candidate.unit.intro.rstrip()):
        return None
    for other in reversed(corpus.candidates[max(0, candidate.number - LIST_ITEMS * 2) : candidate.number]):
        if other.unit.passage is not candidate.unit.passage or other.unit.section != candidate.unit.section:
            return None
        if other.unit.kind == "sentence":
            return other.unit if other.quality > 0 and other.unit.quote == candidate.unit.intro else None
    return None


def _followers(corpus: Corpus, candidate: Candidate) -> list[Unit]:
    followers = []
    for other in corpus.candidates[candidate.number + 1 : candidate.number + 1 + LIST_ITEMS]:
        if other.unit.passage is not candidate.unit.passage or other.unit.kind not in {
            "item",
            "step",
            "task",
        }:
            break
        if other.quality > 0:
            followers.append(other.unit)
    return followers


def _steps(corpus: Corpus, candidate: Candidate) -> list[Unit]:
    """All numbered steps of the section that a step stands in, with the sentences between them."""
    unit = candidate.unit
    same = [
        each.unit
        for each in corpus.candidates
        if each.unit.passage is unit.passage and each.unit.section == unit.section
    ]
    numbered = [at for at, each in enumerate(same) if each.kind == "step"]
    return same[numbered[0] : numbered[-1] + 1][:STEPS]


def _widened(corpus: Corpus, candidate: Candidate) -> Unit:
    unit = candidate.unit
    before = corpus.candidates[candidate.number - 1].unit if candidate.number else None
    if unit.kind != "sentence" or before is None or not _LEANS.match(unit.quote.lstrip('*_"“「 ')):
        return unit
    same = before.passage is unit.passage and before.paragraph == unit.paragraph and before.kind == "sentence"
    return replace(unit, start=before.start) if same and unit.end - before.start <= WIDEST else unit


def merged(chosen: list[Extract]) -> list[Extract]:
    """Neighbouring sentences of one paragraph become one quotation; the stronger one's place in the order is kept."""
    kept: list[Extract] = []
    for extract in chosen:
        at = next((number for number, other in enumerate(kept) if _adjoin(other.unit, extract.unit)), None)
        if at is None:
            kept.append(extract)
            continue
        first, last = sorted((kept[at].unit, extract.unit), key=lambda unit: unit.start)
        kept[at] = replace(kept[at], unit=replace(first, end=max(first.end, last.end)))
    return kept


def _adjoin(one: Unit, other: Unit) -> bool:
    if (
        one.passage is not other.passage
        or one.paragraph != other.paragraph
        or {one.kind, other.kind} != {"sentence"}
    ):
        return False
    first, last = sorted((one, other), key=lambda unit: unit.start)
    gap = one.passage.text[first.end : last.start]
    return (
        not gap.strip()
        and not ("\n" in gap and text.is_japanese(first.quote))
        and max(first.end, last.end) - first.start <= WIDEST
    )


def in_lists(extracts: Sequence[Extract]) -> list[Extract]:
    """Those that answer only together: rows of a table, steps, tasks, and long lists."""
    kinds: dict[tuple[str, int, str], list[Extract]] = {}
    for extract in extracts:
        kinds.setdefault((extract.ref, extract.unit.passage.line, extract.unit.kind), []).append(extract)
    return [
        extract
        for (_, _, kind), together in kinds.items()
        if len(together) >= LIST_LENGTH.get(kind, len(together) + 1)
        for extract in together
    ]


def reading_order(extracts: Iterable[Extract]) -> list[Extract]:
    """By note, the note with the strongest extract first, then by line."""
    found = list(extracts)
    best: dict[str, float] = {}
    for extract in found:
        note = extract.unit.passage.note
        best[note] = max(best.get(note, 0.0), extract.score)
    return sorted(found, key=lambda extract: (-best[extract.unit.passage.note], *extract.place))
