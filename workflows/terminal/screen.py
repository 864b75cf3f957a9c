"""What `delegate` shows: the plan, a progress bar, the end. People read stderr; stdout carries the result alone."""

import sys
import unicodedata
from typing import Any, TextIO

from django.utils.translation import gettext as _

BAR = 20


class Screen:
    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._bar = ""

    def say(self, text: str = "") -> None:
        self._wipe()
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def ask(self, question: str) -> str | None:
        """The answer typed, or None when nobody is there to type."""
        self._wipe()
        self.stream.write(f"{question} ")
        self.stream.flush()
        line = sys.stdin.readline()
        return line.strip() if line else None

    def progress(self, percent: int, text: str) -> None:
        """One line that is drawn over, on a terminal; elsewhere a line for each change."""
        filled = BAR * percent // 100
        line = f"{'▓' * filled}{'░' * (BAR - filled)} {percent:3d}%  {_cut(text, 48)}"
        if line == self._bar:
            return
        if self.stream.isatty():
            self._wipe()
            self.stream.write(line)
            self.stream.flush()
        else:
            self.stream.write(f"{line}\n")
        self._bar = line

    def _wipe(self) -> None:
        if self._bar and self.stream.isatty():
            self.stream.write(f"\r{' ' * _width(self._bar)}\r")
        self._bar = ""


def plan_lines(plan: dict[str, Any]) -> list[str]:
    """The plan as a person reads it: who does what, after what, and when it counts as done."""
    lines = [_("Plan, version %(version)d: %(title)s") % plan, ""]
    for item in plan["items"]:
        after = f"  ← {', '.join(item['depends_on'])}" if item["depends_on"] else ""
        lines.append(f"  {item['key']:<4} {item['title']}  [{item['role']}]{after}")
        lines += [f"        ✓ {criterion}" for criterion in item["acceptance"]]
    if plan["risks"]:
        lines += ["", _("Risks:"), *(f"  - {risk}" for risk in plan["risks"])]
    return lines


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cut(text: str, width: int) -> str:
    while _width(text) > width:
        text = text[:-2] + "…"
    return text
