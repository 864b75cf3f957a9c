"""Where a server wants us to sign in: what it answers without a token, and the metadata to which that leads.

All of it is the words of a stranger. An issuer that is not the one that was asked for, a way without PKCE, or an address that may
not be called ends the matter.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ai_integration.mcp.faults import Fault
from ai_integration.mcp.signing import scopes
from ai_integration.mcp.signing.fetching import Fetcher, fetcher
from ai_integration.mcp.targets import Target
from ai_integration.outbound import origin, place

if TYPE_CHECKING:
    import httpx2
    from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata

CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "-", "version": "1"},
    },
}


@dataclass(frozen=True)
class Found:
    """An authorization server and what to ask of it. JSON by `dataclasses.asdict`."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    registration_endpoint: str
    auth_methods: tuple[str, ...]
    resource: str
    scope: str
    tells_issuer: bool
    revocation_endpoint: str = ""


async def discover(target: Target) -> Found | None:
    """Where to sign in at this server; None when it asks for nothing, or does not say where. Raises Fault."""
    async with fetcher(target.url) as fetch:
        refusal = await _refusal(fetch, target)
        if refusal is None:
            return None
        resource = await _resource(fetch, refusal, target.url)
        issuer = str(resource.authorization_servers[0]) if resource else ""
        metadata = await _metadata(fetch, issuer, target.url)
        if metadata is None:
            if resource is None:
                return None
            raise Fault("sign_in_unsound", {"place": place(target.url)})
        return await _checked(fetch, target.url, refusal, resource, metadata)


async def _refusal(fetch: Fetcher, target: Target) -> "httpx2.Response | None":
    """What the server says to somebody who brings no token, if that is 401."""
    import httpx2

    kept = {name: value for name, value in target.headers.items() if name.lower() != "authorization"}
    headers = kept | {"Accept": "application/json, text/event-stream"}
    answer = await fetch.send_home(httpx2.Request("POST", target.url, json=CALL, headers=headers))
    return answer if answer.status_code == 401 else None


async def _resource(
    fetch: Fetcher, refusal: "httpx2.Response", url: str
) -> "ProtectedResourceMetadata | None":
    from mcp.client.auth.utils import (
        build_protected_resource_metadata_discovery_urls,
        create_oauth_metadata_request,
        extract_resource_metadata_from_www_auth,
        handle_protected_resource_response,
    )

    named = extract_resource_metadata_from_www_auth(refusal)
    for each in build_protected_resource_metadata_discovery_urls(named, url):
        answer = await fetch.send(create_oauth_metadata_request(each))
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Fault("sign_in_away", {"place": place(url)})
        found = await handle_protected_resource_response(answer)
        if found:
            return found
    return None


async def _metadata(fetch: Fetcher, issuer: str, url: str) -> "OAuthMetadata | None":
    from mcp.client.auth.utils import (
        build_oauth_authorization_server_metadata_discovery_urls,
        create_oauth_metadata_request,
        handle_auth_metadata_response,
        issuers_match,
    )

    for each in build_oauth_authorization_server_metadata_discovery_urls(issuer or None, url):
        go_on, found = await handle_auth_metadata_response(
            await fetch.send(create_oauth_metadata_request(each))
        )
        if not go_on:
            raise Fault("sign_in_away", {"place": place(issuer or url)})
        if found:
            if not issuers_match(str(found.issuer), issuer or origin(url)):
                raise Fault("sign_in_unsound", {"place": place(url)})
            return found
    return None


async def _checked(
    fetch: Fetcher, url: str, refusal: "httpx2.Response", resource: Any, metadata: "OAuthMetadata"
) -> Found:
    if "S256" not in (metadata.code_challenge_methods_supported or ()):
        raise Fault("sign_in_unsound", {"place": place(str(metadata.issuer))})
    register, revoke = (
        str(each or "") for each in (metadata.registration_endpoint, metadata.revocation_endpoint)
    )
    ends = (str(metadata.authorization_endpoint), str(metadata.token_endpoint), register)
    for each in (str(metadata.issuer), *ends, revoke):
        if each:
            await fetch.named(each)
    return Found(
        str(metadata.issuer),
        *ends,
        auth_methods=tuple((metadata.token_endpoint_auth_methods_supported or ["client_secret_basic"])[:20]),
        resource=_resource_of(url, resource),
        scope=_scope(refusal, resource, metadata),
        tells_issuer=bool(metadata.authorization_response_iss_parameter_supported),
        revocation_endpoint=revoke,
    )


def _resource_of(url: str, resource: Any) -> str:
    """For what the token is asked: the server itself, or the part of its own host that it says it belongs to."""
    from mcp.shared.auth_utils import check_resource_allowed, resource_url_from_server_url

    own = resource_url_from_server_url(url)
    if resource is None:
        return own
    told = str(resource.resource)
    if not check_resource_allowed(requested_resource=own, configured_resource=told):
        raise Fault("sign_in_unsound", {"place": place(url)})
    return told


def _scope(refusal: "httpx2.Response", resource: Any, metadata: "OAuthMetadata") -> str:
    from mcp.client.auth.utils import extract_scope_from_www_auth, get_client_metadata_scopes
    from mcp.shared.auth import DEFAULT_GRANT_TYPES

    asked = extract_scope_from_www_auth(refusal)
    found = get_client_metadata_scopes(asked, resource, metadata, DEFAULT_GRANT_TYPES) or ""
    if not scopes.is_sound(found):
        raise Fault("sign_in_unsound", {"place": place(str(metadata.issuer))})
    return found
