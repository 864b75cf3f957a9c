"""Commands on a server that the platform installs itself: asked for by somebody, done by a worker, and told meanwhile.

While it is installed, `check_code` is INSTALLING and `check_detail` says how far it is: `{step, attempt, asked_by}`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ai_integration.mcp import pal
from ai_integration.mcp.faults import INSTALL_FAILED, INSTALLING
from ai_integration.models import McpServer
from ai_integration.services.tool_servers import may_define, mcp_server_create, mcp_server_update
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, Forbidden
from foundation.core.permissions import require
from foundation.core.queue import enqueue

TASK = "ai_integration.install_pal"
UNHEARD_AFTER = timedelta(seconds=30)
LOST_AFTER = timedelta(seconds=pal.INSTALL_SECONDS + 300)
MOST_ATTEMPTS = 3
UNDER_WAY = _("It is being installed already.")
NOT_OURS = _("There is a server named “pal” already, and it is another one. Rename or remove it first.")
LOST = _("The worker was lost three times.")


@transaction.atomic
def pal_ask(actor: Actor) -> McpServer:
    """Have the PAL MCP server installed, or mended. Raises Forbidden, Conflict `install_under_way`, `name_taken`."""
    if not may_define(actor):
        raise Forbidden(details={"permission": "mcp_server:create"})
    known = McpServer.objects.select_for_update().filter(name=pal.NAME).first()
    fields = {"command": [str(pal.program_in(pal.home()))], "timeout_seconds": pal.CALL_SECONDS}
    if known is None:
        row = mcp_server_create(actor, name=pal.NAME, shared=True, enabled=False, **fields)
    else:
        _check_ours(require(actor, "change", known))
        row = mcp_server_update(actor, known, **fields)
    _stand(row, INSTALLING, {"step": "waiting", "attempt": 0, "asked_by": str(actor.pk)})
    _told(actor, row, "mcp_server.install_asked")
    enqueue(TASK, str(row.pk))
    return row


@transaction.atomic
def pal_begin(server_id: UUID | str) -> McpServer | None:
    """The server, now being installed by us; None when somebody else does it, or when nobody asks for it any more."""
    row = McpServer.objects.select_for_update().filter(pk=server_id, check_code=INSTALLING).first()
    if row is None:
        return None
    told = row.check_detail
    if told["step"] != "waiting" and not _older(row, LOST_AFTER):
        return None
    if told["attempt"] >= MOST_ATTEMPTS:
        pal_failed(row.pk, reason=str(LOST))
        return None
    _stand(row, INSTALLING, told | {"step": pal.ORDER[1], "attempt": told["attempt"] + 1})
    _told(SYSTEM, row, "mcp_server.install_began")
    return row


@transaction.atomic
def pal_stepped(server_id: UUID, step: str) -> None:
    """Say that the installation has come to `step`, a key of `pal.STEPS`."""
    row = McpServer.objects.select_for_update().filter(pk=server_id, check_code=INSTALLING).first()
    if row is not None:
        _stand(row, INSTALLING, row.check_detail | {"step": step})
        _told(SYSTEM, row, "mcp_server.install_moved")


@transaction.atomic
def pal_wire(server_id: UUID, values: Mapping[str, str], *, enable: bool = False) -> McpServer | None:
    """Give the server the variables that `pal.environment` made. None when it is gone."""
    row = McpServer.objects.select_for_update().filter(pk=server_id).first()
    if row is None:
        return None
    standing = (row.checked_at, row.check_code, row.check_detail)
    changed = mcp_server_update(
        SYSTEM, row, environment=dict(values), **({"enabled": True} if enable else {})
    )
    if (
        standing[1] == INSTALLING
    ):  # a changed server stands as never checked, but this one is still on its way
        changed.checked_at, changed.check_code, changed.check_detail = standing
        changed.save(update_fields=["checked_at", "check_code", "check_detail"])
    return changed


@transaction.atomic
def pal_failed(server_id: UUID, *, reason: str) -> None:
    """The installation ended without a server; what was there before stays as it was."""
    row = McpServer.objects.select_for_update().filter(pk=server_id, check_code=INSTALLING).first()
    if row is not None:
        _stand(row, INSTALL_FAILED, row.check_detail | {"reason": reason[:600]})
        _told(SYSTEM, row, "mcp_server.install_failed")


@transaction.atomic
def pal_installed(server_id: UUID, asked_by: str) -> None:
    """Tell whoever asked for it that it stands; how the first connection went is on record."""
    row = McpServer.objects.filter(pk=server_id).first()
    if row is not None:
        row.check_detail = row.check_detail | {"asked_by": asked_by}
        _told(SYSTEM, row, "mcp_server.installed")


def installs_sweep() -> None:
    """Ask again for what waits too long: its message, or its worker, was lost."""
    for row in McpServer.objects.filter(check_code=INSTALLING):
        if _older(row, UNHEARD_AFTER if row.check_detail["step"] == "waiting" else LOST_AFTER):
            enqueue(TASK, str(row.pk))


def _check_ours(row: McpServer) -> None:
    if not pal.is_recipe(row.command):
        raise Conflict(str(NOT_OURS), code="name_taken")
    if row.check_code == INSTALLING and not _older(row, LOST_AFTER):
        raise Conflict(UNDER_WAY, code="install_under_way")


def _older(row: McpServer, age: timedelta) -> bool:
    return row.checked_at is None or row.checked_at < timezone.now() - age


def _stand(row: McpServer, code: str, detail: dict[str, Any]) -> None:
    row.checked_at, row.check_code, row.check_detail = timezone.now(), code, detail
    row.save(update_fields=["checked_at", "check_code", "check_detail", "updated_at"])


def _told(actor: Actor, row: McpServer, type: str) -> None:
    people = {str(row.owner_id), row.check_detail.get("asked_by", "")} - {""}
    data = {"name": row.name} | {
        key: row.check_detail[key] for key in ("step", "reason") if key in row.check_detail
    }
    record(actor, type, row, streams=[f"inbox:{pk}" for pk in sorted(people)], data=data)
