"""Telling people that something waits for them: in the platform at once, and out of it by rows that the sweep sends."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from foundation.activity.services import record
from foundation.core.actors import Actor
from plans.models import ApprovalRequest, Channel, Message


def tell(
    actor: Actor,
    type: str,
    request: ApprovalRequest,
    people: Iterable[Any],
    *,
    title: str = "",
    data: dict[str, Any] | None = None,
    streams: Iterable[str] = (),
) -> None:
    """`record()` with a notification for each of `people`, and a message to each of their channels.

    Called inside the command: the messages exist if, and only if, what they speak of happened.
    """
    known = list({person.pk: person for person in people}.values())
    given = {"kind": request.kind, "subject_id": str(request.subject_id)} | (data or {})
    event = record(
        actor,
        type,
        request,
        streams=streams,
        data=given,
        notify=known,
        title=title or request.title,
        priority="high",
    )
    now = timezone.now()
    channels = Channel.objects.filter(owner__in=[person.pk for person in known], is_active=True)
    rows = [
        Message(channel=channel, request=request, event=type, event_id=event["id"], due_at=now)
        for channel in channels
    ]
    if rows:
        Message.objects.bulk_create(rows)
