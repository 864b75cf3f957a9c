"""A real authorization server and the tool server that it protects, both by the SDK's own server side, on one port."""

import json
import secrets
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    RefreshToken,
    TokenError,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions, RevocationOptions
from mcp.server.mcpserver import MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

ALLOW = "Allow"
SCOPES = ["tools", "write", "send"]


class Desk:
    """The authorization server: what it gave out, and what it is told to refuse. `calls` counts what was asked of it."""

    def __init__(self) -> None:
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self.asked: dict[str, tuple[OAuthClientInformationFull, AuthorizationParams]] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.access: dict[str, AccessToken] = {}
        self.refresh: dict[str, RefreshToken] = {}
        self.life = 3600
        self.refuses = self.says_no = self.broken = False
        self.calls: Counter[str] = Counter()
        self.mark = ""  # stands in every token

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client: OAuthClientInformationFull) -> None:
        self.calls["register"] += 1
        self.clients[client.client_id] = client

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        ticket = secrets.token_urlsafe(16)
        self.asked[ticket] = (client, params)
        return f"/consent?ticket={ticket}"

    async def consent(self, request: Request) -> Response:
        ticket = request.query_params["ticket"]
        if request.method == "GET":
            return HTMLResponse(f"<h1>Consent</h1><form method=post><button>{ALLOW}</button></form>")
        client, params = self.asked.pop(ticket)
        back, state = str(params.redirect_uri), params.state
        if self.says_no:
            return RedirectResponse(construct_redirect_uri(back, error="access_denied", state=state), 302)
        code = self._new("code")
        self.codes[code] = AuthorizationCode(
            code=code,
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=True,
            resource=params.resource,
        )
        return RedirectResponse(construct_redirect_uri(back, code=code, state=state), 302)

    async def load_authorization_code(self, client: Any, code: str) -> AuthorizationCode | None:
        return self.codes.get(code)

    async def exchange_authorization_code(self, client: Any, code: AuthorizationCode) -> OAuthToken:
        self.calls["exchange"] += 1
        del self.codes[code.code]
        return self._given(client, code.scopes, code.resource)

    async def load_refresh_token(self, client: Any, token: str) -> RefreshToken | None:
        self.calls["refresh"] += 1
        if self.broken:
            raise RuntimeError("told to break")
        return None if self.refuses else self.refresh.get(token)

    async def exchange_refresh_token(self, client: Any, token: RefreshToken, scopes: list[str]) -> OAuthToken:
        """Each works once, as is advised."""
        if self.refresh.pop(token.token, None) is None:
            raise TokenError("invalid_grant")
        return self._given(client, scopes, token.resource)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.access.get(token)

    async def revoke_token(self, token: Any) -> None:
        self.calls["revoke"] += 1
        if self.broken:
            raise RuntimeError("told to break")
        self.access.pop(token.token, None)
        self.refresh.pop(token.token, None)

    def forget_access(self) -> None:
        """No access token is taken any more; those to refresh with are."""
        self.access.clear()

    def _given(self, client: Any, scopes: list[str], resource: str | None) -> OAuthToken:
        told = {"client_id": client.client_id, "scopes": scopes, "resource": resource}
        access, refresh = self._new("access"), self._new("refresh")
        self.access[access] = AccessToken(token=access, **told)
        self.refresh[refresh] = RefreshToken(token=refresh, **told)
        return OAuthToken(access_token=access, refresh_token=refresh, expires_in=self.life)

    def _new(self, kind: str) -> str:
        return f"{self.mark}{kind}-{secrets.token_urlsafe(24)}"


class Protected:
    """`with Protected() as server:` serves `server.url`, whose tools `note` and `other` keep what they are told in `server.notes`.

    `server.wants` names the scope without which a tool is refused with 403, as the specification of MCP has it.
    """

    def __init__(self, *, registers: bool = True, revokes: bool = True) -> None:
        self.desk, self.notes, self._registers, self._revokes = Desk(), [], registers, revokes
        self.seen: list[str] = []
        self.wants: dict[str, str] = {}

    def __enter__(self) -> Self:
        socket = uvicorn.Config(app=lambda *_: None, port=0, log_level="critical").bind_socket()
        self.base = f"http://127.0.0.1:{socket.getsockname()[1]}"
        self.url = f"{self.base}/mcp"
        config = uvicorn.Config(self._app(), log_level="critical", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([socket],), daemon=True)
        self._thread.start()
        _until_it_answers(self.base)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)

    def allowed(self, address: str) -> str:
        """Open `address` as a person does and say yes (or what `desk.says_no` makes of it); where one is sent back to."""
        with httpx.Client(base_url=self.base, timeout=20) as person:
            consent = person.get(address).headers["Location"]
            return person.post(consent).headers["Location"]

    def _app(self) -> Any:
        settings = AuthSettings(
            issuer_url=self.base,
            resource_server_url=self.url,
            validate_token_resource=True,
            required_scopes=["tools"],
            client_registration_options=ClientRegistrationOptions(
                enabled=self._registers, valid_scopes=SCOPES, default_scopes=["tools"]
            ),
            revocation_options=RevocationOptions(enabled=self._revokes),
        )
        served = MCPServer("protected", auth_server_provider=self.desk, auth=settings)
        served.custom_route("/consent", methods=["GET", "POST"])(self.desk.consent)

        @served.tool()
        def note(text: str) -> str:
            """Keep a note."""
            self.notes.append(text)
            return f"kept: {text}"

        @served.tool()
        def other(text: str) -> str:
            """Keep another note."""
            return note(text)

        inner = served.streamable_http_app()

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                self.seen.append(scope["path"])
                body = await Request(scope, receive).body()
                receive = _again(body, receive)
                if wanted := self._lacking(scope, body):
                    await _too_little(wanted)(scope, receive, send)
                    return
            await inner(scope, receive, send)

        return counted

    def _lacking(self, scope: Any, body: bytes) -> str:
        """The scope that this call wants and its token does not hold."""
        if not (self.wants and scope["path"] == "/mcp" and body):
            return ""
        wanted = self.wants.get(json.loads(body).get("params", {}).get("name", ""), "")
        bearer = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        token = self.desk.access.get(bearer)
        return wanted if token and not set(wanted.split()) <= set(token.scopes) else ""


def _too_little(wanted: str) -> Response:
    told = f'Bearer error="insufficient_scope", scope="{wanted}"'
    return Response(status_code=403, headers={"WWW-Authenticate": told})


def _again(body: bytes, receive: Any) -> Any:
    """`receive`, with a body that was read once more."""
    sent = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def received() -> Any:
        for message in sent:
            return message
        return await receive()

    return received


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def _until_it_answers(base: str) -> None:
    for _try in range(100):
        try:
            httpx.get(f"{base}/consent", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the authorization server did not start")
