"""A call to a tool: what may be called, the memo, the call itself, and what is not known afterwards.

A tool may do something that cannot be undone. So its intent is written before it is called, and a call whose end nobody saw
is never made again without a human, unless a person said of the tool that it may be repeated.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import connection as database
from django.utils.translation import gettext_lazy as _

from ai_integration.errors import ApprovalRequired, BudgetExceeded
from ai_integration.gateway import loop
from ai_integration.gateway.charging import Charge
from ai_integration.gateway.connecting import callable_target
from ai_integration.gateway.threads import kept_for_later, with_earlier
from ai_integration.mcp import manager
from ai_integration.mcp.faults import Fault
from ai_integration.mcp.results import Result
from ai_integration.mcp.sessions import Changed, Interrupted
from ai_integration.models import CallRecord, McpServer, McpTool
from ai_integration.selectors import policy_for, tool_call, tool_of
from ai_integration.services import (
    Purpose,
    Usage,
    call_begin,
    call_fail,
    call_finish,
    tool_tried,
    tools_store,
)
from ai_integration.services.calls import Answered, call_park
from ai_integration.states import TOOL, CallStatus, ToolPolicy
from foundation.core.actors import SYSTEM, Actor
from foundation.core.canonical import sha256_of
from foundation.core.errors import DomainError, NotFound, Unavailable

JOB, PROVIDER = TOOL, "mcp"
FRESH_SECONDS = 30.0  # how old the knowledge may be that a tool is still what was approved
type Tell = Callable[[tuple[float, float | None, str]], None]


class ToolUnavailable(DomainError):
    """The tool was not called. The message says why, for people and for the model that asked."""

    code, status = "tool_unavailable", 409
    message = _("The tool cannot be called.")


class ToolApprovalRequired(ApprovalRequired):
    kind = "tool_call"


class EffectUnknown(ApprovalRequired):
    """The tool was called, and nobody knows what came of it."""

    code, status = "effect_unknown", 409
    message = _("A tool was called, and it is not known what came of it.")
    kind = "unknown_effect"


@dataclass(frozen=True)
class Permit:
    """A person's word on one call: go ahead, with exactly these arguments."""

    arguments: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a persona's model asked for: `server/tool` with arguments. `permit` is the human's word on it, if there is one.

    `thread` names the task or discussion within which a server's conversation goes on from call to call.
    """

    server: str
    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    persona_id: Any = None
    permit: Permit | None = None
    thread: str = ""


def call_tool(
    purpose: Purpose, asked: Asked, *, tell: Tell | None = None, called: Callable[[], None] | None = None
) -> CallRecord:
    """Call the tool, or return the record of the call that was made before under `purpose.key`.

    The record's `answer` is `{text, structured, is_error, left_out}`. Raises ToolApprovalRequired (nothing was called),
    EffectUnknown (it was, by somebody who was lost), ToolUnavailable (nothing was called, and the reason is final for this
    step), BudgetExceeded (its server was not given the model that it asked for; made again, the call goes on from there).
    `called` is run right before the call is made. Holds no database connection while the tool works, so it must not be called
    inside a transaction.
    """
    if database.in_atomic_block:
        raise RuntimeError("A tool was called inside a database transaction.")
    before = tool_call(purpose.key)
    if before and before.status == CallStatus.FINISHED:
        return before
    if before and before.context.get("final"):
        raise ToolUnavailable(before.error)
    tool = _callable(purpose, asked)
    if before and before.status == CallStatus.STARTED and not tool.repeatable:
        raise EffectUnknown(details=_shown(before, asked))
    arguments = _arguments(purpose, asked, tool, before)
    policy = policy_for(tool, asked.persona_id)
    if policy == ToolPolicy.DENY:
        raise ToolUnavailable(_("Nobody may call this tool."))
    if policy == ToolPolicy.ASK and asked.permit is None:
        raise ToolApprovalRequired(details=_shown(_parked(purpose, asked, tool, before, arguments), asked))
    call = _begun(_told_why(purpose, asked, tool, policy), asked, tool, arguments)
    if called:
        called()
    try:
        return _made(call, tool, arguments, policy, tell, Charge(purpose, call))
    except BudgetExceeded as error:
        call_park(call, reason=str(error))
        raise


def try_tool(
    actor: Actor, server: McpServer, tool: McpTool, arguments: dict[str, Any], *, key: str
) -> CallRecord:
    """A person's own call: who names the tool and its arguments has decided.

    Raises ToolUnavailable, EffectUnknown, BudgetExceeded.
    """
    purpose = Purpose(key=key, job=JOB, owner_id=actor.pk)
    asked = Asked(server.name, tool.name, arguments, permit=Permit(arguments))
    if not (tool.approved and server.enabled):
        raise ToolUnavailable(_not_approved(tool) if server.enabled else _("The server is not in use."))
    call = _begun(purpose, asked, tool, arguments)
    try:
        made = _made(call, tool, arguments, ToolPolicy.ASK, None, Charge(purpose, call))
    except (EffectUnknown, BudgetExceeded) as error:
        call_fail(call, error=str(error), ending=getattr(error, "ending", ""))
        raise
    finally:
        call.refresh_from_db()
        tool_tried(actor, tool, call_id=call.pk, outcome=call.status)
    return made


def digest_of(server: str, tool: str, arguments: dict[str, Any], pinned: str) -> str:
    """What a decision on a tool call is bound to: the exact tool and the exact arguments."""
    return sha256_of({"server": server, "tool": tool, "arguments": arguments, "digest": pinned})


def _callable(purpose: Purpose, asked: Asked) -> McpTool:
    tool = tool_of(purpose.owner_id, asked.server, asked.tool)
    if tool is None:
        raise ToolUnavailable(_("There is no such tool."))
    if not tool.approved:
        raise ToolUnavailable(_not_approved(tool))
    return tool


def _arguments(purpose: Purpose, asked: Asked, tool: McpTool, before: CallRecord | None) -> dict[str, Any]:
    """What is sent: on a replay exactly what was sent before, after a decision exactly what was decided on."""
    told = before.context if before else {}
    permit = asked.permit.arguments if asked.permit else None
    sent = told.get("arguments")
    if sent is not None and (permit is None or (told.get("permitted") and permit == told.get("asked"))):
        return sent
    if sent is not None and permit is not None:
        return permit
    return with_earlier(
        asked.arguments if permit is None else permit,
        tool,
        subject_id=purpose.subject_id,
        persona_id=purpose.persona_id,
        thread=asked.thread,
    )


def _not_approved(tool: McpTool) -> Any:
    if not tool.listed:
        return _("The server no longer offers this tool.")
    return (
        _("The tool has changed since it was approved.")
        if tool.changed
        else _("Nobody has approved this tool yet.")
    )


def _shown(call: CallRecord, asked: Asked) -> dict[str, Any]:
    """What the request for a decision shows. Nothing in it was written by a model but the arguments, which are data."""
    told = call.context
    return {
        "call": str(call.pk),
        "key": call.key,
        "server": asked.server,
        "tool": asked.tool,
        "arguments": told.get("arguments", asked.arguments),
        "pinned": told.get("digest", ""),
        "attempt": call.attempts,
        "hints": told.get("hints", {}),
        "persona": str(asked.persona_id or ""),
        "content_hash": told.get("content_hash", ""),
    }


def _context(asked: Asked, tool: McpTool, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "server": asked.server,
        "tool": asked.tool,
        "arguments": arguments,
        "asked": asked.arguments,
        "thread": asked.thread,
        "hints": tool.hints,
        "digest": tool.approved_digest,
        "content_hash": digest_of(asked.server, asked.tool, arguments, tool.approved_digest),
        "permitted": asked.permit is not None,
    }


def _begun(purpose: Purpose, asked: Asked, tool: McpTool, arguments: dict[str, Any]) -> CallRecord:
    told = Purpose(
        **purpose.__dict__ | {"job": JOB, "context": purpose.context | _context(asked, tool, arguments)}
    )
    return call_begin(told, provider=PROVIDER, model=f"{asked.server}/{asked.tool}"[:120])


def _told_why(purpose: Purpose, asked: Asked, tool: McpTool, policy: str) -> Purpose:
    """With `by_rule` where nobody was asked about a call that is asked about otherwise."""
    by_rule = asked.permit is None and policy == ToolPolicy.ALLOW and tool.policy != ToolPolicy.ALLOW
    return replace(purpose, context=purpose.context | {"by_rule": by_rule})


def _parked(
    purpose: Purpose, asked: Asked, tool: McpTool, before: CallRecord | None, arguments: dict[str, Any]
) -> CallRecord:
    if before and before.status == CallStatus.AWAITING_APPROVAL:
        return before
    begun = _begun(purpose, asked, tool, arguments)
    call_park(begun, reason="", ending="")
    begun.refresh_from_db(fields=["status"])
    return begun


def _made(
    call: CallRecord,
    tool: McpTool,
    arguments: dict[str, Any],
    policy: str,
    tell: Tell | None,
    charge: Charge,
) -> CallRecord:
    if call.status == CallStatus.FINISHED:
        return call
    started = time.monotonic()
    try:
        result = _run(tool, arguments, policy, tell, charge)
    except (Fault, Unavailable, NotFound) as error:
        call_fail(call, error=str(error))
        raise ToolUnavailable(str(error)) from error
    except Changed as error:
        call_fail(call, error=str(_("The tool has changed since it was approved.")))
        tools_store(SYSTEM, tool.server_id, error.listing)
        raise ToolUnavailable(_("The tool has changed since it was approved.")) from error
    except Interrupted as error:
        if tool.repeatable:
            call_fail(call, error=str(error.fault))
            raise ToolUnavailable(str(error.fault)) from error
        raise EffectUnknown(
            details=_shown(call, Asked(tool.server.name, tool.name)) | {"reason": str(error)}
        ) from error
    if charge.over_budget:
        raise charge.over_budget  # what came back is what a server says that could not ask
    took = int((time.monotonic() - started - result.waited) * 1000)
    call.context = kept_for_later(call, arguments, result)
    return call_finish(
        call, answer=result.as_json(), usage=Usage(latency_ms=took, cost=Decimal(0)), by=_itself(call)
    )


def _itself(call: CallRecord) -> Answered:
    return Answered(call.provider, call.model)


def _run(tool: McpTool, arguments: dict[str, Any], policy: str, tell: Tell | None, charge: Charge) -> Result:
    target = callable_target(tool.server)
    # Where a human has just decided, the tool must be this very moment what they read.
    fresh = FRESH_SECONDS if policy == ToolPolicy.ALLOW else 0.0
    pinned: dict[str, Any] = {"digest": tool.approved_digest, "fresh": fresh, "asker": charge}
    loop.let_connection_go()
    if tell is None:
        return loop.run(manager.call(target, tool.name, arguments, **pinned))
    return loop.run_telling(
        lambda say: manager.call(target, tool.name, arguments, **pinned, tell=lambda *step: say(step)), tell
    )
