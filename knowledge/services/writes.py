"""Writing one new note into a vault's report folder: once, whole, and without touching anything else.

The intent (path and hash) is stored before the file is written, so that after a crash at any point the same call
finds its own file by the hash, or writes it now.
"""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, DomainError, Forbidden
from foundation.core.permissions import require
from foundation.core.queue import enqueue
from knowledge.files.inside import Outside
from knowledge.files.names import folder_parts, is_below, numbered, path_key, safe_name
from knowledge.files.reading import read_content
from knowledge.files.writing import (
    Folder,
    as_on_disk,
    open_folder,
    remove_leftovers,
    was_cut_short,
    write_new,
)
from knowledge.models import NoteWrite, Vault
from knowledge.states import NOTE_WRITE, WriteStatus

DISK_FULL = _("The disk that holds the vault is full. Nothing was written; make room and try again.")
NOT_WRITABLE = _(
    "The vault's folder may not be written to. Give this account the right to write, and try again."
)
LEADS_OUT = _("The report folder is a link, or leads out of the vault. Nothing was written.")
FAULT = _("The disk that holds the vault reports a fault: %(problem)s. Nothing was written.")
GONE = _("The vault's folder is not there. Connect the drive, and try again.")
NOT_REPORTS = _("New notes may only be written into the vault's report folder “%(folder)s”.")

MAX_NUMBER = 10_000
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class VaultFault(DomainError):
    """The vault's disk does not do what is asked; nothing was lost, and trying again later makes sense."""

    code, status = "vault_fault", 507


@dataclass(frozen=True)
class WrittenNote:
    """`path` is relative to the vault; `created` is false when an earlier call with the same key had written it."""

    path: str
    sha256: str
    created: bool


def note_create(
    actor: Actor, vault: Vault, *, folder: str = "", title: str, markdown: str, unique_key: str
) -> WrittenNote:
    """Write a new note below the vault's report folder (`folder` empty: right into it). Call it outside a transaction.

    A taken name gets ` 2`, ` 3` …. The same `unique_key` writes once, however often it is called and wherever it was
    killed. Raises Forbidden, Invalid, Conflict (another worker writes the same key), and DomainError `disk_full`,
    `vault_not_writable`, `vault_gone`, `outside_vault`.
    """
    vault = require(actor, "operate", vault)
    data = markdown.replace("\r\n", "\n").replace("\r", "\n").encode()
    parts = _checked_folder(vault, folder)
    done = _earlier(vault, unique_key)
    if done:
        return done
    with _told_plainly():
        parts = as_on_disk(Path(vault.path), parts)
        with open_folder(Path(vault.path), parts) as opened:
            write = _Write(actor, vault, opened, "/".join(parts), safe_name(title), data, unique_key)
            return write.run()


def _checked_folder(vault: Vault, folder: str) -> tuple[str, ...]:
    parts = folder_parts(folder or vault.report_folder)
    if not is_below("/".join(parts), vault.report_folder):
        raise Forbidden(NOT_REPORTS % {"folder": vault.report_folder}, code="not_report_folder")
    return parts


def _earlier(vault: Vault, unique_key: str) -> WrittenNote | None:
    """What an earlier, finished call wrote. A note that the user deleted since stays deleted."""
    intent = NoteWrite.objects.filter(unique_key=unique_key).first()
    if intent and intent.vault_id != vault.pk:
        raise Conflict(details={"unique_key": unique_key})
    if intent and intent.status == WriteStatus.WRITTEN:
        return WrittenNote(intent.path, intent.sha256, created=False)
    return None


