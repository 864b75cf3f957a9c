"""Signing in at a server of tools: a person is sent away, comes back with a code, and the tokens are kept."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ai_integration import services
from ai_integration.gateway import loop
from ai_integration.gateway.connecting import connect, target_of
from ai_integration.gateway.holding import ends_at
from ai_integration.mcp.faults import Fault, sentence
from ai_integration.mcp.signing import flow, scopes
from ai_integration.mcp.signing.discovery import Found, discover
from ai_integration.mcp.targets import HTTP, Target
from ai_integration.models import McpServer, McpSignInAttempt
from ai_integration.outbound import place
from ai_integration.selectors import Held, sign_in_held
from foundation.core.actors import Actor
from foundation.core.errors import Conflict
from foundation.core.permissions import require


@dataclass(frozen=True)
class Begun:
    """`address` is what the person opens, at `host`, until the attempt expires."""

    address: str
    host: str
    attempt: McpSignInAttempt


def sign_in_begin(actor: Actor, server: McpServer, *, redirect_uri: str, session: str = "") -> Begun:
    """Find out where to sign in, register where that is needed, and say what the person has to open.

    The answer is taken at `redirect_uri`, from the same person, and from the same `session` where one is given. Raises
    Forbidden, Conflict `sign_in_failed` whose message says why, Unavailable.
    """
    require(actor, "change", server)
    target, held = target_of(server), sign_in_held(server.pk)
    row = McpServer.objects.only("client_id", "client_secret", "scope_wanted").get(pk=server.pk)
    given = (row.client_id, row.client_secret)
    more = scopes.together(held.tokens.get("scope", "") if held else "", row.scope_wanted)
    loop.let_connection_go()
    try:
        found, client = loop.run(_prepared(target, held, given, redirect_uri, more))
    except Fault as fault:
        raise _failed(str(fault)) from fault
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    kept = {"found": asdict(found), "client": asdict(client), "verifier": verifier}
    begun = {"state": state, "session": session, "issuer": found.issuer, "kept": kept}
    attempt = services.sign_in_begin(actor, server, **begun)
    address = flow.address(found, client, state=state, challenge=flow.challenge_of(verifier))
    return Begun(address, place(found.authorization_endpoint), attempt)


def sign_in_finish(
    actor: Actor, server: McpServer, answer: Mapping[str, str], *, session: str = ""
) -> McpServer:
    """Take what the authorization server sent the person back with (`code`, `state`, `iss`, `error`), and connect.

    Raises Forbidden, Conflict `sign_in_stale` or `sign_in_failed`; nothing is kept then.
    """
    kept = services.sign_in_taken_up(actor, server, state=answer.get("state", ""), session=session)
    found, client = Found(**kept["found"]), flow.OAuthClient(**kept["client"])
    if "error" in answer or not answer.get("code"):
        raise _failed(_no(found.issuer, flow.error_word(answer.get("error"))))
    loop.let_connection_go()
    try:
        flow.check_issuer(found, answer.get("iss", ""))
        come = {"code": answer["code"][: flow.LONGEST_TOKEN], "verifier": kept["verifier"]}
        given = loop.run(flow.exchange(kept["url"], found, client, **come))
    except flow.Refused as error:
        raise _failed(_no(found.issuer, error.code)) from error
    except Fault as fault:
        raise _failed(str(fault)) from fault
    _keep(actor, server, kept["url"], found, client, given)
    return connect(actor, server)


def _keep(
    actor: Actor, server: McpServer, url: str, found: Found, client: flow.OAuthClient, given: flow.Tokens
) -> None:
    tokens = {"access": given.access, "refresh": given.refresh}
    tokens |= {"endpoint": found.token_endpoint, "resource": found.resource}
    tokens |= {"revocation": found.revocation_endpoint, "scope": given.scope or found.scope}
    told: dict[str, Any] = {"issuer": found.issuer, "client": asdict(client), "tokens": tokens}
    services.sign_in_keep(actor, server, url=url, expires_at=ends_at(given.seconds), **told)


async def _prepared(
    target: Target, held: Held | None, given: tuple[str, str], redirect_uri: str, more: str
) -> tuple[Found, flow.OAuthClient]:
    """`more` is what is asked for beyond what the server says to somebody who comes with nothing."""
    if target.transport != HTTP or (found := await discover(target)) is None:
        raise Fault("sign_in_none")
    own, client_id, secret = found.scope, *given
    found = replace(found, scope=scopes.together(own, more))
    if client_id:
        if held and secret and held.issuer != found.issuer:
            raise Fault("sign_in_moved", {"place": place(found.issuer)})
        return found, flow.known_client(client_id, secret, found, redirect_uri)
    known = flow.OAuthClient(**held.client) if held else None
    fits = known and (known.issuer, known.redirect_uri) == (found.issuer, redirect_uri)
    if known and fits and not scopes.beyond(found.scope, scopes.together(own, known.scope)):
        return found, known
    return found, await flow.register(target.url, found, redirect_uri)


def _no(issuer: str, word: str) -> str:
    if word == "access_denied":
        return _("It was not allowed at %(place)s. Nothing was kept.") % {"place": place(issuer)}
    reason = _("Its word for why: %(word)s.") % {"word": word} if word else ""
    return sentence("sign_in_refused", {"place": place(issuer), "reason": reason}).strip()


def _failed(message: str | Promise) -> Conflict:
    return Conflict(message, code="sign_in_failed")
