"""Adding to a discussion: one message with the next number, or another status, recorded for everybody who follows."""

from typing import Any

from django.db.models import Max
from django.utils import timezone

from foundation.activity.selectors import stream_position
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.queue import enqueue
from workflows.models import Discussion, DiscussionMessage
from workflows.services.moves import questions_withdraw
from workflows.states import DISCUSSION, TALKING, DiscussionKind, DiscussionStatus

TEXT_IN_EVENT = 4000
LOUD = (DiscussionStatus.WAITING_FOR_HUMAN, DiscussionStatus.FAILED, DiscussionStatus.ENDED)


def message_add(
    actor: Actor, discussion: Discussion, *, kind: str, text: str, **fields: Any
) -> DiscussionMessage:
    """Store a message and record it. The caller holds the discussion's row, which keeps the numbers gapless."""
    last = discussion.messages.aggregate(last=Max("number"))["last"] or 0
    message = DiscussionMessage(discussion=discussion, number=last + 1, kind=kind, text=text, **fields)
    message.save(force_insert=True)
    record(actor, "discussion.message_posted", message, streams=[discussion.stream], data=told(message))
    # Our own transaction has just moved the stream and holds its row.
    message.seq = stream_position(discussion.stream)[1]
    message.save(update_fields=["seq"])
    return message


def told(message: DiscussionMessage) -> dict[str, Any]:
    """What the event says of a message; a very long text is cut, and read over the API."""
    return {
        "discussion": str(message.discussion_id),
        "number": message.number,
        "kind": message.kind,
        "author": message.author,
        "persona": str(message.persona_id) if message.persona_id else None,
        "user": str(message.user_id) if message.user_id else None,
        "asked": str(message.asked_id) if message.asked_id else None,
        "text": message.text[:TEXT_IN_EVENT],
        "cut": len(message.text) > TEXT_IN_EVENT,
        "position": message.position,
        "round": message.round,
        "client_msg_id": str(message.client_msg_id) if message.client_msg_id else None,
    }


def discussion_move(actor: Actor, discussion: Discussion, to: str, **updates: Any) -> Discussion:
    """Move and record; whoever owns the discussion is told when it stops."""
    if to in LOUD and to != DiscussionStatus.WAITING_FOR_HUMAN:
        updates["ended_at"] = timezone.now()
    before = DISCUSSION.move(discussion, to, **updates)
    if before == DiscussionStatus.WAITING_FOR_HUMAN:
        questions_withdraw(actor, discussion.pk)  # it goes on, or stops, without an answer to it
    data = {"round": discussion.round}
    data |= {name: getattr(discussion, name) for name in ("stop", "reason") if getattr(discussion, name)}
    record(
        actor,
        "discussion.status_changed",
        discussion,
        from_=before,
        to=to,
        streams=[discussion.stream, f"inbox:{discussion.owner_id}"],
        data=data,
        notify=[discussion.owner] if _is_news(actor, discussion, to) else [],
        title=str(discussion),
        priority="high" if to in LOUD else "normal",
    )
    return discussion


def _is_news(actor: Actor, discussion: Discussion, to: str) -> bool:
    """Whoever asked a single question waits for its answer and need not be told."""
    own = actor.pk == discussion.owner_id or discussion.kind == DiscussionKind.ASK
    return to in LOUD and not own


def discussion_queue(discussion: Discussion) -> None:
    """Let the engine take the next turn, if there is one to take."""
    if discussion.status in TALKING:
        enqueue("workflows.advance_discussion", str(discussion.pk))


def held(discussion: Discussion) -> Discussion:
    """The discussion as it is now, its row locked until the commit."""
    return Discussion.objects.select_for_update(of=("self",)).select_related("owner").get(pk=discussion.pk)