class _Write:
    """One call of `note_create`, from the intent to the file."""

    def __init__(
        self, actor: Actor, vault: Vault, opened: Folder, folder: str, name: str, data: bytes, unique_key: str
    ) -> None:
        self.actor, self.vault, self.opened, self.folder, self.name = actor, vault, opened, folder, name
        self.data, self.unique_key = data, unique_key
        self.sha256 = hashlib.sha256(data).hexdigest()

    def run(self) -> WrittenNote:
        intent = self._taken_up()
        if intent and self._is_ours(intent):
            return self._recognised(intent)
        for number in range(1, MAX_NUMBER):
            candidate = f"{numbered(self.name, number)}.md"
            intended = None if self._is_taken(candidate) else self._intend(intent, candidate)
            intent = intended or intent
            if intended and self._publish(intended, candidate):
                return self._finish(intended, created=True)
            if intent and intent.path == f"{self.folder}/{candidate}" and self._is_ours(intent):
                return self._recognised(intent)
        raise Conflict(details={"path": f"{self.folder}/{self.name}.md"})

    def _mine(self) -> NoteWrite | None:
        return NoteWrite.objects.filter(unique_key=self.unique_key).first()

    def _taken_up(self) -> NoteWrite | None:
        """The intent of an interrupted call. Counting the attempt makes a slower twin of ours fail, not write twice."""
        NoteWrite.objects.filter(unique_key=self.unique_key).update(attempt=F("attempt") + 1)
        return self._mine()

    def _is_ours(self, intent: NoteWrite) -> bool:
        folder, _slash, name = intent.path.rpartition("/")
        if folder == self.folder and was_cut_short(self.opened, self.unique_key):
            self.opened.remove(name)
            return False
        try:
            return read_content(Path(self.vault.path), intent.path).sha256 == intent.sha256
        except (OSError, Outside, ValueError):
            return False

    def _is_taken(self, name: str) -> bool:
        key = path_key(name)
        return any(path_key(other) == key for other in self.opened.names())

    def _intend(self, intent: NoteWrite | None, name: str) -> NoteWrite | None:
        """Store the intent to write `name`; None when another write intends the same path."""
        path = f"{self.folder}/{name}"
        facts = {"path": path, "path_key": path_key(path), "sha256": self.sha256}
        try:
            with transaction.atomic():
                if intent is None:
                    return NoteWrite.objects.create(unique_key=self.unique_key, vault=self.vault, **facts)
                return self._changed(intent, facts)
        except IntegrityError:
            if intent is None and self._mine():
                raise self._overtaken() from None
            return None

    def _changed(self, intent: NoteWrite, facts: dict[str, str]) -> NoteWrite:
        rows = NoteWrite.objects.filter(pk=intent.pk, attempt=intent.attempt, status=WriteStatus.INTENDED)
        if not rows.update(**facts):
            raise self._overtaken()
        return NoteWrite.objects.get(pk=intent.pk)

    def _overtaken(self) -> Conflict:
        return Conflict(details={"unique_key": self.unique_key})

    def _publish(self, intent: NoteWrite, name: str) -> bool:
        try:
            write_new(self.opened, name, self.data, key=self.unique_key, attempt=intent.attempt)
        except FileExistsError:
            return False
        except FileNotFoundError as error:  # a twin of this call took our temporary file away
            raise self._overtaken() from error
        return True

    def _recognised(self, intent: NoteWrite) -> WrittenNote:
        remove_leftovers(self.opened, self.unique_key)
        return self._finish(intent, created=False)

    @transaction.atomic
    def _finish(self, intent: NoteWrite, *, created: bool) -> WrittenNote:
        NOTE_WRITE.move(intent, WriteStatus.WRITTEN)
        record(
            self.actor,
            "note.written",
            self.vault,
            streams=[f"inbox:{self.vault.owner_id}"],
            data={"path": intent.path, "sha256": intent.sha256},
        )
        enqueue("knowledge.sync_vault", str(self.vault.pk))
        return WrittenNote(intent.path, intent.sha256, created)


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except Outside as error:
        raise Forbidden(LEADS_OUT, code="outside_vault") from error
    except FileNotFoundError as error:
        raise VaultFault(GONE, code="vault_gone") from error
    except OSError as error:
        if error.errno in _FULL:
            raise VaultFault(DISK_FULL, code="disk_full") from error
        if error.errno in _REFUSED:
            raise VaultFault(NOT_WRITABLE, code="vault_not_writable") from error
        raise VaultFault(FAULT % {"problem": error.strerror or error.__class__.__name__}) from error
