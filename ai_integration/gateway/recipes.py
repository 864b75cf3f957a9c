"""Installing the PAL MCP server, and telling it which models there are: those that serve everybody here.

What PAL asks of a model it asks by itself: no budget of ours counts it, and no record of ours holds it. So it gets only the
connections that serve everybody, never one that a person keeps for their own work.
"""

import logging
import subprocess
from contextlib import suppress
from typing import Any

from ai_integration.gateway.connecting import connect
from ai_integration.gateway.proving import models_of
from ai_integration.mcp import pal
from ai_integration.mcp.faults import OK, sentence
from ai_integration.mcp.pal import Model, Wiring
from ai_integration.models import McpServer
from ai_integration.providers import Connection, Reference, parse
from ai_integration.selectors import connections_for, default_reference, setup
from ai_integration.services.recipes import pal_begin, pal_failed, pal_installed, pal_stepped, pal_wire
from ai_integration.services.tool_servers import values_of
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError, NotFound, Unavailable

logger = logging.getLogger(__name__)
MOST_MODELS = 200
LAST_WORDS = 400


def pal_carry_out(server_id: str) -> None:
    """Install it, wire it, connect it; however that goes is on record with the server."""
    row = pal_begin(server_id)
    if row is None:
        return
    asked_by = row.check_detail["asked_by"]
    try:
        pal.install(pal.home(), lambda step: pal_stepped(row.pk, step))
        pal_stepped(row.pk, "models")
        wired = pal_wire(row.pk, pal.environment(pal.home(), pal_wiring(), _values(row)), enable=True)
        if wired is None:
            return
        pal_stepped(row.pk, "connecting")
        checked = connect(SYSTEM, wired)
    except (subprocess.SubprocessError, OSError) as error:
        logger.warning("PAL could not be installed (%s)", error.__class__.__name__)
        pal_failed(row.pk, reason=_why(error))
    except DomainError as error:
        pal_failed(row.pk, reason=str(error))
    else:
        if checked.check_code != OK:
            logger.warning("PAL does not answer: %s", checked.check_code)
        pal_installed(row.pk, asked_by)


def pal_refresh() -> bool:
    """Tell an installed PAL which models there are now; returns whether that is anything new to it."""
    row = McpServer.objects.filter(name=pal.NAME, enabled=True).first()
    if row is None or not pal.is_recipe(row.command):
        return False
    known = _values(row)
    if known.get(pal.WIRED) != pal.FROM_PROVIDERS:
        return False  # somebody chose its models by hand
    fresh = pal.environment(pal.home(), pal_wiring(), known)
    if fresh == known:
        return False
    wired = pal_wire(row.pk, fresh)
    if wired is not None:
        with suppress(NotFound):  # removed in between
            connect(SYSTEM, wired)
    return True


def pal_wiring() -> Wiring:
    """Whatever connects work of everybody to models, as far as PAL can use it. Raises Unavailable (a key is unreadable)."""
    default = parse(default_reference())
    custom = _custom(default)
    keys = {
        pal.KEYS[name]: way.api_key
        for name in pal.KEYS
        for way in connections_for(None, name)[:1]
        if way.api_key and not way.base_url
    }
    models = _models(custom) if custom else ()
    return Wiring(
        url=custom.base_url if custom else "",
        key=custom.api_key if custom else "",
        models=models,
        keys=keys,
        default=_default(default, models, keys),
        wired=pal.FROM_PROVIDERS,
    )


def _custom(default: Reference) -> Connection | None:
    """The OpenAI-compatible server: PAL knows only one, so that of the default model goes first."""
    ways = [way for name in ("compatible", "openai") for way in connections_for(None, name) if way.base_url]
    ours = [way for way in ways if (way.provider, way.label) == (default.provider, default.label)]
    return next(iter([*ours, *ways]), None)


def _models(way: Connection) -> tuple[Model, ...]:
    """What the server offers, with sizes where they are known; while it does not answer, what it offered before."""
    names = models_of(way)
    if not names:
        return pal.catalogued(pal.home())
    head, now = f"{way.provider}/{way.label}" if way.label else way.provider, setup()
    found = [(name, now.profile(f"{head}:{name}")) for name in names[:MOST_MODELS]]
    return tuple(Model(name, profile.context, profile.output) for name, profile in found)


def _default(default: Reference, models: tuple[Model, ...], keys: Any) -> str:
    """The platform's own default where PAL reaches it, else the first of the custom server; empty leaves it to PAL."""
    names = [each.name for each in models]
    if default.model in names or pal.KEYS.get(default.provider) in keys:
        return default.model
    return names[0] if names else ""


def _values(row: McpServer) -> dict[str, str]:
    found = McpServer.objects.filter(pk=row.pk).first()
    try:
        return values_of(found.environment) if found else {}
    except Unavailable:
        return {}  # what cannot be read any more is written anew


def _why(error: Exception) -> str:
    """The end of what pip said, or what the system said."""
    said = getattr(error, "stderr", None) or b""
    words = " ".join(said.decode("utf-8", "replace").split())[-LAST_WORDS:]
    if isinstance(error, subprocess.TimeoutExpired):
        return sentence("silent", {"seconds": pal.INSTALL_SECONDS})
    return words or str(error)[:LAST_WORDS]
