"""One turn of a discussion: moderate, give the word, look things up, speak, keep what was said; or write the minutes and end.

Every turn is one passage from START to END of the discussion's thread; between turns nothing runs, so that whatever the
commander says or wants meanwhile counts from the next one on.
"""

import logging
from functools import partial
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from ai_integration import gateway
from ai_integration.jobs import MinutesDraft, Moderation, Shape, Speech, WorkResult
from ai_integration.selectors import call_outcome, model_label
from ai_integration.services import Purpose
from foundation.activity import live
from foundation.core.errors import DomainError
from personas.models import Persona
from personas.prompts import Speaker, render
from workflows.floor import Floor, Word
from workflows.graphs.briefs import speaker
from workflows.graphs.minutes import minutes_of
from workflows.graphs.results import checked
from workflows.graphs.state import DiscussionState, Held
from workflows.graphs.steps import with_results
from workflows.graphs.talk_briefs import minutes_brief, moderate_brief, speak_brief
from workflows.graphs.turns import act, bench_of, floor_of, think, word_of
from workflows.models import Discussion
from workflows.services import talking
from workflows.states import DiscussionKind, DiscussionStatus, MessageKind, Stop
from workflows.talk_words import FAILED_SPEECH, MODERATOR, why

logger = logging.getLogger(__name__)

FAILURES = (gateway.AnswerInvalid, gateway.ProviderFailed)


def moderate(state: DiscussionState) -> DiscussionState:
    """Have the moderator choose, where there is something to choose. Without an answer the seats' order decides."""
    discussion, floor = floor_of(state)
    if _settled(discussion, floor) is not None:
        return {"call": ""}
    brief = moderate_brief(discussion, floor)
    try:
        return {"call": _ask(state, discussion, discussion.moderator, brief, Moderation).call_id}
    except FAILURES as error:
        logger.warning("The moderator of %s does not answer: %s", discussion.pk, error)
        return {"call": ""}


def give_word(
    state: DiscussionState, runtime: Runtime[Held]
) -> Command[Literal["think", "minutes", "__end__"]]:
    """Act on the choice, judged by what the database says now: the commander may have spoken since."""
    lease = runtime.context.lease
    discussion, floor = floor_of(state)
    choice = _settled(discussion, floor) or _chosen(state, floor)
    if isinstance(choice, Word):
        reply_to = str(choice.reply_to.pk) if choice.reply_to else ""
        talking.word_give(lease, choice.seat, turn=state["turn"], round=floor.round)
        update = {"seat": str(choice.seat.pk), "reply_to": reply_to, "round": floor.round, "step": 0}
        return Command(goto="think", update=update)
    if choice.stop == Stop.NEEDS_COMMANDER:
        _ask_commander(state, discussion, lease, choice)
        return Command(goto=END)
    talking.talk_stop(lease, choice.stop, choice.reason or why(choice.stop, discussion.language))
    return Command(goto=END if choice.stop == Stop.ANSWERED else "minutes")


class Halt:
    """The end of talking."""

    def __init__(self, stop: str, reason: str = "", question: str = "") -> None:
        self.stop, self.reason, self.question = stop, reason, question


def _settled(discussion: Discussion, floor: Floor) -> Word | Halt | None:
    """What is to be done whatever a moderator would say; None when it is the moderator's to say."""
    if discussion.status == DiscussionStatus.CONCLUDING:
        return Halt(discussion.stop, discussion.reason)
    if not floor.seats:
        return Halt(Stop.NOBODY_LEFT)
    if discussion.kind == DiscussionKind.ASK:
        return Halt(Stop.ANSWERED) if floor.spoken else Word(floor.seats[0])
    return floor.clarification() or (
        Halt(Stop.ROUNDS_USED) if floor.used_up and not floor.unheard() else None
    )


def _chosen(state: DiscussionState, floor: Floor) -> Word | Halt:
    """What the moderator chose, as far as it can be done. The commander's words are never left unheard."""
    given = Moderation.model_validate(call_outcome(state["call"]).answer) if state["call"] else Moderation()
    unheard = floor.unheard()
    if given.stop and given.stop != Stop.ROUNDS_USED and not unheard:
        return Halt(given.stop, given.reason, given.question)
    named = next((seat for seat in floor.seats if given.next and seat.name == given.next), None)
    return Word(named or floor.first_in_line())


def _ask_commander(state: DiscussionState, discussion: Discussion, lease: Any, choice: Halt) -> None:
    talking.commander_ask(
        lease,
        turn=state["turn"],
        author=_moderator(discussion).name,
        persona=discussion.moderator,
        question=choice.question or choice.reason or why(choice.stop, discussion.language),
        reason=choice.reason,
    )


