"""The turn that is being taken, and a speaker's work with tools before it says something."""

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from workflows.floor import Floor, Word
from workflows.graphs.bench import Bench, in_turn
from workflows.graphs.state import DiscussionState, Held
from workflows.graphs.steps import ask_step, make_calls, may_step
from workflows.graphs.talk_briefs import speak_brief
from workflows.models import Discussion
from workflows.selectors import active_seats, said_in
from workflows.states import DiscussionStatus


def floor_of(state: DiscussionState) -> tuple[Discussion, Floor]:
    """The discussion as the database has it now."""
    rows = Discussion.objects.select_related("owner", "vault", "moderator")
    discussion = rows.get(pk=state["discussion"])
    return discussion, Floor(said_in(discussion), active_seats(discussion), discussion.max_rounds)


def word_of(state: DiscussionState, floor: Floor) -> Word | None:
    """Who has the word; None when they left meanwhile."""
    seat = next((each for each in floor.seats if str(each.pk) == state["seat"]), None)
    reply_to = next((each for each in floor.messages if str(each.pk) == state["reply_to"]), None)
    return Word(seat, reply_to) if seat else None


def bench_of(state: DiscussionState, discussion: Discussion, word: Word) -> Bench:
    return in_turn(discussion, word.seat.persona, state["turn"])


def think(state: DiscussionState, runtime: Runtime[Held]) -> Command[Literal["act", "speak"]]:
    """Ask the speaker's model which tools it needs next. Without tools, or when the bounds are reached, it speaks."""
    discussion, floor = floor_of(state)
    word, step = word_of(state, floor), state.get("step", 0)
    if word is None or _hurries(discussion) or not may_step(bench := bench_of(state, discussion, word), step):
        return Command(goto="speak")
    brief, _shown = speak_brief(discussion, floor, word)
    outcome = ask_step(runtime.context.lease, bench, brief, step)
    return Command(goto="act" if outcome.answer.calls else "speak", update={"asked": outcome.call_id})


def act(state: DiscussionState, runtime: Runtime[Held]) -> DiscussionState:
    """Make the calls that the last step asked for. Raises ApprovalRequired, StoppedByHand."""
    discussion, floor = floor_of(state)
    word, step = word_of(state, floor), state.get("step", 0)
    if word and not _hurries(discussion):
        make_calls(runtime.context.lease, bench_of(state, discussion, word), state["asked"], step)
    return {"step": step + 1}


def _hurries(discussion: Discussion) -> bool:
    """Whether the end was called for: whoever speaks is heard out, but looks nothing up any more."""
    return discussion.status == DiscussionStatus.CONCLUDING
