"""A call to a model: memo, budgets, stand-ins, an answer that fits its shape."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database

from ai_integration import providers
from ai_integration.catalogue import least_tokens
from ai_integration.errors import AnswerInvalid, ApprovalRequired, ProviderFailed
from ai_integration.gateway import asking, limits, loop, writing
from ai_integration.gateway.answers import Unfit, parse, repair_message
from ai_integration.gateway.paying import Purse, Taken
from ai_integration.gateway.plain import Plain, Said, as_said
from ai_integration.gateway.streaming import Delta, Growing
from ai_integration.gateway.structure import Structure
from ai_integration.gateway.tooling import Tooled
from ai_integration.jobs import Shape
from ai_integration.models import CallRecord
from ai_integration.providers import Connection
from ai_integration.selectors import Route, Setup, connection_for, routes, setup
from ai_integration.services import Answered, Purpose, call_begin, call_fail, call_finish, call_park
from ai_integration.states import PASSED_ON, CallStatus, Ending
from foundation.core.errors import DomainError

STREAMED = "text"

type Hear = Callable[[Delta], None]
type Asking = Structure | Tooled | writing.Written | Plain


@dataclass(frozen=True)
class Outcome[T: Shape]:
    """`answer` is what the record `call` holds, in its shape."""

    call: CallRecord
    answer: T
    replayed: bool

    @property
    def call_id(self) -> str:
        return str(self.call.pk)


@dataclass
class _Call[T: Shape]:
    """What is asked, and what came of it so far."""

    purpose: Purpose
    messages: list[dict[str, str]]
    shape: type[T]
    check: Callable[[T], None] | None
    hear: Hear | None
    tools: list[dict[str, Any]] | None
    now: Setup
    record: CallRecord
    purse: Purse
    tried: list[dict[str, str]] = field(default_factory=list)


def complete[T: Shape](
    purpose: Purpose,
    *,
    model: str,
    messages: list[dict[str, str]],
    shape: type[T],
    check: Callable[[T], None] | None = None,
    tools: list[dict[str, Any]] | None = None,
) -> Outcome[T]:
    """Ask `model` (`provider:model`; empty leaves the choice to the kind of task) and return its answer as `shape`.

    A finished call with the same `purpose.key` is returned from the record and costs nothing. `check` may refuse an
    answer with ValueError; like a wrong shape, that is sent back once. Where the model is rate-limited, away or too small, the
    next of its stand-ins is asked. With `tools` (OpenAI's form) the model may ask for calls, and `shape` is `Step`. Where `shape`
    is `Said` the answer is whatever text the model writes; the built-in secretary, who only knows our briefs, is not asked.
    Raises AnswerInvalid, ProviderFailed, Invalid, BudgetExceeded (before anything is spent), CallCancelled. Holds no database
    connection while the model works, so it must not be called inside a transaction.
    """
    return _call(purpose, model, messages, shape, check, None, tools)


def stream[T: Shape](
    purpose: Purpose,
    *,
    model: str,
    messages: list[dict[str, str]],
    shape: type[T],
    on_delta: Hear,
    check: Callable[[T], None] | None = None,
) -> Outcome[T]:
    """As `complete`, and `on_delta` is told the field `text` of the answer while it is written, on the calling thread.

    Deltas are what a reader sees early, never what is kept: a second try begins again at offset 0, and an answer from
    the record tells none.
    """
    return _call(purpose, model, messages, shape, check, on_delta)


def _call[T: Shape](
    purpose: Purpose,
    model: str,
    messages: list[dict[str, str]],
    shape: type[T],
    check: Callable[[T], None] | None,
    hear: Hear | None,
    tools: list[dict[str, Any]] | None = None,
) -> Outcome[T]:
    if database.in_atomic_block:
        raise RuntimeError("A model was called inside a database transaction.")
    now = setup()
    chain = _able(routes(model, purpose.job, now), shape)
    record = call_begin(purpose, provider=chain[0].reference.provider, model=chain[0].reference.model)
    if record.status == CallStatus.FINISHED:
        return Outcome(record, shape.model_validate(record.answer), replayed=True)
    call = _Call(purpose, messages, shape, check, hear, tools, now, record, Purse(record, now))
    try:
        answer, by = _answered(call, chain)
        record = _recorded(call, answer, by)
    finally:
        call.purse.settle()
    return Outcome(record, shape.model_validate(record.answer), replayed=False)


def _able(chain: list[Route], shape: type[Shape]) -> list[Route]:
    """Without the built-in secretary among those who stand in, where it could not understand what is asked."""
    understood = [each for each in chain if shape is not Said or each.reference.provider != "builtin"]
    return understood or chain[:1]


def _recorded(call: "_Call[Any]", answer: Shape, by: Route) -> CallRecord:
    """The record with the answer, and what it cost taken from every budget, in one transaction."""
    with call.purse.closing():
        return call_finish(
            call.record,
            answer=answer.model_dump(mode="json"),
            usage=call.purse.usage(),
            by=Answered(by.reference.provider, by.reference.model, call.tried),
            stream=call.purpose.stream,
        )


def _answered[T: Shape](call: _Call[T], chain: list[Route]) -> tuple[T, Route]:
    try:
        return _first_that_answers(call, chain)
    except ApprovalRequired as error:
        with call.purse.closing():
            call_park(call.record, reason=str(error))
        raise
    except DomainError as error:
        reason = error.details.get("reason")
        told = f"{error} ({reason})" if reason else str(error)
        ending = getattr(error, "ending", Ending.NOT_CONNECTED)
        with call.purse.closing():
            call_fail(call.record, error=told, ending=ending, usage=call.purse.usage(), tried=call.tried)
        raise


def _first_that_answers[T: Shape](call: _Call[T], chain: list[Route]) -> tuple[T, Route]:
    for route in chain[:-1]:
        try:
            return _conversed(call, route, last=False), route
        except ProviderFailed as error:
            if error.ending not in PASSED_ON:
                raise
            call.tried.append({"model": route.text, "why": str(error.ending)})
        except DomainError as error:
            if error.code != providers.KEY_MISSING:
                raise
            call.tried.append({"model": route.text, "why": str(Ending.NOT_CONNECTED)})
    return _conversed(call, chain[-1], last=True), chain[-1]


def _conversed[T: Shape](call: _Call[T], route: Route, *, last: bool) -> T:
    """The answer of one model, which may mend it once."""
    if not last and route.profile.context and least_tokens(call.messages) > route.profile.context:
        raise ProviderFailed(ending=Ending.TOO_LONG, details={"reason": "longer than the model's context"})
    way = connection_for(call.record.owner_id, route.reference, call.now)
    chat = providers.build(route.reference, way)
    asked = _way_of_asking(call, route, way, chat)
    conversation = list(call.messages)
    for over in (False, True):
        text = _paid(call, route, way, asked, conversation, last=last)
        try:
            return _read(text, call)
        except Unfit as error:
            if over:
                raise AnswerInvalid(details={"reason": str(error)[:300]}) from error
            conversation += repair_message(text, error)
    raise AssertionError("unreachable")


def _read[T: Shape](text: str, call: _Call[T]) -> T:
    if call.shape is Said:
        return as_said(text)  # type: ignore[return-value] # T is Said
    return parse(text, call.shape, call.check)


def _way_of_asking(call: _Call, route: Route, way: Connection, chat: Any) -> Asking:
    """With tools as its server knows them, with tools in writing, or for an answer of a shape; capped by what may be spent."""
    provider, most = route.reference.provider, call.purse.most_out(route)
    in_writing = bool(call.tools) and writing.wanted(route.profile)
    with_tools = chat.bind_tools(call.tools) if call.tools and not in_writing else None
    if most:
        chat = providers.capped(chat, provider, most)
        with_tools = with_tools and providers.capped(with_tools, provider, most)
    if call.tools and in_writing:
        return writing.Written(chat, provider, call.tools)
    if call.shape is Said:
        return Plain(chat, provider)
    return Tooled(chat, with_tools) if with_tools else Structure(chat, call.shape, route.reference, way)


def _paid(
    call: _Call,
    route: Route,
    way: Connection,
    asked: Asking,
    conversation: list[dict[str, str]],
    *,
    last: bool,
) -> str:
    """What the model says, with money set aside before and accounted for after."""

    with call.purse.open(route, conversation) as tries:

        def work(tell: Hear) -> Coroutine[Any, Any, asking.Reply]:
            growing = Growing(STREAMED, tell) if call.hear else None
            return _in_turn(route, way, asked, conversation, growing, tries, last=last)

        loop.let_connection_go()
        return loop.run_telling(work, call.hear or _deaf, wanted=call.purpose.wanted).text


async def _in_turn(
    route: Route,
    way: Connection,
    asked: Asking,
    conversation: list[dict[str, str]],
    growing: Growing | None,
    tries: list[Taken],
    *,
    last: bool,
) -> asking.Reply:
    async with limits.place(route.reference, way):
        return await asking.reply(asked, conversation, growing, tries, last=last)


def _deaf(_delta: Delta) -> None:
    """Nobody listens."""
