"""Which points a plan looks into: those the requirement names, those that the notes offer, the playbook's own."""

from collections.abc import Sequence

from ai_integration.builtin import criteria, discover, plan_items, vocabulary
from ai_integration.builtin.playbook import Playbook
from ai_integration.builtin.request import Request
from ai_integration.jobs import PlanBrief

MAX_GROUPS = 24
MAX_OPEN = 3
SHORT = 12
Group = tuple[str, ...]


def points(
    brief: PlanBrief, asked: Request, book: Playbook, tongue: str, relevant: Sequence[str]
) -> tuple[Group, ...]:
    """The points to look into: those asked; else the headings the vault holds; else the playbook's own."""
    named = [plan_items.quotable(label) for label in (*asked.points, *asked.aspects)]
    groups = [(label,) for label in dict.fromkeys(named) if label]
    if len(groups) > MAX_GROUPS:
        return _packed(groups)
    usual = [tuple(group.get(tongue)) for group in book.aspects]
    if book.discover and _open(groups) and not _is_plain(asked):
        found = [(heading,) for heading in discover.headings(brief.passages, asked, relevant)]
        return (*(groups or [(usual[0][0],)]), *found) if found else tuple(groups or usual)
    if book.always:
        return _besides(groups, usual)
    if len(groups) == 1 and book.told:
        return (*groups, *(group for group in usual if not _covers(groups[0][0], group)))
    return tuple(groups) or tuple(usual)


def _open(groups: Sequence[Group]) -> bool:
    """Whether no point is named, or few and of none is it known what would answer it: then what the notes hold is offered too."""
    return len(groups) <= MAX_OPEN and not any(
        vocabulary.asks_in(label) or criteria.is_yes_no(label) for group in groups for label in group
    )


def _is_plain(asked: Request) -> bool:
    """Whether it only asks, one thing or short names of points: more than the answer is not wanted then."""
    labels = [*asked.aspects, *asked.points]
    if any(criteria.is_listing(label) for label in labels):
        return True
    plain = asked.asking and (len(labels) == 1 or all(len(label) <= SHORT for label in labels))
    return plain and _asks_of(asked)


def _asks_of(asked: Request) -> bool:
    """Whether questions ask something of their subject, rather than for what there is on it."""
    subject = {term.stem for term in vocabulary.content_terms(asked.subject)}
    return any(
        term.stem not in subject
        for label in (*asked.aspects, *asked.points)
        for term in vocabulary.content_terms(label)
    )


def _besides(named: Sequence[Group], usual: Sequence[Group]) -> tuple[Group, ...]:
    """The playbook's own points in their order, each in the requirement's words where it names it, then the others named."""
    placed = [next((own for own in named if _covers(own[0], group)), group) for group in usual]
    return tuple(dict.fromkeys([*placed, *named]))


def _covers(label: str, group: Group) -> bool:
    return any(vocabulary.asks_in(label) & vocabulary.asks_in(usual) for usual in group)


def _packed(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Many points in few items, evenly and in order."""
    size = -(-len(groups) // MAX_GROUPS)
    labels = [label for group in groups for label in group]
    return tuple(tuple(labels[start : start + size]) for start in range(0, len(labels), size))
