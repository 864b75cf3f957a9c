"""Registering vaults and looking after them. Nothing here writes into a vault."""

import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Forbidden, Invalid
from foundation.core.leases import free
from foundation.core.permissions import require, require_permission
from foundation.core.queue import enqueue
from knowledge.files.inside import is_listable
from knowledge.files.names import folder_parts
from knowledge.models import Note, Vault

NOT_ABSOLUTE = _("Give the whole path of the vault's folder, from the root of the file system on.")
MISSING = _("There is no folder at this path. Check the spelling, or connect the drive.")
NOT_A_FOLDER = _("This is a file. Give the folder that holds your notes.")
UNREADABLE = _("This folder may not be read. Give this account the right to read it, or choose another.")
WHOLE_DISK = _("This is the root of the file system. Choose the folder that holds your notes.")
OWN_DATA = _("The platform keeps its own data there. Choose the folder that holds your notes.")
IS_A_LINK = _("This is a link. Register the folder that it leads to, if that is what you mean.")
OUTSIDE_ROOTS = _("Vaults must lie in one of the folders that the administrator listed in VAULT_ROOTS.")
NO_ROOTS = _("No folder is open for vaults yet. The administrator lists them in VAULT_ROOTS.")
ALREADY_THERE = _("This folder is already registered as “%(name)s”.")
NO_NAME = _("Give the vault a name of up to 100 characters.")

_REMOVED_AT_ONCE = 100


def require_may_register(actor: Actor) -> None:
    """Where several people sign in, a folder of the server is opened by administrators only. Raises Forbidden."""
    if settings.SIGN_IN == "password":
        require_permission(actor, "vault:create")


def vault_register(actor: Actor, *, name: str, path: str, report_folder: str | None = None) -> Vault:
    """Register the folder at `path`; its notes are indexed by the next `vault_request_sync`.

    Raises Forbidden where only administrators may (team profile), Invalid for a folder that cannot be a vault,
    Conflict when its real path is registered already.
    """
    require_may_register(actor)
    folder = "/".join(folder_parts(settings.REPORT_FOLDER if report_folder is None else report_folder))
    root = _checked_root(path)
    _require_new(actor, root)
    try:
        with transaction.atomic():
            vault = Vault.objects.create(
                owner_id=actor.pk, name=_checked_name(name), path=str(root), report_folder=folder
            )
            record(
                actor,
                "vault.registered",
                vault,
                streams=[_inbox(vault)],
                data={"name": vault.name, "path": str(root)},
            )
            return vault
    except IntegrityError:
        _require_new(actor, root)
        raise


@transaction.atomic
def vault_update(
    actor: Actor, vault: Vault, *, name: str | None = None, report_folder: str | None = None
) -> Vault:
    """Rename a vault or choose another report folder. Raises Forbidden, Invalid."""
    vault = require(actor, "change", vault)
    if name is not None:
        vault.name = _checked_name(name)
    if report_folder is not None:
        vault.report_folder = "/".join(folder_parts(report_folder))
    vault.save(update_fields=["name", "report_folder", "updated_at"])
    record(
        actor,
        "vault.updated",
        vault,
        streams=[_inbox(vault)],
        data={"name": vault.name, "report_folder": vault.report_folder},
    )
    if report_folder is not None:
        _queue_sync(vault)
    return vault


@transaction.atomic
def vault_request_sync(actor: Actor, vault: Vault, *, accept_vanished: bool = False) -> Vault:
    """Queue a sync. `accept_vanished` confirms that notes which are gone, however many, were removed on purpose."""
    vault = require(actor, "change", vault)
    if accept_vanished:
        vault.vanish_accepted = True
        vault.save(update_fields=["vanish_accepted", "updated_at"])
    record(actor, "vault.sync_requested", vault, data={"accept_vanished": accept_vanished})
    _queue_sync(vault)
    return vault