def speak(state: DiscussionState) -> Command[Literal["post", "__end__"]]:
    """Give the word to the persona's model; what it says is told while it is written."""
    discussion, floor = floor_of(state)
    word = word_of(state, floor)
    if word is None:
        return Command(goto=END)  # it left meanwhile; the next turn is somebody else's
    brief, shown = speak_brief(discussion, floor, word)
    if state.get("step"):
        brief, shown = with_results(bench_of(state, discussion, word), brief, shown)
    context = {"shown": shown, "heard": floor.last_number}
    tell = partial(live.delta, discussion.stream, str(talking.message_id(discussion.pk, state["turn"])))

    def on_delta(delta: gateway.Delta) -> None:
        tell(delta.offset, delta.text)

    try:
        # Who asks a single question waits for the whole answer.
        watched = None if discussion.kind == DiscussionKind.ASK else on_delta
        outcome = _ask(state, discussion, word.seat.persona, brief, Speech, context=context, on_delta=watched)
    except FAILURES as error:
        if floor.all_others_failed(word.seat):
            raise
        return Command(goto="post", update={"call": "", "failure": _why(error), "heard": floor.last_number})
    return Command(goto="post", update={"call": outcome.call_id, "failure": ""})


def _why(error: DomainError) -> str:
    return str(error.details.get("reason") or error)


def post(state: DiscussionState, runtime: Runtime[Held]) -> DiscussionState:
    discussion, floor = floor_of(state)
    seat = discussion.seats.select_related("persona").get(pk=state["seat"])
    fields = _spoken(state, discussion) if state["call"] else _unspoken(state, discussion, seat.name)
    replied = next((each for each in floor.messages if str(each.pk) == state["reply_to"]), None)
    talking.speech_post(
        runtime.context.lease,
        turn=state["turn"],
        author=seat.name,
        persona=seat.persona,
        round=state["round"],
        reply_to=replied,
        **fields,
    )
    return {}


def _spoken(state: DiscussionState, discussion: Discussion) -> dict[str, Any]:
    call = call_outcome(state["call"])
    speech = Speech.model_validate(call.answer)
    said = WorkResult(body=speech.text, citations=speech.citations)
    result = checked(said, call.context["shown"], discussion.language)
    return {
        "kind": MessageKind.SPEECH,
        "text": "\n\n".join([result["body"], *result["gaps"]]),
        "citations": result["citations"],
        "passages": result["passages"],
        "position": speech.position,
        "done": speech.wants_to_stop,
        "model": call.context["model"],
        "heard": call.context["heard"],
    }


def _unspoken(state: DiscussionState, discussion: Discussion, name: str) -> dict[str, Any]:
    text = FAILED_SPEECH[discussion.language].format(name=name, reason=state["failure"])
    return {"kind": MessageKind.SYSTEM, "text": text, "heard": state["heard"]}


def minutes(state: DiscussionState) -> DiscussionState:
    discussion, floor = floor_of(state)
    brief = minutes_brief(discussion, floor)
    return {"call": _ask(state, discussion, discussion.moderator, brief, MinutesDraft).call_id}


def conclude(state: DiscussionState, runtime: Runtime[Held]) -> DiscussionState:
    discussion, floor = floor_of(state)
    call = call_outcome(state["call"])
    draft = MinutesDraft.model_validate(call.answer)
    talking.minutes_store(
        runtime.context.lease, minutes_of(discussion, floor, draft, model=call.context["model"])
    )
    return {}


def build() -> StateGraph:
    graph = StateGraph(DiscussionState, context_schema=Held)
    for node in (moderate, give_word, think, act, speak, post, minutes, conclude):
        graph.add_node(node)
    graph.add_edge(START, "moderate")
    graph.add_edge("moderate", "give_word")
    graph.add_edge("act", "think")
    graph.add_edge("post", END)
    graph.add_edge("minutes", "conclude")
    graph.add_edge("conclude", END)
    return graph


def _moderator(discussion: Discussion) -> Speaker:
    if discussion.moderator is None:
        return Speaker(MODERATOR[discussion.language], "moderator")
    return speaker(discussion.moderator)


def _ask(
    state: DiscussionState,
    discussion: Discussion,
    persona: Persona | None,
    brief: Any,
    shape: type[Shape],
    *,
    context: dict[str, Any] | None = None,
    on_delta: Any = None,
) -> gateway.Outcome:
    who = speaker(persona) if brief.job == "speak" else _moderator(discussion)
    model = persona.model if persona else ""
    purpose = Purpose(
        key=f"discussion:{discussion.pk}:{state['turn']}:{brief.job}",
        job=brief.job,
        owner_id=discussion.owner_id,
        subject_id=discussion.pk,
        persona_name=who.name,
        persona_id=persona.pk if persona else None,
        project_id=discussion.project_id,
        stream=discussion.stream,
        context={"model": model_label(model, discussion.language)} | (context or {}),
    )
    given = {"model": model, "messages": render(who, brief), "shape": shape}
    if on_delta is None:
        return gateway.complete(purpose, **given)
    return gateway.stream(purpose, on_delta=on_delta, **given)
