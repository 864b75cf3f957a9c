"""Discussions to test with, driven by hand turn by turn."""

import json
from typing import Any

from foundation.activity.models import Event
from tests.stub import Asked, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import fresh
from workflows.engine.discussions import take_turn
from workflows.models import Discussion, DiscussionMessage
from workflows.services import discussion_create
from workflows.states import TALKING

TOPIC = "新製品の価格と納期をどう説明するか"


def begin(house: House, topic: str = TOPIC, *, roles: tuple[str, ...] = (), **fields: Any) -> Discussion:
    """A discussion of the team's members (with those roles, in their order) over the house's vault."""
    members = {each.role: each for each in house.team.members.order_by("created_at")}
    chosen = [members[role].pk for role in roles or tuple(members)]
    return discussion_create(
        house.user, topic=topic, participants=chosen, **({"vault": house.vault.pk} | fields)
    )


def turn(discussion: Discussion) -> Discussion:
    take_turn(discussion.pk)
    return fresh(discussion)


def talk(discussion: Discussion, turns: int = 200) -> Discussion:
    """Take so many turns, or all that there are."""
    for _turn in range(turns):
        if fresh(discussion).status not in TALKING:
            break
        assert take_turn(discussion.pk), "somebody else holds it"
    return fresh(discussion)


def said(discussion: Discussion, *kinds: str) -> list[DiscussionMessage]:
    rows = discussion.messages.order_by("number")
    return list(rows.filter(kind__in=kinds) if kinds else rows)


def speakers(discussion: Discussion) -> list[str]:
    """The roles of those who spoke, in order."""
    return [each.persona.role for each in said(discussion, "speech", "system")]


def told(discussion: Discussion, *types: str) -> list[dict[str, Any]]:
    """The payloads of the discussion's stream, in order."""
    rows = Event.objects.filter(stream=discussion.stream).order_by("seq")
    return [row.payload for row in (rows.filter(type__in=types) if types else rows)]


def statuses(discussion: Discussion) -> list[str]:
    return [each["to"] for each in told(discussion, "discussion.status_changed")]


def speech(text: str, **fields: Any) -> str:
    """What a model says that says just this."""
    return json.dumps({"text": text} | fields, ensure_ascii=False)


def saying(text: str, **fields: Any) -> Any:
    """A script: every speech is `text` with the turn's number, everything else is as the built-in secretary has it."""

    def script(asked: Asked) -> str:
        return (
            speech(f"{text} {len(asked.brief.turns) + 1}", **fields)
            if asked.job == "speak"
            else secretary(asked)
        )

    return script