def vault_syncs_resume() -> int:
    """Queue every sync that was asked for and never finished (a killed worker, a forgetful broker); returns how many."""
    due = Vault.objects.filter(free(), Q(synced_at=None) | Q(synced_at__lt=F("sync_requested_at")))
    due = due.filter(sync_requested_at__isnull=False, attempts__lt=settings.MAX_ATTEMPTS_WITHOUT_PROGRESS)
    waiting = list(due.values_list("pk", flat=True))
    for pk in waiting:
        enqueue("knowledge.sync_vault", str(pk))
    return len(waiting)


def vault_remove(actor: Actor, vault: Vault) -> None:
    """Forget a vault and everything known of it. Its files stay as they are. Raises Forbidden."""
    vault = require(actor, "delete", vault)
    notes = Note.objects.filter(vault=vault).order_by("pk")
    while batch := list(notes.values_list("pk", flat=True)[:_REMOVED_AT_ONCE]):
        Note.objects.filter(pk__in=batch).delete()
    with transaction.atomic():
        record(
            actor,
            "vault.removed",
            vault,
            streams=[_inbox(vault)],
            data={"name": vault.name, "path": vault.path},
        )
        Vault.objects.filter(pk=vault.pk).delete()


def _queue_sync(vault: Vault) -> None:
    vault.sync_requested_at = timezone.now()
    vault.attempts = 0
    vault.save(update_fields=["sync_requested_at", "attempts", "updated_at"])
    enqueue("knowledge.sync_vault", str(vault.pk))


def _inbox(vault: Vault) -> str:
    return f"inbox:{vault.owner_id}"


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 100:
        raise Invalid(NO_NAME, code="name_not_valid")
    return name


def _checked_root(path: str) -> Path:
    """The real path of a folder that may be a vault. Raises Invalid or Forbidden."""
    given = _expanded(path)
    faults: list[tuple[Callable[[], bool], Promise, str]] = [
        (lambda: not given.is_absolute(), NOT_ABSOLUTE, "path_not_absolute"),
        (lambda: given.is_symlink() or given.is_junction(), IS_A_LINK, "path_is_a_link"),
        (lambda: not given.exists(), MISSING, "path_missing"),
        (lambda: not given.is_dir(), NOT_A_FOLDER, "path_not_a_folder"),
        (lambda: not is_listable(given), UNREADABLE, "path_unreadable"),
    ]
    try:
        fault = next(((message, code) for is_at_fault, message, code in faults if is_at_fault()), None)
    except OSError:
        fault = (UNREADABLE, "path_unreadable")
    if fault:
        raise Invalid(fault[0], code=fault[1], details={"path": path[:1000]})
    return _permitted_root(given, Path(os.path.realpath(given)))


def _expanded(path: str) -> Path:
    text = path.strip()
    if not text or "\0" in text or len(text) > 1000:
        raise Invalid(NOT_ABSOLUTE, code="path_not_absolute")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise Invalid(MISSING, code="path_missing") from error


def _permitted_root(given: Path, root: Path) -> Path:
    data = Path(settings.DATA_DIR)
    if root.parent == root:
        raise Invalid(WHOLE_DISK, code="path_is_the_disk")
    if data.is_relative_to(root) or (root.is_relative_to(data) and not root.is_relative_to(data / "vaults")):
        raise Invalid(OWN_DATA, code="path_is_own_data")
    if settings.SIGN_IN == "password" and not settings.VAULT_ROOTS:
        raise Forbidden(NO_ROOTS, code="outside_vault_roots")
    if settings.VAULT_ROOTS and not any(root.is_relative_to(allowed) for allowed in settings.VAULT_ROOTS):
        raise Forbidden(OUTSIDE_ROOTS, code="outside_vault_roots", details={"path": str(given)})
    return root


def _require_new(actor: Actor, root: Path) -> None:
    for vault in Vault.objects.only("pk", "name", "path"):
        if not _same_folder(Path(vault.path), root):
            continue
        visible = Vault.objects.permitted(actor, "view").filter(pk=vault.pk).exists()
        details = {"vault": str(vault.pk), "name": vault.name} if visible else {}
        raise Conflict(
            ALREADY_THERE % {"name": vault.name if visible else "…"}, code="vault_exists", details=details
        )


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one == other or os.path.samefile(one, other)
    except OSError:
        return False
