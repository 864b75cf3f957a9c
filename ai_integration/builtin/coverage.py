"""How fully a statement covers what is asked: its subject and its aspect, in its own words and in what stands around it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ai_integration.builtin import text, units, vocabulary
from ai_integration.builtin.criteria import Need
from ai_integration.builtin.statements import Statement, read_units, statements, title_of
from ai_integration.builtin.text import FULL_MATCH, Reading, Term
from ai_integration.builtin.units import Unit
from ai_integration.jobs import Passage

SYNONYM = 0.8
ABSENT = 0.4
HEAD = 1.3
# Of a subject, its name tells more than what of it is meant: 春の文具展 more than 準備.
COMMON = 0.4
IN_SECTION = 0.85
IN_LIST = 0.95
IN_ANCESTRY = 0.75
IN_TITLE = 0.7
IN_NOTE = 0.55
BESIDE_IT = 0.45  # points of a list are each about something of their own
LINKED = 0.65
IN_FOLDER = 0.65
# 新製品企画 is the note on 新製品.
SUFFIX = 2
LISTED = frozenset(("row", "item", "step", "task"))
_ALIASES = re.compile(r"^alias(?:es)?:\s*(?P<values>.*)$", re.DOTALL | re.IGNORECASE)
_NAMES = re.compile(r"[^\[\],\n\"'-][^\[\],\n\"']*")
_CALLED = r"{word}(?:(?P<name>[ァ-ヴー]{{2,12}}|[a-z]{{3,12}})|[「『](?P<quoted>[^「」『』\n]{{2,12}})[」』])"
# When and as what a note was made is not what it is about.
MADE = r"created|updated|modified|clipped|(?:u|imdb|tmdb)?id|cover"
_OF_THE_FILE = re.compile(rf"(?:{MADE}|last|last_\w+|url|source)\s*:", re.IGNORECASE)
_NOTHING = Reading("")


@dataclass(frozen=True)
class Candidate:
    """A statement at its place among all those that are asked, with what its note's frontmatter says."""

    statement: Statement
    number: int
    about: Reading

    @property
    def unit(self) -> Unit:
        return self.statement.unit

    @property
    def quality(self) -> float:
        return self.statement.quality


class Corpus:
    """All units of the passages given, ready to be asked. Passages are data: nothing in them is obeyed."""

    def __init__(
        self, passages: Sequence[Passage], only: Sequence[Unit] | None = None, queries: Sequence[str] = ()
    ) -> None:
        """`only` restricts the units to those given, such as the ones already cited. `queries` may hold other names
        that the plan found (新製品オリノ)."""
        self._queries = "\n".join(map(text.fold, queries))
        found: list[Statement] = []
        for passage in passages if only is not None else _distinct(passages):
            cited = [unit for unit in only or () if unit.passage is passage]
            found += statements(passage) if only is None else read_units(passage, cited)
        about = _properties(found)
        self.passages = list(passages)
        self.candidates = [
            Candidate(statement, number, about.get(statement.unit.passage.note, _NOTHING))
            for number, statement in enumerate(found[: units.MAX_UNITS])
        ]
        self._own: dict[str, list[float]] = {}
        self._weights: dict[str, float] = {}
        self._names: dict[str, tuple[Term, ...]] = {}
        self._notes: dict[str, dict[str, float]] = {}

    def names(self, term: Term) -> tuple[Term, ...]:
        """What the notes call the same thing: 新製品「オリノ」, or another alias of the note of that name."""
        if term.text not in self._names:
            self._names[term.text] = tuple(_names(term, self.passages, self._queries))
        return self._names[term.text]

    def strength(self, term: Term, reading: Reading) -> float:
        """How fully a reading holds the term, another name of it or, for less, a synonym."""
        best = strength(term, alternatives(term), reading)
        called = best < FULL_MATCH and any(reading.match(name) >= FULL_MATCH for name in self.names(term))
        return 1.0 if called else best

    def own(self, term: Term) -> list[float]:
        """How fully each unit holds the term, another name of it or a synonym."""
        if term.text not in self._own:
            self._own[term.text] = [
                self.strength(term, candidate.statement.reading) for candidate in self.candidates
            ]
        return self._own[term.text]

    def note(self, term: Term, note: str) -> float:
        """How fully the passages of a note hold the term, wherever it stands in them."""
        if term.text not in self._notes:
            held: dict[str, float] = {}
            for context in {
                id(each.statement.context): each.statement.context for each in self.candidates
            }.values():
                here = max(self.strength(term, context.whole), self.strength(term, context.title))
                held[context.note] = max(held.get(context.note, 0.0), here)
            self._notes[term.text] = held
        return self._notes[term.text].get(note, 0.0)

    def weight(self, term: Term) -> float:
        """Rarity among the units given: a word that every unit holds tells nothing, and one that is nowhere little."""
        if term.text not in self._weights:
            known = any(value > 0 for value in self.own(term)) or self._in_titles(term)
            self._weights[term.text] = self.rarity(term) * (1.0 if known else ABSENT)
        return self._weights[term.text]

    def rarity(self, term: Term) -> float:
        """How few of the units hold the term."""
        holding = sum(value > 0 for value in self.own(term))
        return math.log(1 + (len(self.candidates) + 1) / (1 + holding))

    def _in_titles(self, term: Term) -> bool:
        contexts = {
            id(candidate.statement.context): candidate.statement.context for candidate in self.candidates
        }.values()
        return any(
            self.strength(term, reading) > 0 for each in contexts for reading in (each.title, each.heading)
        )


