"""Reading servers of tools, their tools, and what may be called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from ai_integration.models import CallRecord, McpServer, McpTool, ToolRule
from ai_integration.states import CallStatus, ToolPolicy
from foundation.core.errors import NotFound
from foundation.core.permissions import fetch

APPROVED = Q(tools__approved_digest=F("tools__digest"), tools__listed=True)
UNSEEN = Q(tools__listed=True) & ~Q(tools__approved_digest=F("tools__digest"))

SECRET = ("environment", "headers", "client_secret")


def mcp_servers(user: Any) -> QuerySet[McpServer]:
    """Without secrets; with `tool_count`, `approved_count` and `unseen_count` (offered, but not approved as it is now)."""
    rows = McpServer.objects.permitted(user, "view").select_related("owner").defer(*SECRET)
    return rows.annotate(
        tool_count=Count("tools", filter=Q(tools__listed=True)),
        approved_count=Count("tools", filter=APPROVED),
        unseen_count=Count("tools", filter=UNSEEN),
    )


def mcp_server_get(user: Any, pk: Any, action: str = "view") -> McpServer:
    return fetch(McpServer.objects.defer(*SECRET), user, action, pk=pk)


def mcp_tools(user: Any, server: McpServer) -> QuerySet[McpTool]:
    rows = McpTool.objects.permitted(user, "view").filter(server=server)
    return rows.select_related("approved_by").prefetch_related("rules").order_by("-listed", "name")


def mcp_tool_get(user: Any, server: McpServer, name: str) -> McpTool:
    found = mcp_tools(user, server).filter(name=name).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Offered:
    """A tool that the work of a person may use, and what happens when this persona's model asks for it."""

    tool: McpTool
    policy: str


def tools_for(owner_id: UUID | None, persona_id: UUID | None, names: Iterable[str]) -> list[Offered]:
    """The approved tools among `names` (`server/tool`, `server/*`) that may be called at all."""
    wanted = {tuple(name.split("/", 1)) for name in names if "/" in name}
    servers = McpServer.objects.usable_by(owner_id).filter(name__in={each[0] for each in wanted})
    rows = McpTool.objects.filter(server__in=servers.values("pk"), listed=True, approved_digest=F("digest"))
    found = [
        tool
        for tool in rows.select_related("server").order_by("server__name", "name")
        if wanted & {(tool.server.name, tool.name), (tool.server.name, "*")}
    ]
    rules = _rules(persona_id, found)
    offered = [Offered(tool, effective(tool, rules.get(tool.pk))) for tool in found]
    return [each for each in offered if each.policy != ToolPolicy.DENY]


def effective(tool: McpTool, rule: str | None) -> str:
    """A persona's own rule goes before what holds for all, but never beyond a `deny`."""
    return ToolPolicy.DENY if tool.policy == ToolPolicy.DENY else rule or tool.policy


def tool_of(owner_id: UUID | None, server: str, name: str) -> McpTool | None:
    """The tool as it is on record now, approved or not, if work of this person may use its server."""
    rows = McpTool.objects.filter(server__in=McpServer.objects.usable_by(owner_id), server__name=server)
    return rows.select_related("server").filter(name=name).first()


def mcp_tool_named(server: str, name: str) -> McpTool | None:
    """The tool that a call named, whoever looks: what may be done with it is for the command to say."""
    return McpTool.objects.select_related("server").filter(server__name=server, name=name).first()


def policy_for(tool: McpTool, persona_id: UUID | None) -> str:
    return effective(tool, _rules(persona_id, [tool]).get(tool.pk))


def tool_call(key: str) -> CallRecord | None:
    """The record of one step's call, if it was begun."""
    return CallRecord.objects.filter(key=key).first()


def tool_calls(subject_id: UUID, prefix: str, *, jobs: Sequence[str] = ()) -> list[CallRecord]:
    """The calls (for these jobs; default all) below one step of some work, in their order."""
    rows = CallRecord.objects.filter(subject_id=subject_id, key__startswith=prefix)
    if jobs:
        rows = rows.filter(job__in=jobs)
    return list(rows.order_by("created_at", "key"))


def last_tool_call(
    subject_id: UUID | None, persona_id: UUID | None, thread: str, *, model: str
) -> CallRecord | None:
    """The last answered call of one tool (`server/tool`) by one persona in one thread of work."""
    rows = CallRecord.objects.filter(subject_id=subject_id, persona_id=persona_id, model=model)
    return rows.filter(status=CallStatus.FINISHED, context__thread=thread).order_by("-finished_at").first()


def answers_on_record(subject_id: UUID, prefix: str) -> int:
    """How many of the calls below `prefix` have been answered."""
    rows = CallRecord.objects.filter(subject_id=subject_id, key__startswith=prefix)
    return rows.filter(answer__isnull=False).count()


def _rules(persona_id: UUID | None, tools: list[McpTool]) -> dict[UUID, str]:
    if persona_id is None:
        return {}
    rows = ToolRule.objects.filter(persona_id=persona_id, tool__in=[tool.pk for tool in tools])
    return dict(rows.values_list("tool_id", "policy"))
