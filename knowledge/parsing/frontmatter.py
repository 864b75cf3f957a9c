"""The properties at the top of a note, read as YAML 1.2. Broken ones are reported, never fatal, never rewritten."""

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ruamel.yaml import YAML

MAX_CHARS = 64_000
MAX_NODES = 5_000
MAX_DEPTH = 20
_BLOCK = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _Unreadable(Exception):
    """The block is YAML, but not properties."""


@dataclass(frozen=True)
class Frontmatter:
    """`values` is JSON; `error` says why it is empty although a block is there; the body starts at `end`."""

    values: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    raw: str = ""
    end: int = 0


def read_frontmatter(text: str) -> Frontmatter:
    """The block at the very start of `text` (lines end in \\n, no byte order mark)."""
    block = _BLOCK.match(text)
    if not block:
        return Frontmatter()
    raw = block["yaml"]
    try:
        return Frontmatter(_values(raw), "", raw, block.end())
    except Exception as error:  # noqa: BLE001 - on garbage the parser raises far more than its own errors
        return Frontmatter({}, _reason(error), raw, block.end())


def _values(raw: str) -> dict[str, Any]:
    if len(raw) > MAX_CHARS:
        raise _Unreadable(f"longer than {MAX_CHARS} characters")
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    loaded = yaml.load(raw)
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise _Unreadable("not a list of properties")
    return _Plain().convert(loaded)


def _reason(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error) or error.__class__.__name__
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 2})" if mark else ""
    return clean(f"{problem}{where}".replace("\n", " "))[:300]


def clean(text: str) -> str:
    """Text that both databases can store: no NUL, no lone surrogate."""
    return _UNSTORABLE.sub("\ufffd", text)


class _Plain:
    """Turns what YAML yields into JSON, within a budget: an alias may unfold without end."""

    def __init__(self) -> None:
        self.nodes = 0

    def convert(self, value: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise _Unreadable("too large or too deep")
        if isinstance(value, dict):
            return {clean(str(key)): self.convert(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set):
            return [self.convert(item, depth + 1) for item in value]
        return self.scalar(value)

    def scalar(self, value: Any) -> Any:
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if isinstance(value, int) and abs(value) >= 2**63:
            return str(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        return clean(str(value))


def strings(values: dict[str, Any], *keys: str) -> list[str]:
    """The strings under the first of `keys` that is there (any case): a list, or one string with commas."""
    by_name = {key.casefold(): value for key, value in values.items()}
    found = next((by_name[key] for key in keys if by_name.get(key)), None)
    items = found.split(",") if isinstance(found, str) else found if isinstance(found, list) else [found]
    texts = (str(item).strip() for item in items if isinstance(item, str | int | float))
    return list(dict.fromkeys(text for text in texts if text))