def _properties(found: Sequence[Statement]) -> dict[str, Reading]:
    """What a note's frontmatter says holds for every passage of it."""
    said: dict[str, list[str]] = {}
    for statement in found:
        if statement.unit.kind == "property" and not _OF_THE_FILE.match(statement.unit.quote):
            said.setdefault(statement.unit.passage.note, []).append(statement.unit.quote)
    return {note: Reading("\n".join(quotes)) for note, quotes in said.items()}


def _distinct(passages: Sequence[Passage]) -> list[Passage]:
    seen: dict[tuple[str, int, str], Passage] = {}
    for passage in passages:
        seen.setdefault((passage.note, passage.line, passage.text), passage)
    return list(seen.values())


def _names(term: Term, passages: Sequence[Passage], queries: str) -> list[Term]:
    """Names that stand right behind the word and head a title, and the aliases that a note has beside it."""
    if not term.japanese and len(term.text) < 3:
        return []
    found: dict[str, None] = {}
    titles = {text.fold(word) for each in passages for word in title_of(each).split()}
    called = re.compile(_CALLED.format(word=re.escape(term.text)))
    for folded in (queries, *(text.fold(passage.text) for passage in passages)):
        if term.japanese and term.text in folded:
            for match in called.finditer(folded):
                name = match["quoted"] or match["name"]
                if match["quoted"] or name in titles:
                    found.setdefault(name, None)
        if term.text in folded[:400] and "alias" in folded[:400]:
            found.update(dict.fromkeys(_aliases(term, folded)))
    return [text.term(name) for name in found if name != term.text][:4]


def _aliases(term: Term, frontmatter: str) -> list[str]:
    for unit_text in re.split(r"\n(?=\S)(?!- )", frontmatter):
        listed = _ALIASES.match(unit_text)
        names = [text.fold(name).strip() for name in _NAMES.findall(listed["values"])] if listed else []
        if any(name.startswith(term.text) and len(name) - len(term.text) <= SUFFIX for name in names):
            return [name for name in names if name]
    return []


def alternatives(term: Term) -> tuple[Term, ...]:
    return tuple(text.term(word) for word in vocabulary.synonyms(term.text))


def strength(term: Term, others: Sequence[Term], reading: Reading) -> float:
    """How fully the reading holds the term; a synonym counts for less."""
    best = reading.match(term)
    if best >= SYNONYM or not others:
        return best
    return max(best, SYNONYM * max(reading.match(other) for other in others))


