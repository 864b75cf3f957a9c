"""What the index holds of a passage: where it belongs, then title, headings and text, all as grams."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from knowledge.grams import BREAK, grams
from knowledge.states import Zone

_MARK = "\ue000"  # private use, like BREAK: no text yields it
_OF = "\ue002"


def home(owner: UUID) -> str:
    """The mark of the vault or source that a passage belongs to."""
    return f"{_MARK}{owner.hex}"


def zone_mark(zone: str) -> str:
    return f"{_MARK}{Zone(zone).value}"


def document(owner: UUID, zone: str, *, title: str, heading: str, text: str, of: str = "") -> str:
    """The `grams` column of one passage. A head also says which zone the note is `of`."""
    marks = [home(owner), zone_mark(zone), *([f"{_OF}{Zone(of).value}"] if of else [])]
    return " ".join([*marks, BREAK, *grams(title), BREAK, *grams(heading), BREAK, *grams(text)])


class Fields(NamedTuple):
    """The parts of a document, each with a blank at both ends, ready for `Term.needle`. `zone` is the note's own."""

    zone: str
    title: str
    heading: str
    text: str


def fields(document_text: str) -> Fields:
    marks, title, heading, text = document_text.split(BREAK)
    return Fields(marks.rstrip()[-1], title, heading, f"{text} ")


class Scope(NamedTuple):
    """Where to look: passages of any of `homes` (of all when empty), in `zone` when given."""

    homes: tuple[str, ...]
    zone: str = ""


def scope_of(owners: Iterable[UUID], zone: str = "") -> Scope:
    return Scope(tuple(home(owner) for owner in owners), zone_mark(zone) if zone else "")
