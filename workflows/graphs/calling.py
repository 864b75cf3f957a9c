"""One call that a model asked for: is it known, is it allowed, has it been made, what did the human say?"""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from ai_integration import gateway
from ai_integration.jobs import ToolAsk
from ai_integration.models import McpTool
from ai_integration.selectors import tool_call
from ai_integration.services import Purpose
from ai_integration.services.calls import call_refuse, call_release, call_settle
from foundation.core.errors import DomainError
from foundation.core.leases import Lease
from plans.states import RequestStatus
from workflows.graphs.looking import look
from workflows.graphs.toolbox import Toolbox
from workflows.models import Task
from workflows.progress import teller
from workflows.services.tool_parking import Decided, decision_on, remembered, still_held, tool_told

HAPPENED, NOT_HAPPENED = "happened", "not_happened"


class StoppedByHand(DomainError):
    """A person who was asked what came of a call wants the task stopped."""

    code = "halted"


def carry_out(lease: Lease, task: Task, box: Toolbox, ask: ToolAsk, *, purpose: Purpose) -> None:
    """Make the call, or put on record why it is not made. Raises ApprovalRequired, StoppedByHand, LeaseLost, Halted."""
    purpose = replace(purpose, job="tool")
    known = box.tools.get(ask.name)
    if known is None or ask.problem:
        reason = ask.problem or _("There is no such tool.")
        call_refuse(purpose, model=ask.name, arguments=ask.arguments, reason=reason)
        return
    if known.tool is None:
        look(task, box, ask, purpose=purpose)
        return
    try:
        _call(lease, task, known.tool, ask, purpose)
    except gateway.ToolUnavailable as error:
        name = f"{known.tool.server.name}/{known.tool.name}"
        call_refuse(purpose, model=name, arguments=ask.arguments, reason=str(error))
        told = {"tool": name, "key": task.key, "reason": str(error)}
        tool_told(lease, task.workflow, "tool.refused", told)


def _call(lease: Lease, task: Task, tool: McpTool, ask: ToolAsk, purpose: Purpose) -> None:
    permit = _permit(task, tool, ask, purpose.key)
    thread = f"task:{task.pk}"
    asked = gateway.Asked(tool.server.name, tool.name, ask.arguments, task.persona_id, permit, thread)
    _settle_unknown(task, purpose.key)
    still_held(lease)
    name = {"tool": f"{asked.server}/{asked.tool}", "key": task.key}
    made = gateway.call_tool(
        purpose,
        asked,
        tell=teller(task.workflow.stream, purpose.key),
        called=lambda: tool_told(lease, task.workflow, "tool.called", name),
    )
    outcome = {"is_error": made.answer["is_error"], "ms": made.latency_ms}
    tool_told(lease, task.workflow, "tool.answered", name | outcome)


def _permit(task: Task, tool: McpTool, ask: ToolAsk, key: str) -> gateway.Permit | None:
    """The human's word on this call. Raises ToolUnavailable when it was no."""
    said = decision_on(task, "tool_call", key)
    if said is None:
        known = remembered(task, tool.server.name, tool.name, tool.approved_digest)
        return gateway.Permit(ask.arguments) if known else None
    if said.status != RequestStatus.APPROVED:
        raise gateway.ToolUnavailable(_refusal(said))
    # What was decided holds for the tool that was shown; if it was approved anew meanwhile, it is asked anew.
    return gateway.Permit(said.arguments) if said.pinned == tool.approved_digest else None


def _refusal(said: Decided) -> str:
    if said.status == RequestStatus.REJECTED:
        return _("A person refused this call: %s") % (said.comment or "—")
    return _("Nobody allowed this call in time.")


def _settle_unknown(task: Task, key: str) -> None:
    """Put on record what a person says came of a call whose end nobody saw."""
    said, call = decision_on(task, "unknown_effect", key), tool_call(key)
    if said is None or call is None or said.attempt != call.attempts:
        return  # an answer speaks of one attempt: another that was lost is asked about anew
    if said.answer == HAPPENED:
        words: dict[str, Any] = {"text": _("A person says that it was done; its answer was lost.")}
        call_settle(key, answer=words | {"structured": None, "is_error": False, "left_out": 0})
    elif said.answer == NOT_HAPPENED:
        call_release(key)
    else:
        raise StoppedByHand(_("You stopped the task after a call whose outcome is not known."))
