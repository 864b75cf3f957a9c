"""Commands on signing in at servers of tools. Tokens go in; no return value, event or error holds one."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ai_integration.mcp.faults import SIGN_IN, SIGN_IN_AGAIN
from ai_integration.mcp.signing import scopes
from ai_integration.models import McpServer, McpSignIn, McpSignInAttempt
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict
from foundation.core.permissions import require

ATTEMPT_MINUTES = 10
REFRESH_SECONDS = 60  # a process that did not come back within this time refreshes no more
STALE = _(
    "This sign-in is not under way any more, or was begun by somebody else. Begin it again; nothing was kept."
)
MOVED = _("The server was changed while you signed in. Begin again; nothing was kept.")


@transaction.atomic
def sign_in_begin(
    actor: Actor, server: McpServer, *, state: str, session: str, issuer: str, kept: dict[str, Any]
) -> McpSignInAttempt:
    """Keep what is needed when the person comes back with `state`. Raises Forbidden."""
    row = require(actor, "change", McpServer.objects.select_for_update().get(pk=server.pk))
    old = Q(server=row, user=actor) | Q(expires_at__lt=timezone.now())
    McpSignInAttempt.objects.filter(old).delete()
    made = McpSignInAttempt.objects.create(
        server=row,
        user=actor,
        digest=_digest(state),
        session=_digest(session) if session else "",
        kept=json.dumps(kept | {"url": row.url}),
        expires_at=timezone.now() + timedelta(minutes=ATTEMPT_MINUTES),
    )
    record(actor, "mcp_server.sign_in_begun", row, data={"name": row.name, "issuer": issuer})
    return made


def sign_in_taken_up(actor: Actor, server: McpServer, *, state: str, session: str) -> dict[str, Any]:
    """What was kept for `state`, once. Raises Conflict `sign_in_stale`; whatever the state belonged to is over then."""
    row = McpSignInAttempt.objects.filter(digest=_digest(state)).first() if state else None
    if row is None or not McpSignInAttempt.objects.filter(pk=row.pk).delete()[0]:
        raise Conflict(STALE, code="sign_in_stale")
    theirs = (row.user_id, row.server_id) == (actor.pk, server.pk)
    if not theirs or row.expires_at < timezone.now() or row.session not in ("", _digest(session)):
        raise Conflict(STALE, code="sign_in_stale")
    return json.loads(row.kept)


@transaction.atomic
def sign_in_keep(
    actor: Actor,
    server: McpServer,
    *,
    url: str,
    issuer: str,
    client: dict[str, str],
    tokens: dict[str, str],
    expires_at: datetime | None,
) -> McpServer:
    """The person said yes. Raises Forbidden, Conflict `sign_in_stale` when the server leads elsewhere by now."""
    row = require(actor, "change", McpServer.objects.select_for_update().get(pk=server.pk))
    if row.url != url or row.client_id not in ("", client["client_id"]):
        raise Conflict(MOVED, code="sign_in_stale")
    given = {"issuer": issuer, "client": json.dumps(client), "tokens": json.dumps(tokens)}
    given |= {"grant": uuid4(), "expires_at": expires_at, "refreshing_until": None, "signed_in_by": actor}
    McpSignIn.objects.update_or_create(server=row, defaults=given)
    row.signed_in_at, row.scope_wanted, row.check_code, row.check_detail = timezone.now(), "", "", {}
    row.save(update_fields=["signed_in_at", "scope_wanted", "check_code", "check_detail", "updated_at"])
    record(actor, "mcp_server.signed_in", row, data={"name": row.name, "issuer": issuer})
    return row


@transaction.atomic
def sign_out(actor: Actor, server: McpServer) -> McpServer:
    """Forget the tokens. Raises Forbidden, Conflict `not_signed_in`."""
    row = require(actor, "change", McpServer.objects.select_for_update().get(pk=server.pk))
    if row.signed_in_at is None:
        raise Conflict(_("Nobody is signed in there."), code="not_signed_in")
    _forget(row, SIGN_IN)
    record(actor, "mcp_server.signed_out", row, data={"name": row.name})
    return row


@transaction.atomic
def sign_in_end(server_id: UUID, grant: UUID) -> None:
    """The tokens are taken no more: forget them and tell the owner, unless somebody has signed in anew."""
    row = McpServer.objects.select_for_update().filter(pk=server_id, sign_in__grant=grant).first()
    if row is None or row.signed_in_at is None:
        return
    _forget(row, SIGN_IN_AGAIN)
    title = _("The tool server “%(server)s” asks you to sign in again.") % {"server": row.name}
    data = {"name": row.name}
    record(SYSTEM, "mcp_server.sign_in_ended", row, data=data, notify=[row.owner], title=title)


@transaction.atomic
def sign_in_want(server_id: UUID, grant: UUID, scope: str) -> None:
    """A tool was refused for want of `scope`: ask for it at the next sign-in, and tell the owner, once."""
    row = McpServer.objects.select_for_update().filter(pk=server_id, sign_in__grant=grant).first()
    if row is None or not scopes.beyond(scope, row.scope_wanted):
        return
    wanted = scopes.together(row.scope_wanted, scope)
    row.scope_wanted = wanted if scopes.is_sound(wanted) else scope
    row.save(update_fields=["scope_wanted", "updated_at"])
    title = _("A tool of “%(server)s” asks for more than was allowed. Sign in again to allow it.")
    told = {"data": {"name": row.name, "scope": scope}, "notify": [row.owner]}
    record(SYSTEM, "mcp_server.more_asked", row, title=title % {"server": row.name}, **told)


def refresh_claim(server_id: UUID, grant: UUID) -> bool:
    """Whether the caller, and nobody else, is to refresh now: many servers take each refresh token only once."""
    free = Q(refreshing_until=None) | Q(refreshing_until__lt=timezone.now())
    rows = McpSignIn.objects.filter(free, server_id=server_id, grant=grant)
    until = timezone.now() + timedelta(seconds=REFRESH_SECONDS)
    return bool(rows.update(refreshing_until=until))


def refresh_done(
    server_id: UUID, grant: UUID, *, tokens: dict[str, str] | None, expires_at: datetime | None = None
) -> None:
    """Keep what the refreshing brought (None: nothing came of it), and let the next one refresh."""
    given: dict[str, Any] = {"refreshing_until": None, "updated_at": timezone.now()}
    if tokens is not None:
        given |= {"tokens": json.dumps(tokens), "expires_at": expires_at}
    McpSignIn.objects.filter(server_id=server_id, grant=grant).update(**given)


def forget_sign_in(row: McpServer) -> None:
    """Part of a command that leads the server elsewhere: neither tokens nor client go with it."""
    McpSignIn.objects.filter(server=row).delete()
    McpSignInAttempt.objects.filter(server=row).delete()
    row.signed_in_at, row.scope_wanted = None, ""


def _forget(row: McpServer, code: str) -> None:
    """The tokens alone: a client that was registered can be used again."""
    McpSignIn.objects.filter(server=row).update(tokens="", grant=uuid4(), expires_at=None)
    McpSignInAttempt.objects.filter(server=row).delete()
    row.signed_in_at, row.scope_wanted = None, ""
    row.check_code, row.check_detail, row.checked_at = code, {}, timezone.now()
    fields = ["signed_in_at", "scope_wanted", "check_code", "check_detail", "checked_at", "updated_at"]
    row.save(update_fields=fields)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
