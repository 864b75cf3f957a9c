"""The step memo: intent before a call, outcome after it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from ai_integration.builtin import LABELS
from ai_integration.models import CallRecord
from ai_integration.states import CALL, CallStatus, Ending
from foundation.activity.services import record
from foundation.core.actors import SYSTEM
from foundation.core.errors import Conflict
from foundation.core.rows import insert


@dataclass(frozen=True)
class Purpose:
    """For what a call is made. `key` is unique per step: run, node, task, revision, call.

    `subject_id` is the work (a workflow, a discussion), whose budget counts; `stream` is where its watchers listen.
    `context` is small JSON kept with the call, for reading the answer later. `wanted` is asked every few seconds while the
    model works: once it says no, the call is cancelled.
    """

    key: str
    job: str
    owner_id: UUID | None
    subject_id: UUID | None = None
    persona_name: str = ""
    persona_id: UUID | None = None
    project_id: UUID | None = None
    stream: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    wanted: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Usage:
    """`cost` is in US dollars, None where the price is unknown; `first_token_ms` counts from the beginning of the call."""

    tokens_in: int = 0
    tokens_out: int = 0
    latency_ms: int = 0
    cost: Decimal | None = None
    first_token_ms: int | None = None


@dataclass(frozen=True)
class Answered:
    """Who answered in the end, and who did not before: `tried` are `{model, why}`."""

    provider: str
    model: str
    tried: list[dict[str, str]] = field(default_factory=list)

    @property
    def ending(self) -> str:
        return Ending.STOOD_IN if self.tried else Ending.ANSWERED


def call_begin(purpose: Purpose, *, provider: str, model: str) -> CallRecord:
    """The record of this step. It is `finished` when the step was already paid for; else the call may be made (again)."""
    fields = {
        "job": purpose.job,
        "owner_id": purpose.owner_id,
        "subject_id": purpose.subject_id,
        "persona_name": purpose.persona_name,
        "persona_id": purpose.persona_id,
        "project_id": purpose.project_id,
        "context": purpose.context,
        "provider": provider,
        "model": model,
    }
    try:
        # Nearly always it is the first time, and then asking first would be asking twice.
        with transaction.atomic():
            return insert(CallRecord(key=purpose.key, **fields))
    except IntegrityError:
        return _begin_again(purpose, provider=provider, model=model)


@transaction.atomic
def _begin_again(purpose: Purpose, *, provider: str, model: str) -> CallRecord:
    call = CallRecord.objects.select_for_update().get(key=purpose.key)
    if call.status == CallStatus.FINISHED:
        return call
    again = {
        "attempts": F("attempts") + 1,
        "provider": provider,
        "model": model,
        "context": purpose.context,
        "error": "",
        "ending": "",
    }
    if call.status in (CallStatus.FAILED, CallStatus.AWAITING_APPROVAL):
        CALL.move(call, CallStatus.STARTED, **again)
    else:
        CallRecord.objects.filter(pk=call.pk).update(**again)
    call.refresh_from_db(fields=["status", *again])
    return call


@transaction.atomic(savepoint=False)
def call_finish(
    call: CallRecord, *, answer: dict[str, Any], usage: Usage, by: Answered, stream: str = ""
) -> CallRecord:
    """Store the outcome. When two workers made the call, the first outcome stands and is returned."""
    who = {"provider": by.provider, "model": by.model, "tried": by.tried, "ending": by.ending}
    who |= {"context": _named_after(call.context, by)}
    try:
        CALL.move(
            call, CallStatus.FINISHED, answer=answer, finished_at=timezone.now(), **who, **usage.__dict__
        )
    except Conflict:
        call.refresh_from_db()
        return call
    if by.tried:
        told = {"model": f"{by.provider}:{by.model}", "instead_of": by.tried, "job": call.job}
        record(SYSTEM, "call.fell_back", call, streams=[stream] if stream else [], data=told)
    return call


def _named_after(context: dict[str, Any], by: Answered) -> dict[str, Any]:
    """The caller's context with the name of whoever answered in the end, where it holds one."""
    if "model" not in context or (by.provider == "builtin" and context["model"] in LABELS.values()):
        return context
    language = context.get("language", "ja")
    label = LABELS[language] if by.provider == "builtin" else f"{by.provider} {by.model}"
    return context | {"model": label}


@transaction.atomic(savepoint=False)
def call_fail(
    call: CallRecord,
    *,
    error: str,
    ending: str = "",
    usage: Usage | None = None,
    tried: Iterable[dict[str, str]] = (),
) -> None:
    """Store why there is no outcome; `usage` is what was spent all the same, if a model answered at all."""
    updates = {"status": CallStatus.FAILED, "error": error[:500], "finished_at": timezone.now()}
    updates |= {"ending": ending, "tried": list(tried)} | (usage.__dict__ if usage else {})
    CallRecord.objects.filter(pk=call.pk, status=CallStatus.STARTED).update(**updates)


@transaction.atomic(savepoint=False)
def call_park(call: CallRecord, *, reason: str, ending: str = Ending.BUDGET) -> None:
    """Note that the call was not made, because a human must decide first."""
    waits = {"status": CallStatus.AWAITING_APPROVAL, "error": reason[:500], "ending": ending}
    CallRecord.objects.filter(pk=call.pk, status=CallStatus.STARTED).update(**waits)


@transaction.atomic
def call_refuse(purpose: Purpose, *, model: str, arguments: dict[str, Any], reason: str) -> None:
    """Put on record that a call was asked for and will not be made, so that a replay hears the same."""
    call = call_begin(purpose, provider="mcp", model=model[:120])
    told = purpose.context | {"arguments": arguments, "final": True}
    if call.status != CallStatus.FINISHED:
        CallRecord.objects.filter(pk=call.pk).update(
            status=CallStatus.FAILED, error=reason[:500], context=told, finished_at=timezone.now()
        )


@transaction.atomic
def call_settle(key: str, *, answer: dict[str, Any]) -> None:
    """Store what a person says came of a call whose end nobody saw."""
    CallRecord.objects.filter(key=key, status=CallStatus.STARTED).update(
        status=CallStatus.FINISHED, answer=answer, finished_at=timezone.now()
    )


@transaction.atomic
def call_release(key: str) -> None:
    """Note that a call whose end nobody saw had no effect, so that it may be made after all."""
    CallRecord.objects.filter(key=key, status=CallStatus.STARTED).update(
        status=CallStatus.FAILED, error="a person says that it had no effect", finished_at=timezone.now()
    )
