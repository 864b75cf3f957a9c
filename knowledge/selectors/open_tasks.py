"""Where tasks stand that are not done: `task-todo:` in a query, as in Obsidian's own search.

Words behind it narrow the tasks down. What is due first comes first, what has no date last.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from knowledge.files.names import in_any
from knowledge.grams import fold
from knowledge.models import Note, Passage
from knowledge.states import Zone

OPERATOR = "task-todo:"
MOST_PASSAGES = 40
_DONE = frozenset("xX-")
_PRIORITIES = "🔺⏫🔼🔽⏬"
NO_DATE, _NO_PRIORITY = "9999-12-31", 2.5


class OpenTask(NamedTuple):
    """One task of a note. `due` is an ISO date, NO_DATE where none is given; smaller priorities come first."""

    due: str
    priority: float
    path: str
    line: int
    text: str
    note_id: UUID


def apart(queries: Iterable[str]) -> tuple[list[str], list[str]]:
    """What is asked of open tasks (the words behind the operator), and the other queries."""
    asked, others = [], []
    for query in queries:
        head, found, words = fold(query).strip().partition(OPERATOR)
        (asked if found and not head.strip() else others).append(words.strip() if found else query)
    return asked, others


def open_tasks(
    notes: QuerySet[Note], words: Sequence[str], folders: Sequence[str] = (), most: int = 1000
) -> list[OpenTask]:
    """The open tasks of `notes` that hold all the words of one of `words` (an empty one: all), those due first first."""
    rows = notes.filter(deleted_at=None, zone=Zone.EVIDENCE).exclude(todos=[]).order_by()
    found = (
        task
        for note_id, path, title, todos in rows.values_list("pk", "path", "title", "todos")
        if in_any(path, folders)
        for task in _of_note(note_id, path, todos)
        if any(_holds(f"{title} {path} {task.text}", each) for each in words)
    )
    return sorted(found)[:most]


def passages_of(tasks: Sequence[OpenTask]) -> list[int]:
    """The passages in which the tasks stand, in their order, each once; MOST_PASSAGES at most."""
    held = (pk for _task, pk in placed(tasks))
    return list(dict.fromkeys(held))[:MOST_PASSAGES]


def placed(tasks: Sequence[OpenTask]) -> list[tuple[OpenTask, int]]:
    """Each task with the passage in which it stands."""
    notes = {task.note_id for task in tasks}
    starts: dict[UUID, list[tuple[int, int]]] = {}
    rows = Passage.objects.filter(note__in=notes, ordinal__gt=0).order_by("line", "ordinal")
    for note_id, line, pk in rows.values_list("note_id", "line", "pk"):
        starts.setdefault(note_id, []).append((line, pk))
    held = [(task, _holding(starts.get(task.note_id, []), task.line)) for task in tasks]
    return [(task, pk) for task, pk in held if pk is not None]


def _of_note(note_id: UUID, path: str, todos: list[dict[str, Any]]) -> Iterator[OpenTask]:
    for each in todos:
        if each["status"] not in _DONE and each["text"].strip():
            fields = each["fields"]
            due = fields.get("due") or fields.get("scheduled") or NO_DATE
            yield OpenTask(due, _priority(fields), path, each["line"], each["text"], note_id)


def _priority(fields: dict[str, str]) -> float:
    place = _PRIORITIES.find(fields.get("priority") or "-")
    return place if place >= 0 else _NO_PRIORITY


def _holds(text: str, words: str) -> bool:
    folded = fold(text)
    return all(word in folded for word in words.split())


def _holding(starts: Sequence[tuple[int, int]], line: int) -> int | None:
    at = bisect_right(starts, line, key=lambda each: each[0])
    return starts[at - 1][1] if at else None
