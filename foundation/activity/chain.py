"""How audit rows are chained: each carries the hash of itself and of the row before it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation.core.canonical import sha256_of

GENESIS = "0" * 64
"""What stands before the first row."""

FAULTS = {
    "changed": _("was changed after it had been sealed"),
    "missing": _("is missing"),
    "broken": _("does not follow the row before it"),
    "cut": _("and all that came after it were cut off"),
    "rewritten": _("was rewritten: an exported head says otherwise"),
}


class Entry(Protocol):
    id: UUID
    at: Any
    actor_ref: str
    actor_name: str
    action: str
    object_kind: str
    object_id: str
    data: Any
    sequence: int | None
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The last sealed row of the chain `epoch`, as it was known at some time."""

    epoch: str
    sequence: int
    hash: str


@dataclass(frozen=True)
class Fault:
    """The first place at which the chain is not as it was sealed. `entry` is None where the row itself is gone."""

    sequence: int
    kind: str
    entry: UUID | None = None


def digest(entry: Entry, sequence: int, previous: str) -> str:
    """The hash of a row at its place: SHA-256 over everything it says, its number and the hash before it."""
    return sha256_of(
        {
            "sequence": sequence,
            "previous": previous,
            "id": str(entry.id),
            "at": entry.at.astimezone(UTC).isoformat(),
            "actor": entry.actor_ref,
            "name": entry.actor_name,
            "action": entry.action,
            "object": [entry.object_kind, entry.object_id],
            "data": entry.data,
        }
    )


def first_fault(rows: Iterable[Entry], head: Head, exported: Mapping[int, str]) -> Fault | None:
    """Where sealed `rows`, in the order of their sequence, differ from what was sealed; None when nowhere.

    `head` is what the database says of the end; `exported` are heads kept outside it, `{sequence: hash}`.
    """
    expected, previous = 1, GENESIS
    for row in rows:
        if row.sequence != expected:
            return Fault(expected, "missing")
        kind = _fault_of(row, expected, previous, exported)
        if kind:
            return Fault(expected, kind, row.id)
        expected, previous = expected + 1, row.hash
    if expected <= max([head.sequence, *exported]):
        return Fault(expected, "cut")
    return None if previous == (head.hash or GENESIS) else Fault(expected - 1, "rewritten")


def _fault_of(row: Entry, expected: int, previous: str, exported: Mapping[int, str]) -> str:
    if row.hash != digest(row, expected, row.previous_hash):
        return "changed"
    if row.previous_hash != previous:
        return "broken"
    return "rewritten" if exported.get(expected, row.hash) != row.hash else ""
