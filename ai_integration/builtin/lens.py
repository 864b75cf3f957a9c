"""How a participant sees a topic: what its role, its skills and the kind of discussion make it look for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from ai_integration.builtin import criteria, findings, request, text, vocabulary
from ai_integration.builtin.criteria import Need
from ai_integration.builtin.text import Term
from ai_integration.builtin.vocabulary import Both, Strict
from ai_integration.jobs import Passage, Teammate

MAX_SKILLS = 6
MAX_TOPIC_NEEDS = 6


class Lens(Strict):
    asks: list[str]
    label: Both


class Lenses(Strict):
    role: dict[str, Lens]
    kind: dict[str, Lens]


@cache
def _lenses() -> Lenses:
    return vocabulary.load("lenses.toml", Lenses)


@cache
def _sentences() -> dict[str, Both]:
    return vocabulary.load("discussion.toml", dict[str, Both])


def say(key: str, language: str, /, **values: object) -> str:
    """A sentence of the secretary's own, in `language`. Values are put in literally, braces in them included."""
    parts = _sentences()[key].get(language).split("{")
    told = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition("}")
        told.append(f"{values[name]}{rest}")
    return "".join(told)


@dataclass(frozen=True)
class View:
    """What one participant looks for. `key` is the sentence that says so, `label` what it names."""

    needs: tuple[Need, ...]
    label: str = ""
    key: str = "seen_as"


class Topic:
    """A topic, or a question about it, read once."""

    def __init__(self, wording: str, passages: Sequence[Passage] = (), about: tuple[Term, ...] = ()) -> None:
        self.wording = text.clip(wording, 120)
        self.asked = request.parse(wording, (passage.title for passage in passages))
        own = findings.subject_terms(self.asked)
        self.subject = own or about
        self.has_content = bool(own) or bool(self.asked.subject)

    def needs(self) -> tuple[Need, ...]:
        """The topic's own questions: its points, its aspects of its things, or the topic itself."""
        labels: list[tuple[str, ...]] = [(label,) for label in (*self.asked.points, *self.asked.aspects)]
        if self.asked.things:
            labels = [(thing, *label) for thing in self.asked.things for label in labels or [()]]
        whole = labels or [(self.asked.text,)]
        needs = [criteria.need(label, label[-1], self.subject) for label in whole[:MAX_TOPIC_NEEDS]]
        return tuple(findings.apart(needs, self.asked))

    def typed(self, asks: Iterable[str], label: str) -> Need:
        """Whatever is about the subject and of one of those types of answer."""
        wanted = frozenset(asks)
        return Need(label, label, self.subject, (), wanted, wanted)


def views(topic: Topic, speaker: Teammate, kind: str, language: str) -> list[View]:
    """What the speaker looks for, most its own first: its role's view, its skills, the kind of discussion."""
    if not topic.subject:
        return []
    by_role, by_kind = _lenses().role.get(function_of(speaker)), _lenses().kind.get(kind)
    found = [_typed(topic, by_role, "seen_as", language)] if by_role else []
    found += _skill_views(topic, speaker)
    return [*found, _typed(topic, by_kind, "for_kind", language)] if by_kind else found


def _typed(topic: Topic, lens: Lens, key: str, language: str) -> View:
    label = lens.label.get(language)
    return View((topic.typed(lens.asks, label),), label, key)


def _skill_views(topic: Topic, speaker: Teammate) -> list[View]:
    """Skills that name a thing (契約, 展示会); those that only say what kind of work it is look for nothing."""
    known = {term.stem for term in topic.subject}
    found = []
    for skill in speaker.skills[:MAX_SKILLS]:
        terms = [term for term in vocabulary.content_terms(skill) if term.stem not in known]
        if terms and not _is_work(skill):
            found.append(View((criteria.need((skill,), skill, topic.subject),), text.clip(skill, 40)))
    return found


def _is_work(skill: str) -> bool:
    folded = text.fold(skill)
    return any(
        folded == text.fold(word) for role in vocabulary.roles().values() for word in (*role.ja, *role.en)
    )


def function_of(speaker: Teammate) -> str:
    """The kind of work that a role names, then that skills name; empty when none is known."""
    for wording in (speaker.role, " ".join(speaker.skills)):
        folded = text.fold(wording)
        spaced = f" {' '.join(text.words(folded))} "
        for name, role in vocabulary.roles().items():
            if any(text.fold(word) in folded for word in role.ja) or any(
                f" {word} " in spaced for word in role.en
            ):
                return name
    return ""
