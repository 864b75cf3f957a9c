"""Installing the PAL MCP server, and telling it which models there are: those that serve everybody here.

It gets names alone, of what the connections that serve everybody offer: never a key, never an address. It asks at the
platform's own door (`gateway.charging`), so that what it asks is paid and recorded like any other call.
"""

import logging
import subprocess
from contextlib import suppress

from ai_integration.gateway.connecting import connect
from ai_integration.gateway.proving import models_of
from ai_integration.mcp import pal
from ai_integration.mcp.faults import OK, sentence
from ai_integration.mcp.pal import Model, Wiring
from ai_integration.models import McpServer
from ai_integration.providers import MODULES, Connection, parse
from ai_integration.selectors import Setup, connections_for, default_reference, serves_everybody, setup
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
    """Whatever models the work of everybody may use. Raises Unavailable (a key is unreadable)."""
    default = default_reference()
    ways = [way for name in MODULES if name != "builtin" for way in connections_for(None, name)]
    offered = [reference for way in ways for reference in _offered(way)]
    chosen = [] if default.startswith("builtin") or not serves_everybody(parse(default)) else [default]
    now = setup()
    # A server may list hundreds; what is known of is more likely to be one that talks.
    known = sorted(offered, key=lambda each: not now.profile(each).known)
    references = list(dict.fromkeys([*chosen, *known]))[:MOST_MODELS]
    models = pal.lent(_model(each, now) for each in references)
    return Wiring(models=models, default=models[0].name if models else "", wired=pal.FROM_PROVIDERS)


def _offered(way: Connection) -> list[str]:
    """References of what the server offers; while it does not answer, of what it offered before."""
    head = f"{way.provider}/{way.label}" if way.label else way.provider
    names = models_of(way)
    if names:
        return [f"{head}:{name}" for name in names]
    before = pal.references(pal.home()).values()
    return [each for each in before if each.startswith(f"{head}:")]


def _model(reference: str, now: Setup) -> Model:
    profile = now.profile(reference)
    return Model("", profile.context, profile.output, reference)


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
