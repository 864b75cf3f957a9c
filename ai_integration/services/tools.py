"""Commands on tools: what a server offers is written down, and a person says what may be called."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ai_integration.models import McpServer, McpTool, ToolRule
from ai_integration.states import ToolPolicy
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, Invalid, NotFound
from foundation.core.permissions import require

NOT_A_POLICY = _("Use one of: %s") % ", ".join(ToolPolicy.values)
CHANGED = _("The tool has changed since you read it. Read it again.")


class Described(Protocol):
    """A tool as its server describes it: see `ai_integration.mcp.targets.Listed`."""

    name: str
    title: str
    description: str
    schema: dict[str, Any]
    hints: dict[str, Any]

    @property
    def digest(self) -> str: ...


@transaction.atomic
def mcp_server_checked(
    actor: Actor, server_id: UUID, *, code: str, detail: dict[str, Any] | None = None
) -> McpServer | None:
    """Keep how a connection went, unless the server is gone."""
    row = McpServer.objects.select_for_update().filter(pk=server_id).first()
    if row is None:
        return None
    changed = row.check_code != code
    row.checked_at, row.check_code, row.check_detail = timezone.now(), code, detail or {}
    row.save(update_fields=["checked_at", "check_code", "check_detail", "updated_at"])
    if changed:
        record(actor, "mcp_server.checked", row, data={"name": row.name, "outcome": code})
    return row


@transaction.atomic
def tools_store(actor: Actor, server_id: UUID, listing: Mapping[str, Described]) -> list[str]:
    """Write down what the server offers now; returns the approved tools that are no longer what was approved."""
    server = McpServer.objects.select_for_update().filter(pk=server_id).first()
    if server is None:
        raise NotFound
    known = {tool.name: tool for tool in server.tools.all()}
    turned = [name for name, tool in known.items() if _differs(tool, listing.get(name)) and tool.approved]
    for name, given in listing.items():
        if _differs(known.get(name), given):
            _write(server, known.get(name), given)
    gone = [tool.pk for name, tool in known.items() if name not in listing and tool.listed]
    McpTool.objects.filter(pk__in=gone).update(listed=False)
    if turned:
        _tell(actor, server, turned)
    return turned


@transaction.atomic
def tool_approve(
    actor: Actor,
    server: McpServer,
    name: str,
    *,
    digest: str,
    policy: str = ToolPolicy.ASK,
    repeatable: bool = False,
) -> McpTool:
    """Approve the tool exactly as it was read (`digest`). Raises Forbidden, NotFound, Conflict `tool_changed`, Invalid."""
    require(actor, "change", server)
    tool = _locked(server, name)
    if tool.digest != digest or not tool.listed:
        raise Conflict(CHANGED, code="tool_changed", details={"digest": tool.digest})
    tool.policy, tool.repeatable = _policy(policy), repeatable
    tool.approved_digest, tool.approved_by, tool.approved_at = digest, _person(actor), timezone.now()
    tool.save()
    data = {"server": server.name, "tool": name, "digest": digest, "policy": policy, "repeatable": repeatable}
    record(actor, "tool.approved", tool, data=data)
    return tool


@transaction.atomic
def tool_withdraw(actor: Actor, server: McpServer, name: str) -> McpTool:
    """Take the approval back: the tool is off until somebody approves it again."""
    require(actor, "change", server)
    tool = _locked(server, name)
    tool.approved_digest, tool.approved_by, tool.approved_at = "", None, None
    tool.save()
    record(actor, "tool.withdrawn", tool, data={"server": server.name, "tool": name})
    return tool


@transaction.atomic
def tool_rule_set(
    actor: Actor,
    server: McpServer,
    name: str,
    *,
    policy: str,
    persona_id: UUID | None = None,
    digest: str = "",
    request_id: UUID | None = None,
) -> McpTool:
    """Say what happens when a persona asks for the tool: all of them, or `persona_id` alone (empty policy: as for all).

    `digest` is the tool as it was read, `request_id` the request for a decision whose answer says so. Raises Forbidden,
    NotFound, Invalid, Conflict `tool_changed` when `digest` is not what is approved now.
    """
    require(actor, "change", server)
    tool = _locked(server, name)
    if digest and not (tool.approved and tool.digest == digest):
        raise Conflict(CHANGED, code="tool_changed", details={"digest": tool.digest})
    if persona_id is None:
        tool.policy = _policy(policy)
        tool.save(update_fields=["policy", "updated_at"])
    elif policy:
        ToolRule.objects.update_or_create(
            tool=tool, persona_id=persona_id, defaults={"policy": _policy(policy)}
        )
    else:
        tool.rules.filter(persona_id=persona_id).delete()
    about = {"persona": persona_id, "request": request_id}
    data = {"server": server.name, "tool": name, "policy": policy}
    data |= {key: str(value) for key, value in about.items() if value}
    record(actor, "tool.rule_set", tool, data=data)
    return tool


@transaction.atomic
def tool_tried(actor: Actor, tool: McpTool, *, call_id: UUID, outcome: str) -> None:
    """Write down that a person called a tool by hand."""
    data = {"server": tool.server.name, "tool": tool.name, "call": str(call_id), "outcome": outcome}
    record(actor, "tool.tried", tool, data=data)


def _locked(server: McpServer, name: str) -> McpTool:
    tool = McpTool.objects.select_for_update().filter(server=server, name=name).first()
    if tool is None:
        raise NotFound
    return tool


def _differs(tool: McpTool | None, given: Described | None) -> bool:
    """Whether the row does not say what the server says; a tool that is gone differs, too."""
    if tool is None or given is None:
        return True
    told = (tool.digest, tool.title, tool.hints, tool.listed)
    return told != (given.digest, given.title, given.hints, True)


def _write(server: McpServer, tool: McpTool | None, given: Described) -> None:
    row = tool or McpTool(server=server, name=given.name)
    row.title, row.description, row.schema, row.hints = (
        given.title,
        given.description,
        given.schema,
        given.hints,
    )
    row.digest, row.listed = given.digest, True
    row.save()


def _tell(actor: Actor, server: McpServer, names: list[str]) -> None:
    title = _("Tools of “%(server)s” have changed and are off until you approve them again: %(tools)s") % {
        "server": server.name,
        "tools": ", ".join(sorted(names)),
    }
    data = {"name": server.name, "tools": sorted(names)}
    told = actor if actor.pk is None else SYSTEM
    record(told, "mcp_server.tools_changed", server, data=data, notify=[server.owner], title=title)


def _policy(given: str) -> str:
    if given not in ToolPolicy.values:
        raise Invalid(str(NOT_A_POLICY), details={"policy": [str(NOT_A_POLICY)]})
    return given


def _person(actor: Actor) -> Any:
    return actor if actor.pk is not None else None
