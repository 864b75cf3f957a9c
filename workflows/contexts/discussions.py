"""The list of discussions, and the page of one: who speaks, what was said, where everybody stands, the minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.db.models import Q
from django.utils.safestring import SafeString

from foundation.activity.streams import followed
from foundation.core.paging import Page, paged
from foundation.core.permissions import fetch, may
from knowledge.places import obsidian_address
from personas.models import Persona
from plans.models import ApprovalRequest
from plans.selectors import pending_for
from workflows.contexts.reading import message_html, minutes_html
from workflows.contexts.steps import StepTaken, steps_by_turn
from workflows.models import Discussion, DiscussionMessage, Minutes
from workflows.selectors import discussion_messages, discussions
from workflows.selectors import minutes as minutes_of
from workflows.services.talking import message_id
from workflows.states import DISCUSSION, DiscussionKind, DiscussionStatus, MessageKind, Stop

MOST_MESSAGES = 300
MOST_WORDS = 12
LIVE = (DiscussionStatus.ACTIVE, DiscussionStatus.CONCLUDING)
RESUMABLE = (DiscussionStatus.PAUSED, DiscussionStatus.WAITING_FOR_HUMAN, DiscussionStatus.FAILED)
CLOSED = (DiscussionStatus.CONCLUDING, DiscussionStatus.ENDED)
DELETABLE = (DiscussionStatus.ENDED, DiscussionStatus.FAILED, DiscussionStatus.PAUSED)


@dataclass(frozen=True)
class DiscussionsPage:
    page: Page
    words: str
    chosen: str
    statuses: Sequence[tuple[str, Any]]
    streams: str

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.chosen)


def discussions_page(user: Any, *, words: str = "", chosen: str = "", cursor: str = "") -> DiscussionsPage:
    words = words[:200]
    streams = followed(user, "inbox")
    rows = discussions(user)
    for word in words.split()[:MOST_WORDS]:
        rows = rows.filter(Q(topic__icontains=word) | Q(first_topic__icontains=word))
    if chosen in DiscussionStatus.values:
        rows = rows.filter(status=chosen)
    return DiscussionsPage(paged(rows, cursor), words, chosen, DiscussionStatus.choices, streams)


@dataclass(frozen=True)
class Said:
    """One message as it is shown. Only what secretaries say is Markdown; `html` is None for everything else."""

    message: DiscussionMessage
    html: SafeString | None
    mine: bool
    persona: Persona | None = None
    steps: Sequence[StepTaken] = ()


@dataclass(frozen=True)
class Seat:
    """A participant: how often it spoke, where it stands, and whether it has the word."""

    name: str
    persona: Persona | None
    position: str
    speeches: int
    speaking: bool


@dataclass(frozen=True)
class Pending:
    """What is being said now, under the id that the message will have."""

    id: str
    seat: Seat
    steps: Sequence[StepTaken] = ()


@dataclass
class DiscussionPage:
    """Parts are read when they are shown."""

    user: Any
    discussion: Discussion
    streams: str

    @cached_property
    def messages(self) -> list[DiscussionMessage]:
        rows = discussion_messages(self.user, self.discussion).select_related("asked")
        return list(rows.order_by("-number")[:MOST_MESSAGES])[::-1]

    @property
    def said(self) -> list[Said]:
        vault = self.discussion.vault.path if self.discussion.vault else ""
        seated = {seat.persona.pk: seat.persona for seat in self.seats if seat.persona}
        return [
            Said(
                each,
                message_html(each, vault) if each.kind == MessageKind.SPEECH else None,
                each.user_id == self.user.pk,
                seated.get(each.persona_id),
                self.steps.get(each.turn, ()) if each.kind == MessageKind.SPEECH else (),
            )
            for each in self.messages
        ]

    @property
    def left_out(self) -> int:
        """How many earlier messages are not shown."""
        return self.messages[0].number - 1 if self.messages else 0

    @cached_property
    def seats(self) -> list[Seat]:
        spoken = [each for each in self.messages if each.kind == MessageKind.SPEECH]
        found = []
        for seat in self.discussion.seats.all():
            own = [each for each in spoken if seat.persona_id and each.persona_id == seat.persona_id]
            position = next((each.position for each in reversed(own) if each.position), "")
            has_the_word = bool(seat.persona_id) and seat.persona_id == self.discussion.speaker_id
            speaking = has_the_word and self.discussion.status in LIVE
            found.append(Seat(seat.name, seat.persona, position, len(own), speaking))
        return found

    @property
    def pending(self) -> Pending | None:
        if self.discussion.status not in LIVE:
            return None
        turn = self.discussion.turn
        seat = next((seat for seat in self.seats if seat.speaking), None)
        message = str(message_id(self.discussion.pk, turn))
        return Pending(message, seat, self.steps.get(turn, ())) if seat else None

    @cached_property
    def steps(self) -> dict[int, list[StepTaken]]:
        return steps_by_turn(self.discussion)

    @cached_property
    def minutes(self) -> Minutes | None:
        return minutes_of(self.discussion)

    @property
    def minutes_html(self) -> SafeString | None:
        return minutes_html(self.minutes) if self.minutes else None

    @property
    def obsidian(self) -> str:
        vault, minutes = self.discussion.vault, self.minutes
        return (
            obsidian_address(vault.path, minutes.note_path) if vault and minutes and minutes.note_path else ""
        )

    @property
    def single(self) -> bool:
        return self.discussion.kind == DiscussionKind.ASK

    @property
    def answer_needed(self) -> bool:
        """Whether the moderator asked the commander something."""
        waits = self.discussion.status == DiscussionStatus.WAITING_FOR_HUMAN
        return waits and not self.discussion.resumes_to

    @cached_property
    def decision_needed(self) -> ApprovalRequest | None:
        """What must be decided before the next call can be made: only such a stop knows where it goes on."""
        waits = self.discussion.status == DiscussionStatus.WAITING_FOR_HUMAN
        return pending_for(self.discussion.pk).first() if waits and self.discussion.resumes_to else None

    @property
    def why(self) -> str:
        """Why it stopped: the moderator's own words, else ours."""
        stop = self.discussion.stop
        return self.discussion.reason or (str(Stop(stop).label) if stop else "")

    @cached_property
    def may_steer(self) -> bool:
        return may(self.user, "operate", self.discussion)

    @property
    def may_speak(self) -> bool:
        open_to_words = not self.single and self.discussion.status not in CLOSED
        return open_to_words and (self.may_steer or may(self.user, "comment", self.discussion))

    @property
    def may_pause(self) -> bool:
        return self.may_steer and DISCUSSION.allows(self.discussion.status, DiscussionStatus.PAUSED)

    @property
    def may_resume(self) -> bool:
        return self.may_steer and self.discussion.status in RESUMABLE

    @property
    def may_delete(self) -> bool:
        return self.discussion.status in DELETABLE and may(self.user, "delete", self.discussion)

    @property
    def new_message_id(self) -> str:
        """The id of what is said next, so that a form that is sent twice says it once."""
        return str(uuid4())


def discussion_page(user: Any, pk: Any) -> DiscussionPage:
    """Raises NotFound."""
    streams = followed(user, "inbox", f"discussion:{pk}")
    return DiscussionPage(user, fetch(discussions(user), user, pk=pk), streams)
