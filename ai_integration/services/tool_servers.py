"""Commands on servers of tools. Whoever defines one decides what is started on this machine."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ai_integration import outbound
from ai_integration.models import McpServer
from ai_integration.services.signing import forget_sign_in
from ai_integration.states import Transport
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Forbidden, Invalid
from foundation.core.permissions import require

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
MOST_ARGUMENTS, MOST_VALUES, LONGEST_ARGUMENT, LONGEST_VALUE = 100, 50, 4_000, 8_000
LONGEST_CLIENT = 500
NAME_ODD = _("Up to 30 small letters, digits and hyphens, beginning with a letter or digit.")
COMMAND_NEEDED = _("Enter the program and its arguments, one to a line.")
COMMAND_ODD = _("At most 100 arguments of 4,000 characters each, without line breaks.")
URL_NEEDED = _("Enter the server's address, such as http://127.0.0.1:3000/mcp.")
VALUES_ODD = _("One NAME=value to a line, at most 50; a value has at most 8,000 characters.")
VALUES_AGAIN = _("The address leads to another server. Enter the headers for it.")
FOLDER_ODD = _("Give the whole path of the folder in which the command is started.")
CLIENT_ODD = _("A client ID has at most 500 characters without spaces, a client secret the same.")
SECRET_AGAIN = _("The address leads to another server. Enter the client secret for it.")
TIMEOUT_ODD = _("From 1 to 3,600 seconds.")
TAKEN = _("There is a server of that name already.")
ONLY_ADMINISTRATORS = _(
    "Only administrators define servers: a server's command runs on the platform's own machine."
)
PLAIN = ("name", "transport", "command", "folder", "url", "client_id", "timeout_seconds", "shared", "enabled")
SECRET = ("environment", "headers", "client_secret")
ELSEWHERE = {"transport", "url", "client_id", "client_secret"}  # what a sign-in holds for


def may_define(actor: Actor) -> bool:
    """Whether `actor` may define servers. Of the roles of a fresh installation, only the owner's says so."""
    return bool(actor.is_active) and (actor.is_superuser or "mcp_server:create" in actor.permission_codes)


def mcp_server_create(actor: Actor, *, name: str, **fields: Any) -> McpServer:
    """Define a server; nothing is started yet. `environment` and `headers` are mappings.

    Raises Forbidden, Invalid (naming the field), Conflict (the name is taken).
    """
    _require_definer(actor)
    row = McpServer(owner=actor, name=name)
    _fill(row, fields)
    if row.transport == Transport.HTTP:
        row.url = _reachable(row.url)
    with transaction.atomic():
        _save(row)
        record(actor, "mcp_server.created", row, data=_told(row))
    return row


def mcp_server_update(actor: Actor, server: McpServer, **fields: Any) -> McpServer:
    """Change what is given; secret values stay where they are None. Raises as `mcp_server_create`."""
    _require_definer(actor)
    if fields.get("url"):
        fields["url"] = _reachable(fields["url"])  # asks the network: not in a transaction
    with transaction.atomic():
        row = require(actor, "change", McpServer.objects.select_for_update().get(pk=server.pk))
        _check_not_led_away(row, fields)
        before = {name: getattr(row, name) for name in (*PLAIN, *SECRET)}
        _fill(row, fields)
        changed = [name for name, value in before.items() if getattr(row, name) != value]
        if set(changed) - {"name", "shared", "timeout_seconds"}:
            row.checked_at, row.check_code, row.check_detail = None, "", {}
        if ELSEWHERE & set(changed):
            forget_sign_in(row)
        _save(row)
        record(actor, "mcp_server.updated", row, data=_told(row) | {"fields": changed})
    return row


@transaction.atomic
def mcp_server_delete(actor: Actor, server: McpServer) -> None:
    """Forget the server, its tools and what they were allowed. Calls that were made stay on record."""
    _require_definer(actor)
    require(actor, "delete", server)
    record(actor, "mcp_server.deleted", server, data=_told(server))
    server.delete()


def values_of(stored: str) -> dict[str, str]:
    """The mapping behind `environment` or `headers`."""
    return json.loads(stored) if stored else {}


def _require_definer(actor: Actor) -> None:
    if not may_define(actor):
        raise Forbidden(ONLY_ADMINISTRATORS, details={"permission": "mcp_server:create"})


