"""Registering, the address that a person opens, and the tokens that come of it. Nothing here remembers anything."""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ai_integration.mcp.faults import Fault
from ai_integration.mcp.signing.discovery import Found
from ai_integration.mcp.signing.fetching import fetcher
from ai_integration.mcp.signing.scopes import is_sound
from ai_integration.outbound import place

if TYPE_CHECKING:
    import httpx2

CLIENT_NAME = "AI Hisho Team"
REVOKE_SECONDS = 5
UNSAID = {"client_secret": ""}  # counts as left out (RFC 6749, 3.1), and servers of the SDK want it named
LONGEST_TOKEN, LONGEST_LIFE = 16_000, 10 * 365 * 24 * 3600
SECRETLY = ("client_secret_basic", "client_secret_post")
BUSY = (408, 429)


@dataclass(frozen=True)
class OAuthClient:
    """Who we are to an authorization server. `method` says how the token endpoint is told, `scope` what it may ask for."""

    client_id: str
    secret: str = field(default="", repr=False)
    method: str = "none"
    redirect_uri: str = ""
    issuer: str = ""
    scope: str = ""


@dataclass(frozen=True)
class Tokens:
    """`seconds` is how long the access token lasts, None where nobody says; `scope` what it holds for, empty: what was asked."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    seconds: int | None = None
    scope: str = ""


class Refused(Exception):
    """The authorization server said no: asking again would bring the same. `code` is its own word for it, or empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def known_client(client_id: str, secret: str, found: Found, redirect_uri: str) -> OAuthClient:
    """A client that somebody registered beforehand."""
    fitting = next((each for each in SECRETLY if each in found.auth_methods), SECRETLY[0])
    return OAuthClient(client_id, secret, fitting if secret else "none", redirect_uri, found.issuer)


async def register(home: str, found: Found, redirect_uri: str) -> OAuthClient:
    """Make ourselves known (RFC 7591). Raises Fault."""
    import httpx2
    from mcp.client.auth import OAuthRegistrationError
    from mcp.client.auth.oauth2 import check_registration_usable
    from mcp.client.auth.utils import handle_registration_response
    from mcp.shared.auth import OAuthClientMetadata

    if not found.registration_endpoint:
        raise Fault("sign_in_unregistered", {"place": place(found.issuer)})
    asked = OAuthClientMetadata(
        redirect_uris=[redirect_uri],
        client_name=CLIENT_NAME,
        scope=found.scope or None,
        token_endpoint_auth_method=_method(found),
        application_type="web" if redirect_uri.startswith("https:") else "native",
    )
    told = asked.model_dump(by_alias=True, mode="json", exclude_none=True)
    request = httpx2.Request("POST", found.registration_endpoint, json=told)
    try:
        async with fetcher(home) as fetch:
            given = await handle_registration_response(await fetch.send(request))
            check_registration_usable(given)
    except Fault as fault:
        if isinstance(fault.__cause__, OAuthRegistrationError):
            raise Fault("sign_in_unregistered", {"place": place(found.issuer)}) from fault
        raise
    method = given.token_endpoint_auth_method or (SECRETLY[0] if given.client_secret else "none")
    _check_words(found.issuer, given.client_id, given.client_secret or "-")
    secret = given.client_secret or ""
    return OAuthClient(given.client_id, secret, method, redirect_uri, found.issuer, found.scope)


def address(found: Found, client: OAuthClient, *, state: str, challenge: str) -> str:
    """What the person opens to say yes."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": found.resource,
    }
    if found.scope:
        asked["scope"] = found.scope
        if "offline_access" in found.scope.split():
            asked["prompt"] = "consent"  # OpenID Connect wants it said
    end = found.authorization_endpoint
    return f"{end}{'&' if '?' in end else '?'}{urlencode(asked)}"


def challenge_of(verifier: str) -> str:
    """What PKCE shows of the verifier beforehand (S256)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def check_issuer(found: Found, iss: str) -> None:
    """That the answer comes from whom we asked (RFC 9207). Raises Fault."""
    if (iss or found.tells_issuer) and iss != found.issuer:
        raise Fault("sign_in_mixed_up", {"place": place(found.issuer)})


