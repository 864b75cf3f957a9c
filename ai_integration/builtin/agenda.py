"""What is still to be done, gathered from the tasks in the notes and set out by when it is due."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ai_integration.builtin import criteria, display, text, units, vocabulary
from ai_integration.builtin.extracts import Extract
from ai_integration.builtin.findings import Finding
from ai_integration.jobs import Passage, WorkBrief

FORM = "agenda"
SOON_DAYS = 7
SOON = "soon"

_SUNDAY, _DECEMBER = 6, 12
_UNTIL = (
    ("today", re.compile(r"本日|今日|\btoday\b")),
    ("tomorrow", re.compile(r"明日|\btomorrow\b")),
    ("this_week", re.compile(r"今週|週末|\bthis week(?:end)?\b")),
    ("next_week", re.compile(r"来週|\bnext week\b")),
    ("this_month", re.compile(r"今月|月末|\bthis month\b")),
    ("next_month", re.compile(r"来月|\bnext month\b")),
)
_ISO = r"(20\d{2}-\d{2}-\d{2})"
_DUE = (
    re.compile(rf"(?:[📅📆🗓]\ufe0f?|due::?|期限[:：は]?)\s*{_ISO}"),
    re.compile(rf"(?:[⏳⌛]\ufe0f?|scheduled::?)\s*{_ISO}"),
    re.compile(rf"(?<![🛫➕✅❌\ufe0f:：\s\d])\s*{_ISO}"),
)
"""When it is due, else when it is planned for, else a date in its words: none at which it may begin or was written down."""

_PRIORITY = "🔺⏫🔼🔽⏬"
_MIDDLE = 2.5


@dataclass(frozen=True)
class _Open:
    """A task that is not done; `due` is an ISO date or empty."""

    extract: Extract
    due: str
    priority: float

    @property
    def order(self) -> tuple[bool, str, float, tuple[str, int, int]]:
        return (not self.due, self.due, self.priority, self.extract.place)


def gathered(brief: WorkBrief, tongue: str) -> list[Finding]:
    """The open tasks of the brief's passages, by when they are due. Never empty; the first is the answer's own."""
    passages = [*brief.passages, *(each for finished in brief.inputs for each in finished.passages)]
    tasks = sorted(_open_tasks(passages), key=lambda each: each.order)
    asked = [criteria.read(line) for line in brief.item.acceptance]
    line = next((each.text for each in asked if each.kind == "answer"), brief.item.title)
    label = next((each.labels[-1] for each in asked if each.kind == "answer"), brief.item.title)
    if not tasks:
        return [Finding(_need(label, line), searched=bool(passages))]
    groups = _groups(tasks, brief.requirement, brief.today, tongue)
    return [Finding(_need(name, line), extracts=[each.extract for each in some]) for name, some in groups]


def _need(label: str, line: str) -> criteria.Need:
    return criteria.Need(label, line, (), (), frozenset(("todo",)), frozenset(("todo",)))


def _open_tasks(passages: Sequence[Passage]) -> list[_Open]:
    found: dict[tuple[str, int, int], _Open] = {}
    for passage in passages:
        for unit in units.cut(passage):
            if unit.kind == "task" and not unit.done and display.has_substance(unit.quote):
                each = _read(Extract(unit, 1.0))
                found.setdefault(each.extract.place, each)
    return list(found.values())


def _read(extract: Extract) -> _Open:
    mark = next((at for at, sign in enumerate(_PRIORITY) if sign in extract.quote), _MIDDLE)
    return _Open(extract, due_of(extract), mark)


def due_of(extract: Extract) -> str:
    """The ISO date on which a task is due, or nothing."""
    due = next((found for sign in _DUE if (found := sign.search(extract.quote))), None)
    return due[1] if due else ""


def _groups(
    tasks: Sequence[_Open], requirement: str, today: str, tongue: str
) -> list[tuple[str, list[_Open]]]:
    """Overdue, up to the time asked (or a week ahead), later, without a date: those that hold something."""
    name, last = _until(requirement, date.fromisoformat(today))
    until = vocabulary.say(f"agenda_{name}", tongue, day=last)
    late = [each for each in tasks if each.due and each.due < today]
    now = [each for each in tasks if today <= each.due <= last]
    later = [each for each in tasks if each.due > last]
    undated = [each for each in tasks if not each.due]
    groups = [
        (vocabulary.say("agenda_late", tongue), late),
        (until, now),
        (vocabulary.say("agenda_later", tongue), later),
        (vocabulary.say("agenda_undated", tongue), undated),
    ]
    return [(label, some) for label, some in groups if some or label == until]


def time_asked(requirement: str) -> str:
    """The name of the time that is asked about, SOON where none is."""
    folded = text.fold(requirement)
    return next((name for name, sign in _UNTIL if sign.search(folded)), SOON)


def _until(requirement: str, today: date) -> tuple[str, str]:
    """The time that is asked about, and its last day."""
    name = time_asked(requirement)
    sunday = today + timedelta(days=_SUNDAY - today.weekday())
    last = {
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "this_week": sunday,
        "next_week": sunday + timedelta(days=7),
        "this_month": _month_end(today),
        "next_month": _month_end(_month_end(today) + timedelta(days=1)),
        SOON: today + timedelta(days=SOON_DAYS),
    }
    return name, last[name].isoformat()


def _month_end(day: date) -> date:
    first = (
        day.replace(year=day.year + 1, month=1, day=1)
        if day.month == _DECEMBER
        else day.replace(month=day.month + 1, day=1)
    )
    return first - timedelta(days=1)
