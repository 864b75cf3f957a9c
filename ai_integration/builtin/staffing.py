"""Who of the team does an item, by role name and skills, in Japanese or English."""

from collections.abc import Sequence

from ai_integration.builtin import text, vocabulary
from ai_integration.jobs import Teammate

_REVIEWER = "reviewer"


def assign(function: str, team: Sequence[Teammate], language: str) -> str:
    """The role of the teammate who fits best; the nearest function, then the first who does not review, when nobody does.

    An empty team gets the function's own name, so that a plan can be read before a team exists.
    """
    role = vocabulary.roles()[function]
    if not team:
        return role.ja[0] if language == "ja" else role.en[0]
    for wanted in (function, *role.next):
        best = max(team, key=lambda mate: _fit(wanted, mate))
        if _fit(wanted, best) > 0:
            return _role(best)
    authors = [mate for mate in team if not reviews(mate)]
    return _role((authors or list(team))[0])


def named_in(phrase: str, team: Sequence[Teammate]) -> str:
    """The role of the teammate whom a comment names by role, name or kind of work, or nothing."""
    folded = text.fold(phrase)
    for mate in team:
        if any(name and text.fold(name) in folded for name in (mate.role, mate.name)):
            return _role(mate)
    for function, role in vocabulary.roles().items():
        if function != _REVIEWER and any(text.fold(word) in folded for word in (role.ja[0], role.en[0])):
            return assign(function, team, "ja")
    return ""


def reviews(mate: Teammate) -> bool:
    """Whether checking others' work is what this teammate is for."""
    return _fit(_REVIEWER, mate, by_skill=False) > 0


def _fit(function: str, mate: Teammate, *, by_skill: bool = True) -> int:
    if function != _REVIEWER and _fit_words(_REVIEWER, mate.role):
        return 0
    points = 4 * _fit_words(function, mate.role) + 2 * _fit_words(function, mate.name)
    return points + (min(2, sum(_fit_words(function, skill) > 0 for skill in mate.skills)) if by_skill else 0)


def _fit_words(function: str, said: str) -> int:
    """2 for the very word, 1 for a word within, 0 for neither."""
    folded = text.fold(said).strip()
    role = vocabulary.roles()[function]
    known = [text.fold(word) for word in (*role.ja, *role.en)]
    if folded in known:
        return 2
    within = f" {' '.join(text.words(folded))} "
    return int(any(f" {word} " in within if word.isascii() else word in folded for word in known))


def _role(mate: Teammate) -> str:
    return text.clip(mate.role or mate.name, 300) or "-"