def _fill(row: McpServer, fields: Mapping[str, Any]) -> None:
    for name in PLAIN:
        if name in fields:
            setattr(row, name, fields[name])
    if not NAME.fullmatch(row.name):
        raise _wrong("name", NAME_ODD)
    if row.transport not in Transport.values:
        raise _wrong("transport", _("Use one of: %s") % ", ".join(Transport.values))
    (_check_command if row.transport == Transport.STDIO else _check_url)(row)
    if not 1 <= row.timeout_seconds <= 3600:
        raise _wrong("timeout_seconds", TIMEOUT_ODD)
    for name, pattern in (("environment", VARIABLE), ("headers", HEADER)):
        if fields.get(name) is not None:
            setattr(row, name, _packed(name, fields[name], pattern))
    _fill_client(row, fields.get("client_secret"))
    if settings.SIGN_IN == "link":
        row.shared = True  # there is one person, and all work is theirs


def _check_command(row: McpServer) -> None:
    row.url, row.headers = "", ""
    given = row.command
    if not isinstance(given, list) or not given or not all(isinstance(each, str) for each in given):
        raise _wrong("command", COMMAND_NEEDED)
    odd = any(len(each) > LONGEST_ARGUMENT or set(each) & set("\x00\r\n") for each in given)
    if odd or len(given) > MOST_ARGUMENTS:
        raise _wrong("command", COMMAND_ODD)
    if not given[0].strip():
        raise _wrong("command", COMMAND_NEEDED)
    if row.folder and (
        "\x00" in row.folder or (not row.folder.startswith(("/", "\\")) and row.folder[1:2] != ":")
    ):
        raise _wrong("folder", FOLDER_ODD)


def _check_url(row: McpServer) -> None:
    row.command, row.folder, row.environment = [], "", ""
    if not row.url:
        raise _wrong("url", URL_NEEDED)


def _fill_client(row: McpServer, secret: str | None) -> None:
    """The client that was registered beforehand, if there is one; without an ID there is no secret either."""
    if secret is not None:
        row.client_secret = secret
    if row.transport != Transport.HTTP or not row.client_id:
        row.client_id, row.client_secret = "", ""
    for name in ("client_id", "client_secret"):
        value = getattr(row, name)
        if len(value) > LONGEST_CLIENT or not value.isascii() or not value.isprintable() or " " in value:
            raise _wrong(name, CLIENT_ODD)


def _reachable(url: str) -> str:
    try:
        return outbound.check_address(url)
    except Invalid as error:
        raise _wrong("url", str(error)) from error


def _check_not_led_away(row: McpServer, fields: Mapping[str, Any]) -> None:
    """Headers that were entered for one server are not sent to another without anybody's doing."""
    moved = "url" in fields and outbound.origin(fields["url"]) != outbound.origin(row.url)
    if moved and row.headers and fields.get("headers") is None:
        raise _wrong("headers", VALUES_AGAIN)
    if moved and row.client_secret and fields.get("client_secret") is None and fields.get("client_id") != "":
        raise _wrong("client_secret", SECRET_AGAIN)


def _packed(name: str, given: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(given, Mapping) or len(given) > MOST_VALUES:
        raise _wrong(name, VALUES_ODD)
    for key, value in given.items():
        sound = isinstance(key, str) and pattern.fullmatch(key) and isinstance(value, str)
        if not sound or len(value) > LONGEST_VALUE or set(value) & set("\x00\r\n"):
            raise _wrong(name, VALUES_ODD)
        if name == "headers" and not (value.isascii() and value.isprintable()):
            raise _wrong(name, VALUES_ODD)
    return json.dumps(dict(given), ensure_ascii=False) if given else ""


def _save(row: McpServer) -> None:
    row.full_clean(validate_constraints=False, validate_unique=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(TAKEN, code="name_taken", details={"name": [str(TAKEN)]}) from error


def _told(row: McpServer) -> dict[str, Any]:
    """What the audit keeps: the exact command or address, and only the names of secret values."""
    names = sorted([*values_of(row.environment), *values_of(row.headers)])
    where = {"command": row.command} if row.transport == Transport.STDIO else {"url": row.url}
    names += ["client_secret"] if row.client_secret else []
    return {"name": row.name, **where, "values": names, "shared": row.shared}


def _wrong(field: str, message: str | Promise) -> Invalid:
    return Invalid(str(message), details={field: [str(message)]})
