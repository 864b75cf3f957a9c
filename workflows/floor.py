"""Who has spoken, who waits for the word, and what the commander still waits for: judged from what was said. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from workflows.models import DiscussionMessage, Participant
from workflows.states import MessageKind

TAKEN = (MessageKind.SPEECH, MessageKind.SYSTEM)  # a turn that came to nothing was a turn, too
FROM_COMMANDER = (MessageKind.INTERJECTION, MessageKind.REDIRECT, MessageKind.CLARIFICATION)


@dataclass(frozen=True)
class Word:
    """The right to speak now, perhaps in order to answer one clarification."""

    seat: Participant
    reply_to: DiscussionMessage | None = None


class Floor:
    """How one discussion stands. `seats` are those whose persona is active, in their order.

    Rounds are counted from the last redirect on: a new topic is a new discussion of as many rounds. Answers to a
    clarification count for no round, as nobody but the commander can ask for them without end.
    """

    def __init__(
        self, messages: Sequence[DiscussionMessage], seats: Sequence[Participant], max_rounds: int
    ) -> None:
        self.messages = list(messages)
        self.seats = list(seats)
        self.max_rounds = max_rounds
        since = max((each.number for each in self.messages if each.kind == MessageKind.REDIRECT), default=0)
        self._turns = [
            each
            for each in self.messages
            if each.kind in TAKEN
            and each.turn is not None
            and each.reply_to_id is None
            and each.heard >= since
        ]
        self._times: Counter[UUID | None] = Counter(each.persona_id for each in self._turns)

    @property
    def round(self) -> int:
        """The round that goes on now, from 1."""
        least = min((self._times[seat.persona_id] for seat in self.seats), default=0)
        return min(self.max_rounds, least + 1)

    @property
    def used_up(self) -> bool:
        """Whether everybody has had as many turns as there are rounds, or all together that many."""
        everybody = all(self._times[seat.persona_id] >= self.max_rounds for seat in self.seats)
        return everybody or len(self._turns) >= self.max_rounds * len(self.seats)

    def waiting(self) -> list[Participant]:
        """Who has not spoken in this round."""
        return [seat for seat in self.seats if self._times[seat.persona_id] < self.round]

    def first_in_line(self) -> Participant:
        """Whose turn it is by the order of the seats."""
        return min(self.seats, key=lambda seat: (self._times[seat.persona_id], seat.seat))

    def unheard(self) -> list[DiscussionMessage]:
        """What the commander said that no speaker has known of yet."""
        heard = max((each.heard for each in self.messages if each.kind == MessageKind.SPEECH), default=0)
        return [
            each
            for each in self.messages
            if each.kind in FROM_COMMANDER and each.user_id and each.number > heard
        ]

    def clarification(self) -> Word | None:
        """The oldest clarification that waits for somebody who can still answer it."""
        seats = {seat.persona_id: seat for seat in self.seats}
        for each in self.unanswered():
            if each.asked_id in seats:
                return Word(seats[each.asked_id], each)
        return None

    def unanswered(self) -> list[DiscussionMessage]:
        """Clarifications of the commander without a reply."""
        answered = {each.reply_to_id for each in self.messages}
        return [
            each
            for each in self.messages
            if each.kind == MessageKind.CLARIFICATION and each.user_id and each.pk not in answered
        ]

    def all_others_failed(self, seat: Participant) -> bool:
        """Whether everybody else's last try to speak came to nothing."""
        last = {each.persona_id: each.kind for each in self._turns}
        others = (each.persona_id for each in self.seats if each.persona_id != seat.persona_id)
        return all(last.get(other) == MessageKind.SYSTEM for other in others)

    @property
    def spoken(self) -> bool:
        return bool(self._turns)

    @property
    def last_number(self) -> int:
        return self.messages[-1].number if self.messages else 0