async def exchange(home: str, found: Found, client: OAuthClient, *, code: str, verifier: str) -> Tokens:
    """The tokens for `code`. Raises Refused, Fault."""
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }
    return await _tokens(home, found.token_endpoint, client, asked | {"resource": found.resource})


async def refresh(home: str, endpoint: str, client: OAuthClient, *, token: str, resource: str) -> Tokens:
    """New tokens; a refresh token that is not replaced stays. Raises Refused, Fault."""
    asked = {"grant_type": "refresh_token", "refresh_token": token, "resource": resource}
    given = await _tokens(home, endpoint, client, asked)
    return given if given.refresh else replace(given, refresh=token)


async def revoke(home: str, endpoint: str, client: OAuthClient, *, tokens: dict[str, str]) -> bool:
    """Have the tokens taken back (RFC 7009), the one to refresh with first. Whether the server says that it did."""
    kinds = [kind for kind in ("refresh", "access") if tokens.get(kind)]
    try:
        async with asyncio.timeout(REVOKE_SECONDS), fetcher(home) as fetch:
            for kind in kinds:
                asked = {"token": tokens[kind], "token_type_hint": f"{kind}_token"}
                answer = await fetch.send(_token_request(endpoint, client, asked, unsaid=UNSAID))
                if answer.status_code != 200:
                    return False
    except (Fault, TimeoutError):
        return False
    return True


async def _tokens(home: str, endpoint: str, client: OAuthClient, asked: dict[str, str]) -> Tokens:
    refused: Refused | None = None
    async with fetcher(home) as fetch:
        answer = await fetch.send(_token_request(endpoint, client, asked))
        status = answer.status_code
        if 400 <= status < 500 and status not in BUSY:
            refused = Refused(_error_of(answer))
        elif status not in (200, 201):
            raise Fault("sign_in_away", {"place": place(endpoint)})
        else:
            return _read(answer.content, endpoint)
    raise refused  # not inside: there everything becomes a Fault


def _token_request(
    endpoint: str, client: OAuthClient, asked: dict[str, str], *, unsaid: dict[str, str] | None = None
) -> "httpx2.Request":
    """`unsaid` is added where telling who we are does not fill it."""
    import httpx2
    from mcp.client.auth.oauth2 import OAuthContext
    from mcp.shared.auth import OAuthClientInformationFull

    info = OAuthClientInformationFull(
        client_id=client.client_id,
        client_secret=client.secret or None,
        token_endpoint_auth_method=client.method,
    )
    context: Any = OAuthContext(endpoint, None, None, None, None, client_info=info)  # type: ignore[arg-type]
    data, headers = context.prepare_token_auth(asked | {"client_id": client.client_id}, {})
    data = (unsaid or {}) | data
    return httpx2.Request("POST", endpoint, data=data, headers=headers | {"Accept": "application/json"})


def _read(content: bytes, endpoint: str) -> Tokens:
    from mcp.shared.auth import OAuthToken
    from pydantic import ValidationError

    try:
        given = OAuthToken.model_validate_json(content)
    except ValidationError as error:
        raise Fault("sign_in_unsound", {"place": place(endpoint)}) from error
    _check_words(endpoint, given.access_token, given.refresh_token or "-")
    seconds = None if given.expires_in is None else min(max(0, given.expires_in), LONGEST_LIFE)
    scope = given.scope or ""
    return Tokens(given.access_token, given.refresh_token or "", seconds, scope if is_sound(scope) else "")


def _check_words(url: str, *words: str) -> None:
    """That what goes into a header or a form later is one word of bearable length."""
    if any(
        not 0 < len(each) <= LONGEST_TOKEN or not each.isascii() or not each.isprintable() or " " in each
        for each in words
    ):
        raise Fault("sign_in_unsound", {"place": place(url)})


def _method(found: Found) -> Any:
    known = (*SECRETLY, "none")
    return next((each for each in known if each in found.auth_methods), SECRETLY[0])


def _error_of(answer: "httpx2.Response") -> str:
    """The server's word for why, if it is one of those that there are."""
    try:
        told = answer.json()
    except ValueError:
        return ""
    return error_word(told.get("error") if isinstance(told, dict) else "")


def error_word(given: Any) -> str:
    """`access_denied` and its like; anything else is not shown."""
    sound = isinstance(given, str) and len(given) <= 40 and given.replace("_", "").isalpha()
    return given if sound and given.isascii() and given.islower() else ""
