"""`mcp-servers/`: servers of tools, what they offer, and calls by hand."""

from typing import Any, ClassVar
from uuid import uuid4

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_integration import gateway, selectors, services
from ai_integration.api.serializers import tools as serializers
from ai_integration.contexts.tools import redirect_uri
from ai_integration.models import McpServer
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.api.views import ReadViewSet

NAME = r"tools/(?P<name>.{1,128})"


@tagged("ツール / Tools")
class McpServerViewSet(IdempotentCreate, ReadViewSet):
    """Servers of tools (MCP). Only administrators define them; values of variables and headers never come out again."""

    serializer_class = serializers.McpServerSerializer
    search_fields = ("name",)
    filterset_fields = ("transport", "shared", "enabled")
    rights: ClassVar = {
        "partial_update": "change",
        "destroy": "delete",
        "connect": "operate",
        "approve": "change",
        "withdraw": "change",
        "policy": "change",
        "call": "operate",
        "sign_in": "change",
        "sign_out": "change",
    }
    codes: ClassVar = {"create": "mcp_server:create", "pal": "mcp_server:create"}
    throttle_scopes: ClassVar = {
        "connect": "provider_test",
        "call": "provider_test",
        "sign_in": "provider_test",
    }

    def rows(self, user: Any) -> QuerySet[McpServer]:
        return selectors.mcp_servers(user)

    @extend_schema(
        request=serializers.McpServerInput,
        responses={201: serializers.McpServerSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Define a server. Nothing is started before it is connected to."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        made = services.mcp_server_create(request.user, **self.checked(serializers.McpServerInput))
        return self.shown(made, status=201)

    @extend_schema(request=None, responses={202: serializers.McpServerSerializer})
    @action(detail=False, methods=["post"], url_path="pal")
    def pal(self, request: Request) -> Response:
        """Have the PAL MCP server installed, or mended, by a worker. `check` of the server says how far it is."""
        made = services.pal_ask(request.user)
        return self.shown(self.get_queryset().get(pk=made.pk), status=202)

    @extend_schema(request=serializers.McpServerChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it. An address on another server needs its headers again."""
        server = self.get_object()
        changes = self.checked(serializers.McpServerChange)
        return self.shown(gateway.server_change(request.user, server, **changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """End its session and forget it with its tools. Tokens of a sign-in are taken back where that is possible."""
        gateway.server_remove(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def connect(self, request: Request, pk: str) -> Response:
        """Connect now and read the tools. The answer is always 200; `check_code` and `check` say how it went."""
        gateway.connect(request.user, self.get_object())
        return self.shown(self.get_object())

    @extend_schema(request=None, responses=serializers.SignInSerializer)
    @action(detail=True, methods=["post"], url_path="sign-in")
    def sign_in(self, request: Request, pk: str) -> Response:
        """Begin to sign in. Open `address` in a browser; the answer is taken once, within ten minutes, from you alone."""
        server = self.get_object()
        begun = gateway.sign_in_begin(request.user, server, redirect_uri=redirect_uri(request, server))
        return self.answer(begun, serializer=serializers.SignInSerializer)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="sign-out")
    def sign_out(self, request: Request, pk: str) -> Response:
        """Forget the tokens of the sign-in, and end the session."""
        gateway.sign_out(request.user, self.get_object())
        return self.shown(self.get_object())

    @extend_schema(responses=serializers.McpToolList)
    @action(detail=True, pagination_class=None, filter_backends=[])
    def tools(self, request: Request, pk: str) -> Response:
        """Everything that the server offers, in full."""
        rows = selectors.mcp_tools(request.user, self.get_object())
        return Response(serializers.McpToolList({"results": rows}).data)

    @extend_schema(request=serializers.ApproveInput, responses=serializers.McpToolSerializer)
    @action(detail=True, methods=["post"], url_path=f"{NAME}/approve")
    def approve(self, request: Request, pk: str, name: str) -> Response:
        """Approve the tool as it was read. `tool_changed` when it is another one by now."""
        server = self.get_object()
        given = self.checked(serializers.ApproveInput)
        return self._tool(services.tool_approve(request.user, server, name, **given))

    @extend_schema(request=None, responses=serializers.McpToolSerializer)
    @action(detail=True, methods=["post"], url_path=f"{NAME}/withdraw")
    def withdraw(self, request: Request, pk: str, name: str) -> Response:
        """Take the approval back."""
        return self._tool(services.tool_withdraw(request.user, self.get_object(), name))

    @extend_schema(request=serializers.RuleInput, responses=serializers.McpToolSerializer)
    @action(detail=True, methods=["post"], url_path=f"{NAME}/policy")
    def policy(self, request: Request, pk: str, name: str) -> Response:
        """Ask, allow or deny: for all personas, or for one."""
        server = self.get_object()
        given = self.checked(serializers.RuleInput)
        rule = {"policy": given["policy"], "persona_id": given.get("persona")}
        return self._tool(services.tool_rule_set(request.user, server, name, **rule))

    @extend_schema(request=serializers.ToolCallInput, responses=serializers.ToolCallSerializer)
    @action(detail=True, methods=["post"])
    def call(self, request: Request, pk: str) -> Response:
        """Call an approved tool yourself, with exactly these arguments."""
        server = self.get_object()
        given = self.checked(serializers.ToolCallInput)
        tool = selectors.mcp_tool_get(request.user, server, given["tool"])
        made = gateway.try_tool(
            request.user, server, tool, given["arguments"], key=f"hand:{request.user.pk}:{uuid4()}"
        )
        return self.answer(made, serializer=serializers.ToolCallSerializer)

    def _tool(self, tool: Any) -> Response:
        found = selectors.mcp_tool_get(self.request.user, tool.server, tool.name)
        return self.answer(found, serializer=serializers.McpToolSerializer)
