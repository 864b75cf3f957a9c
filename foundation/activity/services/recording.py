"""`record()`: the one call that every command makes. Audit entry, feed events, notifications, and publishing on commit."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from foundation.activity import live
from foundation.activity.models import AuditEntry, Event, Notification
from foundation.activity.subscriptions import tasks_for
from foundation.core.actors import Actor
from foundation.core.queue import enqueue
from foundation.core.rows import insert

PRIORITIES = ("high", "normal", "low")


def record(
    actor: Actor,
    type: str,
    obj: Model,
    *,
    streams: Iterable[str] = (),
    from_: str | None = None,
    to: str | None = None,
    data: dict[str, Any] | None = None,
    notify: Iterable[Any] = (),
    title: str = "",
    priority: str = "normal",
) -> dict[str, Any]:
    """Say that `actor` did `type` (`noun.verb`) to `obj`; returns the event.

    Appends one audit entry, one event per stream in `streams`, one notification (with `title`) per user in `notify`, and
    queues the tasks subscribed to `type`. `data` is small JSON without secrets; it stands in the audit and in the event.
    Call it inside the command's transaction.
    """
    event = _event(type, obj, from_, to, data or {})
    _append_audit(actor, event)
    for stream in streams:
        append(stream, event, priority)
    for user in notify:
        _notify(user, event, title)
    for task in tasks_for(type):
        enqueue(task, event)
    return event


def append(stream: str, event: dict[str, Any], priority: str = "normal") -> int:
    """Add `event` to `stream` and hint at it on commit; returns its `seq`. The row lock keeps `seq` gapless."""
    seq = _next_seq(stream)
    insert(Event(stream=stream, seq=seq, type=event["type"], priority=priority, payload=event))
    transaction.on_commit(lambda: live.hint(stream, seq), robust=True)
    return seq


@transaction.atomic
def notification_read(actor: Actor, notification: Notification) -> Notification:
    if notification.read_at is None:
        notification.read_at = timezone.now()
        notification.save(update_fields=["read_at", "updated_at"])
        record(actor, "notification.read", notification, streams=[f"inbox:{notification.user_id}"])
    return notification


def _event(type: str, obj: Model, from_: str | None, to: str | None, data: dict[str, Any]) -> dict[str, Any]:
    event = {
        "type": type,
        "id": str(uuid.uuid4()),
        "object": {"kind": obj._meta.model_name, "id": str(obj.pk)},
        "at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    if to is not None:
        event |= {"from": from_, "to": to}
    return event | ({"data": data} if data else {})


def _append_audit(actor: Actor, event: dict[str, Any]) -> None:
    detail = {key: event[key] for key in ("from", "to", "data") if key in event}
    entry = AuditEntry(
        actor_id=actor.pk,
        actor_ref=str(actor.pk or ""),
        actor_name=str(actor)[:200],
        action=event["type"],
        object_kind=event["object"]["kind"],
        object_id=event["object"]["id"],
        data=detail,
    )
    insert(entry)


def _notify(user: Any, event: dict[str, Any], title: str) -> None:
    note = Notification(
        user=user,
        type=event["type"],
        title=title[:300],
        object_kind=event["object"]["kind"],
        object_id=event["object"]["id"],
    )
    insert(note)
    about = {"kind": "notification", "id": str(note.pk)}
    created = {"type": "notification.created", "id": str(uuid.uuid4()), "object": about, "at": event["at"]}
    append(
        f"inbox:{user.pk}",
        created | {"data": {"title": note.title, "about": event["object"], "event": event["type"]}},
    )


def _next_seq(stream: str) -> int:
    sql = (
        "INSERT INTO activity_stream (name, epoch, last_seq) VALUES (%s, %s, 1) "
        "ON CONFLICT (name) DO UPDATE SET last_seq = activity_stream.last_seq + 1 RETURNING last_seq"
    )
    epoch = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(sql, [stream, epoch if connection.vendor == "postgresql" else epoch.hex])
        return cursor.fetchone()[0]
