"""From what the minutes' author wrote to what is kept: checked against who took part and what was cited."""

from typing import Any

from django.utils import timezone

from ai_integration.jobs import ActionItem, MinutesDraft
from workflows.floor import Floor
from workflows.minutes_text import Held, compose
from workflows.models import Discussion, Participant
from workflows.states import MessageKind
from workflows.talk_words import MODERATOR, why


def minutes_of(discussion: Discussion, floor: Floor, draft: MinutesDraft, *, model: str) -> dict[str, Any]:
    """The fields of Minutes. An action's owner is somebody who took part, or nobody."""
    seats = list(discussion.seats.all())
    owners = [_owner(seats, action.owner) for action in draft.actions]
    named = [
        action.model_copy(update={"owner": owner.name if owner else ""})
        for action, owner in zip(draft.actions, owners, strict=True)
    ]
    citations = _citations(floor)
    held = _held(discussion, floor, seats, citations, model)
    return {
        "summary": draft.summary,
        "positions": [each.model_dump() for each in draft.positions],
        "decisions": draft.decisions,
        "open_questions": draft.open_questions,
        "actions": [_kept(action, owner) for action, owner in zip(named, owners, strict=True)],
        "citations": citations,
        "model": model,
        "markdown": compose(held, draft.model_copy(update={"actions": named})),
    }


def _kept(action: ActionItem, owner: Participant | None) -> dict[str, Any]:
    return action.model_dump() | {"owner_id": str(owner.persona_id) if owner and owner.persona_id else None}


def _owner(seats: list[Participant], name: str) -> Participant | None:
    """The participant that is meant: by the whole name, or by a part of it that only one bears."""
    wanted = name.strip().casefold()
    exact = [seat for seat in seats if seat.name.casefold() == wanted]
    close = [
        seat
        for seat in seats
        if wanted and (wanted in seat.name.casefold() or seat.name.casefold() in wanted)
    ]
    return exact[0] if exact else close[0] if len(close) == 1 else None


def _held(
    discussion: Discussion,
    floor: Floor,
    seats: list[Participant],
    citations: list[dict[str, Any]],
    model: str,
) -> Held:
    turned = [each.text for each in floor.messages if each.kind == MessageKind.REDIRECT]
    return Held(
        id=str(discussion.pk),
        language=discussion.language,
        when=timezone.localtime(),
        topics=[discussion.first_topic, *turned],
        participants=[seat.name for seat in seats],
        moderator=discussion.moderator.name if discussion.moderator else MODERATOR[discussion.language],
        speeches=sum(each.kind == MessageKind.SPEECH for each in floor.messages),
        stop_reason=discussion.reason or why(discussion.stop, discussion.language),
        model=model,
        citations=citations,
    )


def _citations(floor: Floor) -> list[dict[str, Any]]:
    """What the speakers cited, each statement once, in the order in which it was said."""
    said = (citation for message in floor.messages for citation in message.citations)
    return list({(each["note"], each["line"], each["quote"]): each for each in said}.values())
