"""Tasks in notes, as the Tasks plugin writes them. Read only: nothing here changes a line.

Fields are taken from the end of the line backwards, in any order, tags in between.
"""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

_TASK = re.compile(r"[ \t>]*(?:[-*+]|\d+[.)])[ \t]+\[(.)\][ \t]*(.*)$")
_DAY = r"[ ]*(\d{4}-\d{2}-\d{2})"
_VS = "\ufe0f?"
_FIELDS = {
    "due": re.compile(rf"[📅📆🗓]{_VS}{_DAY}$"),
    "scheduled": re.compile(rf"[⏳⌛]{_VS}{_DAY}$"),
    "start": re.compile(rf"🛫{_VS}{_DAY}$"),
    "created": re.compile(rf"➕{_VS}{_DAY}$"),
    "done": re.compile(rf"✅{_VS}{_DAY}$"),
    "cancelled": re.compile(rf"❌{_VS}{_DAY}$"),
    "priority": re.compile(rf"([🔺⏫🔼🔽⏬]){_VS}$"),
    "recurrence": re.compile(rf"🔁{_VS}[ ]*([a-zA-Z0-9, !]+)$"),
    "on_completion": re.compile(rf"🏁{_VS}[ ]*(keep|delete)$"),
    "id": re.compile(rf"🆔{_VS}[ ]*([a-zA-Z0-9_-]+)$"),
    "depends_on": re.compile(rf"⛔{_VS}[ ]*([a-zA-Z0-9_-]+(?:[ ]*,[ ]*[a-zA-Z0-9_-]+)*)$"),
}
_DATAVIEW = re.compile(
    r"[\[(](due|scheduled|start|created|completion|cancelled|priority|repeat|id|dependsOn)::[ ]*([^\])]*)[\])]$"
)
_DATAVIEW_NAMES = {"completion": "done", "repeat": "recurrence", "dependsOn": "depends_on"}
_TRAILING_TAG = re.compile(r"(?:^|[ ])(#[^\s#]+)$")
_BLOCK_LINK = re.compile(r"[ ]\^([a-zA-Z0-9-]+)$")
_MAX_FIELDS = 40


@dataclass
class Todo:
    """One task line. `status` is the character between the brackets; `fields` are as written (dates ISO)."""

    line: int
    status: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_todos(lines: list[str], masked: list[str], first_line: int) -> list[Todo]:
    """Task lines of a body, those in code left out. `masked` are the same lines with ignored parts blanked."""
    found: list[Todo] = []
    for number, (line, visible) in enumerate(zip(lines, masked, strict=True), first_line):
        if "[" in visible and _TASK.match(visible) and (match := _TASK.match(line)):
            found.append(_todo(number, match[1], match[2]))
    return found


def _todo(line: int, status: str, rest: str) -> Todo:
    fields: dict[str, str] = {}
    text = rest.rstrip(" \t")
    if block := _BLOCK_LINK.search(text):
        fields["block"], text = block[1], text[: block.start()].rstrip(" ")
    tags: list[str] = []
    for _ in range(_MAX_FIELDS):
        if tag := _TRAILING_TAG.search(text):
            tags.insert(0, tag[1])
            text = text[: tag.start()].rstrip(" ")
        elif found := _trailing_field(text):
            name, value, start = found
            fields.setdefault(name, value)
            text = text[:start].rstrip(" ")
        else:
            break
    return Todo(line, status, " ".join([text, *tags]).strip(), fields)


def _trailing_field(text: str) -> tuple[str, str, int] | None:
    for name, pattern in _FIELDS.items():
        if match := pattern.search(text):
            return name, match[1].strip(), match.start()
    if match := _DATAVIEW.search(text):
        return _DATAVIEW_NAMES.get(match[1], match[1]), match[2].strip(), match.start()
    return None
