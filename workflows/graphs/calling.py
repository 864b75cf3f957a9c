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
from ai_integration.states import CallStatus
from foundation.core.errors import DomainError
from foundation.core.leases import Lease
from plans.states import RequestStatus
from workflows.graphs.bench import Bench, told
from workflows.graphs.looking import look
from workflows.graphs.toolbox import Toolbox
from workflows.progress import teller
from workflows.services.tool_parking import Decided, decision_on, remembered, still_held, tool_told

HAPPENED, NOT_HAPPENED = "happened", "not_happened"


class StoppedByHand(DomainError):
    """A person who was asked what came of a call wants the work stopped."""

    code = "halted"


def carry_out(lease: Lease, box: Toolbox, ask: ToolAsk, *, purpose: Purpose) -> None:
    """Make the call, or put on record why it is not made. Raises ApprovalRequired, StoppedByHand, LeaseLost, Halted."""
    purpose = replace(purpose, job="tool")
    known = box.tools.get(ask.name)
    if known is None or ask.problem:
        reason = ask.problem or _("There is no such tool.")
        call_refuse(purpose, model=ask.name, arguments=ask.arguments, reason=reason)
        return
    if known.tool is None:
        look(box, ask, purpose=purpose)
        return
    try:
        _call(lease, box.bench, known.tool, ask, purpose)
    except gateway.ToolUnavailable as error:
        name = f"{known.tool.server.name}/{known.tool.name}"
        call_refuse(purpose, model=name, arguments=ask.arguments, reason=str(error))
        about = told(box.bench, tool=name, reason=str(error))
        tool_told(lease, box.bench.work, "tool.refused", about)


def _call(lease: Lease, bench: Bench, tool: McpTool, ask: ToolAsk, purpose: Purpose) -> None:
    permit = _permit(bench, tool, ask, purpose.key)
    who = purpose.persona_id
    asked = gateway.Asked(tool.server.name, tool.name, ask.arguments, who, permit, bench.thread)
    _settle_unknown(bench, purpose.key)
    still_held(lease)
    name = told(bench, tool=f"{asked.server}/{asked.tool}")
    made = gateway.call_tool(
        purpose,
        asked,
        tell=teller(bench.work.stream, purpose.key),
        called=lambda: tool_told(lease, bench.work, "tool.called", name),
    )
    outcome = {"is_error": made.answer["is_error"], "ms": made.latency_ms}
    tool_told(lease, bench.work, "tool.answered", name | outcome)


def _permit(bench: Bench, tool: McpTool, ask: ToolAsk, key: str) -> gateway.Permit | None:
    """The human's word on this call. Raises ToolUnavailable when it was no."""
    said = decision_on(bench.subject, "tool_call", key)
    if said is None:
        known = remembered(bench.place, tool.server.name, tool.name, tool.approved_digest)
        return gateway.Permit(ask.arguments) if known else None
    if said.status != RequestStatus.APPROVED:
        raise gateway.ToolUnavailable(_refusal(said))
    # What was decided holds for the tool that was shown; if it was approved anew meanwhile, it is asked anew.
    return gateway.Permit(said.arguments) if said.pinned == tool.approved_digest else None


def _refusal(said: Decided) -> str:
    if said.status == RequestStatus.REJECTED:
        return _("A person refused this call: %s") % (said.comment or "—")
    return _("Nobody allowed this call in time.")


def _settle_unknown(bench: Bench, key: str) -> None:
    """Put on record what a person says came of a call whose end nobody saw."""
    said, call = decision_on(bench.subject, "unknown_effect", key), tool_call(key)
    if said is None or call is None or call.status != CallStatus.STARTED or said.attempt != call.attempts:
        return  # an answer speaks of one attempt: another that was lost is asked about anew
    if said.answer == HAPPENED:
        call_settle(key, answer=_lost(_("A person says that it was done; its answer was lost.")))
    elif said.answer == NOT_HAPPENED:
        call_release(key)
    else:
        if bench.job == "speak":  # a task is done anew in a new revision; a turn goes on where it stopped
            call_settle(key, answer=_lost(_("Nobody knows what came of it."), is_error=True))
        raise StoppedByHand(_("You stopped here, after a call whose outcome is not known."))


def _lost(words: str, *, is_error: bool = False) -> dict[str, Any]:
    return {"text": words, "structured": None, "is_error": is_error, "left_out": 0}
