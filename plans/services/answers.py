"""What each kind of request takes as an answer, besides a plan's."""

from typing import Any
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from ai_integration.selectors import mcp_tool_named
from ai_integration.services import tool_rule_set
from ai_integration.states import ToolPolicy
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Invalid
from plans.models import ApprovalRequest

Kind = ApprovalRequest.Kind


class Effect(TextChoices):
    """What became of a call whose outcome nobody saw."""

    HAPPENED = "happened"
    NOT_HAPPENED = "not_happened"
    STOP = "stop"


class Remember(TextChoices):
    """For how long a tool call's approval holds: this call, this run, or by rule for the persona that asked."""

    NO = "no"
    RUN = "run"
    RULE = "rule"


DECISIONS = {
    Kind.TOOL_CALL: ("approve", "reject"),
    Kind.BUDGET: ("approve", "reject", "answer"),
    Kind.UNKNOWN_EFFECT: ("answer",),
    Kind.QUESTION: ("answer", "reject"),
}
EDITABLE = (Kind.TOOL_CALL, Kind.BUDGET)


def checked_answer(
    request: ApprovalRequest, decision: str, *, answer: str, arguments: dict[str, Any] | None, remember: str
) -> dict[str, Any]:
    """What the answer adds to the request's payload. Raises Invalid for what does not fit its kind."""
    allowed = DECISIONS.get(request.kind, ())
    if decision not in allowed:
        raise Invalid(details={"decision": [_("Use one of: %s") % ", ".join(allowed)]})
    if decision == "answer":
        _check_choice(request, answer)
    return _edited(request, decision, arguments) | _remembered(request, decision, remember)


def _check_choice(request: ApprovalRequest, answer: str) -> None:
    choices = Effect.values if request.kind == Kind.UNKNOWN_EFFECT else request.payload.get("choices", [])
    if choices and answer not in choices:
        raise Invalid(details={"answer": [_("Use one of: %s") % ", ".join(choices)]})
    if not answer.strip():
        raise Invalid(details={"answer": [_("This is needed.")]})


def _edited(request: ApprovalRequest, decision: str, arguments: dict[str, Any] | None) -> dict[str, Any]:
    if arguments is None:
        return {}
    if request.kind not in EDITABLE or decision == "reject":
        raise Invalid(
            details={"arguments": [_("Only what is approved can be changed, and only its arguments.")]}
        )
    return {} if arguments == request.payload.get("arguments") else {"edited_arguments": arguments}


def _remembered(request: ApprovalRequest, decision: str, remember: str) -> dict[str, Any]:
    if remember == Remember.NO:
        return {}
    if remember not in Remember.values:
        raise Invalid(details={"remember": [_("Use one of: %s") % ", ".join(Remember.values)]})
    if request.kind != Kind.TOOL_CALL or decision != "approve":
        raise Invalid(details={"remember": [_("Only the approval of a tool call can be remembered.")]})
    if remember == Remember.RULE and not request.payload.get("persona"):
        raise Invalid(details={"remember": [_("It is not known which secretary asked.")]})
    return {"remember": remember}


def rule_from(actor: Actor, request: ApprovalRequest) -> None:
    """Let the persona call the very tool that was shown from now on, without asking.

    Raises Forbidden for who may not change its server, Conflict `tool_changed`.
    """
    told = request.payload
    tool = mcp_tool_named(told.get("server", ""), told.get("tool", ""))
    if tool is None or not told.get("pinned"):
        raise Conflict(_("The tool is not there any more."), code="tool_changed")
    tool_rule_set(
        actor,
        tool.server,
        tool.name,
        policy=ToolPolicy.ALLOW,
        persona_id=UUID(told["persona"]),
        digest=told["pinned"],
        request_id=request.pk,
    )
