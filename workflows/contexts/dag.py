"""The picture of a DAG: boxes with their words and where they lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

from django.utils.translation import gettext as _

from workflows.layout import Box, Drawing, draw
from workflows.models import Task

COLUMNS, LINES = 21, 2
"""So many half-width columns and lines of a title fit into a box."""

WORKER_COLUMNS = 22
TOP, LINE = 21, 15
"""The first line's base and the distance of the next, in pixels."""


@dataclass(frozen=True)
class Node:
    box: Box
    key: str
    title: str
    lines: Sequence[tuple[int, str]]
    status: str
    status_word: str
    worker: str = ""
    link: str = ""
    selected: bool = False
    revised: int = 0

    @property
    def worker_y(self) -> int:
        return TOP + LINE * len(self.lines)


@dataclass(frozen=True)
class Dag:
    """`planned` says that nothing of it has begun, because it still waits for approval."""

    drawing: Drawing
    nodes: Sequence[Node]
    planned: bool = False


def task_dag(tasks: Sequence[Task], selected: str) -> Dag:
    drawing = draw({task.key: task.depends_on for task in tasks})
    boxes = {box.key: box for box in drawing.boxes}
    nodes = [
        Node(
            box=boxes[task.key],
            key=task.key,
            title=task.title,
            lines=_lines(task.title),
            status=task.status,
            status_word=task.get_status_display(),
            worker=_worker(task.persona.name if task.persona else ""),
            link=f"?task={task.key}",
            selected=task.key == selected,
            revised=task.revision,
        )
        for task in tasks
    ]
    return Dag(drawing, nodes)


def plan_dag(content: Mapping[str, Any]) -> Dag:
    """What would be done if the plan were approved."""
    items = content["items"]
    drawing = draw({item["key"]: item.get("depends_on", ()) for item in items})
    boxes = {box.key: box for box in drawing.boxes}
    nodes = [
        Node(
            box=boxes[item["key"]],
            key=item["key"],
            title=item["title"],
            lines=_lines(item["title"]),
            status="draft",
            status_word=_("planned"),
            worker=_worker(item["role"]),
        )
        for item in items
    ]
    return Dag(drawing, nodes, planned=True)


def _lines(title: str) -> list[tuple[int, str]]:
    """`(y, text)` of each line."""
    return [(TOP + LINE * number, line) for number, line in enumerate(wrapped(title))]


def _worker(name: str) -> str:
    return (wrapped(name, WORKER_COLUMNS, 1) or [""])[0]


def wrapped(text: str, columns: int = COLUMNS, lines: int = LINES) -> list[str]:
    """`text` in at most `lines` lines of `columns` half-width columns; what does not fit becomes an ellipsis.

    Latin words stay whole where they can.
    """
    found: list[str] = []
    rest = " ".join(text.split())
    while rest and len(found) < lines:
        cut = _fitting(rest, columns)
        if cut < len(rest) and len(found) == lines - 1:
            found.append(rest[: _fitting(rest, columns - 1)].rstrip() + "…")
            break
        cut = _at_a_space(rest, cut)
        found.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return found


def _fitting(text: str, columns: int) -> int:
    """How many characters of `text` fit into so many columns."""
    used = 0
    for count, char in enumerate(text):
        used += 2 if east_asian_width(char) in "WFA" else 1
        if used > columns:
            return max(1, count)
    return len(text)


def _at_a_space(text: str, cut: int) -> int:
    if cut == len(text) or not (text[cut - 1].isascii() and text[cut].isascii()):
        return cut
    space = text.rfind(" ", 0, cut + 1)
    return space if space > 0 else cut
