"""The engine's writes in a discussion. Each takes the lease first and checks it in its own transaction; each may be
repeated after a crash and then changes nothing.
"""

from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from foundation.activity.services import record
from foundation.core.actors import SystemActor
from foundation.core.leases import Lease, guard
from workflows.models import Discussion, DiscussionMessage, Minutes, Participant
from workflows.services.moves import ENGINE
from workflows.services.saying import discussion_move, message_add
from workflows.services.stepping import Halted
from workflows.states import TALKING, DiscussionStatus, MessageKind, Stop


def message_id(discussion_id: UUID | str, turn: int) -> UUID:
    """The id of the message that a turn brings: known before it is written, so that its text can be told meanwhile."""
    return uuid5(UUID(str(discussion_id)), f"turn:{turn}")


def talking(lease: Lease) -> Discussion:
    """The leased discussion, locked. Raises LeaseLost, Halted."""
    discussion = _leased(lease)
    if discussion.status not in TALKING:
        raise Halted(details={"status": discussion.status})
    return discussion


def _leased(lease: Lease) -> Discussion:
    guard(lease)
    return Discussion.objects.select_related("owner").get(pk=lease.pk)


@transaction.atomic
def word_give(lease: Lease, seat: Participant, *, turn: int, round: int) -> None:
    """Let the participant speak, and say who does."""
    discussion = talking(lease)
    if discussion.speaker_id == seat.persona_id:
        return
    Discussion.objects.filter(pk=discussion.pk).update(speaker=seat.persona_id, round=round)
    data = {
        "persona": str(seat.persona_id),
        "name": seat.name,
        "message_id": str(message_id(discussion.pk, turn)),
        "round": round,
    }
    record(ENGINE, "discussion.turn_given", discussion, streams=[discussion.stream], data=data)


@transaction.atomic
def speech_post(lease: Lease, *, turn: int, author: str, **fields: Any) -> DiscussionMessage:
    """Keep what was said in this turn, whatever became of the discussion meanwhile, and end the turn."""
    discussion = _leased(lease)
    known = discussion.messages.filter(turn=turn).first()
    if known:
        return known
    message = message_add(
        SystemActor(author),
        discussion,
        pk=message_id(discussion.pk, turn),
        turn=turn,
        author=author,
        **fields,
    )
    Discussion.objects.filter(pk=discussion.pk).update(turn=turn + 1, speaker=None)
    return message


@transaction.atomic
def commander_ask(lease: Lease, *, turn: int, author: str, question: str, reason: str, **fields: Any) -> None:
    """Put the moderator's question to the commander, and wait."""
    discussion = talking(lease)
    speech_post(lease, turn=turn, author=author, kind=MessageKind.CLARIFICATION, text=question, **fields)
    if discussion.status == DiscussionStatus.ACTIVE:
        discussion_move(
            ENGINE,
            discussion,
            DiscussionStatus.WAITING_FOR_HUMAN,
            stop=Stop.NEEDS_COMMANDER,
            reason=reason[:1000],
        )


@transaction.atomic
def talk_stop(lease: Lease, stop: str, reason: str) -> None:
    """Stop talking, with the reason; the minutes come next, and a single question has none."""
    discussion = talking(lease)
    if discussion.status == DiscussionStatus.ACTIVE:
        to = DiscussionStatus.ENDED if stop == Stop.ANSWERED else DiscussionStatus.CONCLUDING
        discussion_move(ENGINE, discussion, to, stop=stop, reason=reason[:1000], speaker=None)


@transaction.atomic
def minutes_store(lease: Lease, fields: dict[str, Any]) -> None:
    """Keep the minutes and end the discussion."""
    discussion = talking(lease)
    minutes, created = Minutes.objects.get_or_create(discussion=discussion, defaults=fields)
    if created:
        counts = {name: len(fields[name]) for name in ("decisions", "open_questions", "actions")}
        record(ENGINE, "minutes.written", minutes, streams=[discussion.stream], data=counts)
    discussion_move(ENGINE, discussion, DiscussionStatus.ENDED, speaker=None)


@transaction.atomic
def talk_fail(lease: Lease, reason: str) -> None:
    """Stop honestly, with the reason, at a place from which it can be resumed."""
    discussion = talking(lease)
    discussion_move(
        ENGINE,
        discussion,
        DiscussionStatus.FAILED,
        reason=reason[:1000],
        resumes_to=discussion.status,
        speaker=None,
    )