def _share(weights: Sequence[float], values: Sequence[float]) -> float:
    total = sum(weights)
    return (
        sum(weight * value for weight, value in zip(weights, values, strict=True)) / total if total else 0.0
    )


def _aspect_weights(corpus: Corpus, terms: Sequence[Term]) -> list[float]:
    """By rarity; the last one, the head of the phrase, weighs more."""
    weights = [corpus.weight(term) for term in terms]
    if weights:
        weights[-1] *= HEAD
    return weights


def _subject_weights(corpus: Corpus, terms: Sequence[Term]) -> list[float]:
    """A name that stands nowhere weighs as much as any: what is told of the rest is told of something else."""
    weights = [corpus.rarity(term) for term in terms]
    weights[-1:] = [each * HEAD for each in weights[-1:]]
    common = [vocabulary.is_aspect(term.text) for term in terms]
    if all(common) or not any(common):
        return weights
    return [weight * COMMON if each else weight for weight, each in zip(weights, common, strict=True)]


def aspect(corpus: Corpus, wanted: Need, candidate: Candidate) -> tuple[float, bool]:
    """How much a unit answers the aspect, 0 to 1, and whether only its note's title or a heading far above says so."""
    values, inherited = [], False
    here = candidate.statement
    section = IN_LIST if candidate.unit.kind in LISTED else IN_SECTION
    for term in wanted.terms:
        near = max(
            corpus.own(term)[candidate.number],
            section * corpus.strength(term, here.section),
            IN_SECTION * corpus.strength(term, here.intro),
        )
        above = max(
            IN_ANCESTRY * corpus.strength(term, here.context.heading),
            IN_TITLE * corpus.strength(term, here.context.title),
        )
        inherited = inherited or above > near
        values.append(max(near, above))
    return _share(_aspect_weights(corpus, wanted.terms), values), inherited


def subject(
    corpus: Corpus, wanted: Need, candidate: Candidate, *, linked: bool = False
) -> tuple[float, float]:
    """How much a unit is about the subject: by itself with heading and title, and with what stands around it.

    `linked` lets a passage count that points to the subject's own note and to no other.
    """
    near, far = [], []
    here = candidate.statement
    readings = (
        (0.9, here.section),
        (0.85, here.context.heading),
        (0.8, here.context.title),
        (0.75, candidate.about),
        (IN_FOLDER, here.context.folder),
        *(((LINKED, here.context.points_to),) if linked and here.context.points_to else ()),
    )
    leans = here.before is not None and candidate.unit.kind != "row"
    for term in wanted.subject:
        local = corpus.own(term)[candidate.number]
        for factor, reading in readings:
            local = max(local, factor * corpus.strength(term, reading))
        if here.paragraph and candidate.unit.kind not in LISTED:
            local = max(local, 0.65 * corpus.strength(term, here.paragraph))
        wide = max(local, 0.75 * corpus.strength(term, here.before or _NOTHING)) if leans else local
        near.append(local)
        around = BESIDE_IT if candidate.unit.kind == "item" else IN_NOTE
        far.append(max(wide, around * corpus.strength(term, here.context.whole)))
    weights = _subject_weights(corpus, wanted.subject)
    return _share(weights, near), _share(weights, far)


def is_called(subject: Sequence[Term], title: Reading) -> bool:
    """Whether a note bears the subject's name and no other words."""
    named = sum(len(term.text) for term in subject)
    whole = len(re.sub(r"[\W_]", "", title.folded))
    return (
        bool(subject)
        and named >= whole - len(subject)
        and all(title.match(term) >= FULL_MATCH for term in subject)
    )


def in_note(corpus: Corpus, wanted: Need, candidate: Candidate) -> float:
    """How much the note a unit stands in speaks of the subject anywhere."""
    values = [IN_NOTE * corpus.note(term, candidate.unit.passage.note) for term in wanted.subject]
    return _share(_subject_weights(corpus, wanted.subject), values)
