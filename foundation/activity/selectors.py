"""Reading what happened."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Min, QuerySet
from django.utils.translation import gettext as _

from foundation.activity import anchors
from foundation.activity.chain import FAULTS, Fault, Head, first_fault
from foundation.activity.models import AuditChain, AuditEntry, Event, Notification, Stream
from foundation.core.actors import SYSTEM
from foundation.core.permissions import require_permission

RECENT = 500


@dataclass(frozen=True)
class AuditVerdict:
    """`ok` speaks of the `sealed` rows. Where it is false, `first_bad_sequence` and `fault` (see `chain.FAULTS`) say where
    the chain breaks, and `first_bad` is the row that stands there, if one does. `heads` exported heads were compared."""

    ok: bool
    sealed: int
    unsealed: int
    heads: int = 0
    first_bad: UUID | None = None
    first_bad_sequence: int | None = None
    fault: str = ""


def stream_position(stream: str) -> tuple[str, int]:
    """The stream's `(epoch, last seq)`; a stream in which nothing happened yet is `("", 0)`."""
    found = Stream.objects.filter(name=stream).values_list("epoch", "last_seq").first()
    return (str(found[0]), found[1]) if found else ("", 0)


def stream_positions(streams: Iterable[str]) -> dict[str, tuple[str, int]]:
    """`{stream: (epoch, last seq)}` of those of `streams` in which something happened."""
    rows = Stream.objects.filter(name__in=streams).values_list("name", "epoch", "last_seq")
    return {name: (str(epoch), last) for name, epoch, last in rows}


def stream_extent(stream: str) -> tuple[str, int, int]:
    """The stream's `(epoch, last seq, oldest seq that is kept)`; the oldest is `last + 1` when nothing is kept."""
    epoch, last = stream_position(stream)
    oldest = Event.objects.filter(stream=stream).aggregate(Min("seq"))["seq__min"]
    return epoch, last, last + 1 if oldest is None else oldest


def events_after(stream: str, after: int, *, limit: int = 200) -> list[dict[str, Any]]:
    """The stream's events with `seq` above `after`, oldest first, as `{seq, priority, event}`."""
    rows = Event.objects.filter(stream=stream, seq__gt=after).order_by("seq")[:limit]
    return [{"seq": row.seq, "priority": row.priority, "event": row.payload} for row in rows]


def notifications(user: Any) -> QuerySet[Notification]:
    """One's own, also for those who may see everything else."""
    return Notification.objects.filter(user=user) if user.is_authenticated else Notification.objects.none()


def audit_entries(user: Any) -> QuerySet[AuditEntry]:
    """All entries for those who may read the audit; one's own for everybody else."""
    entries = AuditEntry.objects.select_related("actor")
    if not user.is_authenticated:
        return entries.none()
    sees_all = user.is_superuser or "audit:view" in user.permission_codes
    return entries if sees_all else entries.filter(actor=user)


def audit_between(
    user: Any, *, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[AuditEntry]:
    """The entries that `user` may see, from `since` (inclusive) to `until` (exclusive)."""
    rows = AuditEntry.objects.all() if user is SYSTEM else audit_entries(user)
    rows = rows.filter(at__gte=since) if since else rows
    return rows.filter(at__lt=until) if until else rows


def audit_narrowed(
    user: Any,
    *,
    who: str = "",
    action: str = "",
    kind: str = "",
    object_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEntry]:
    """The entries that `user` may see, narrowed: `who` is part of a name, `action` begins one, the rest is exact."""
    rows = audit_between(user, since=since, until=until)
    rows = rows.filter(actor_name__icontains=who) if who else rows
    rows = rows.filter(action__startswith=action) if action else rows
    exact = {"object_kind": kind, "object_id": object_id}
    return rows.filter(**{name: value for name, value in exact.items() if value})


def audit_chain() -> tuple[AuditChain | None, int]:
    """The chain as its head knows it, and how many rows it does not hold yet."""
    known = AuditChain.objects.filter(pk=AuditChain.ONLY).first()
    return known, AuditEntry.objects.filter(sequence=None).count()


def audit_verified() -> AuditEntry | None:
    """When somebody had the chain verified last, and what came of it."""
    return AuditEntry.objects.filter(action="audit.verified").order_by("-at", "-id").first()


def audit_kinds() -> list[str]:
    """The kinds of things that the newest entries are about, for suggestions."""
    newest = AuditEntry.objects.order_by("-at", "-id").values_list("object_kind", flat=True)[:RECENT]
    return sorted(set(newest))


def audit_people() -> list[str]:
    """Who did something lately, for suggestions."""
    newest = AuditEntry.objects.order_by("-at", "-id").values_list("actor_name", flat=True)[:RECENT]
    return sorted(set(newest))


def audit_verdict(user: Any) -> AuditVerdict:
    """How the audit stands. Raises Forbidden without `audit:view`."""
    require_permission(user, "audit:view")
    return audit_standing()


def audit_standing(files: Iterable[Path] | None = None) -> AuditVerdict:
    """Every sealed row against its hash, its neighbour, and the heads in `files` (default: those exported here).

    Raises OSError when a file cannot be read.
    """
    known = AuditChain.objects.filter(pk=AuditChain.ONLY).first()
    head = Head(str(known.epoch), known.sequence, known.hash) if known else Head("", 0, "")
    heads = list(anchors.read(anchors.own() if files is None else files))
    of_this = {each.sequence: each.hash for each in heads if each.epoch == head.epoch}
    rows = AuditEntry.objects.exclude(sequence=None)
    fault = first_fault(rows.order_by("sequence").iterator(2000), head, of_this)
    if fault is None and any(each.epoch != head.epoch for each in heads):
        fault = Fault(1, "rewritten")  # another chain stood here
    return AuditVerdict(
        ok=fault is None,
        sealed=rows.count(),
        unsealed=AuditEntry.objects.filter(sequence=None).count(),
        heads=len(of_this),
        first_bad=fault.entry if fault else None,
        first_bad_sequence=fault.sequence if fault else None,
        fault=fault.kind if fault else "",
    )


def audit_fault(verdict: AuditVerdict) -> str:
    """What is wrong, as a sentence; empty when nothing is."""
    if verdict.ok:
        return ""
    return _("Row %(number)s %(fault)s.") % {
        "number": verdict.first_bad_sequence,
        "fault": FAULTS[verdict.fault],
    }
