"""A server's tools, with what each secretary may do with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ai_integration.contexts.tools import ServerPage, ToolState, server_page
from ai_integration.models import McpServer
from personas.selectors import personas
from workflows.tool_forms import ApproveForm, RuleForm, ServerForm


@dataclass(frozen=True)
class Rule:
    """What one secretary may do, by name."""

    persona: Any
    words: str


@dataclass(frozen=True)
class Tool:
    state: ToolState
    approve: ApproveForm
    rule: RuleForm
    rules: Sequence[Rule]


@dataclass(frozen=True)
class Page:
    at: ServerPage
    tools: Sequence[Tool]
    form: ServerForm


def tools_page(user: Any, server: McpServer, *, refused: ServerForm | None = None) -> Page:
    """`refused` is a form that was not accepted: it is shown in the place of a fresh one."""
    at = server_page(user, server)
    people = personas(user).order_by("name")
    names = {each.pk: each for each in people}
    tools = [_tool(number, state, people, names) for number, state in enumerate(at.tools)]
    return Page(at, tools, refused or ServerForm(server=server))


def _tool(number: int, state: ToolState, people: Any, names: dict[Any, Any]) -> Tool:
    row = state.row
    given = {
        "digest": row.digest,
        "policy": row.policy,
        "repeatable": row.repeatable or (not row.approved_digest and row.hints.get("read_only_hint", False)),
    }
    rules = [
        Rule(names[rule.persona_id], rule.get_policy_display())
        for rule in row.rules.all()
        if rule.persona_id in names
    ]
    approve = ApproveForm(initial=given, auto_id=f"id_a{number}_%s")
    return Tool(state, approve, RuleForm(people, auto_id=f"id_r{number}_%s"), rules)
