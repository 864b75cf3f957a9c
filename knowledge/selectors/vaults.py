"""Vaults, notes and sources, one by one and in lists."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import NotFound, Unavailable
from foundation.core.permissions import fetch
from knowledge.files.inside import Outside, root_fault
from knowledge.files.reading import read_content
from knowledge.models import Note, Source, Vault
from knowledge.reasons import sentence
from knowledge.states import NoteStatus

FILE_GONE = _("The note's file is not there any more. The next synchronisation will notice.")
FILE_UNREADABLE = _("The note's file cannot be read at the moment.")


def vault_list(user: Any, action: str = "view") -> QuerySet[Vault]:
    return Vault.objects.permitted(user, action)


def vault_get(user: Any, pk: UUID | str, action: str = "view") -> Vault:
    """Raises NotFound when it is invisible, Forbidden when `action` is not allowed."""
    return fetch(Vault.objects.all(), user, action, pk=pk)


def sample_vault(user: Any) -> Vault | None:
    """The vault of the first start, as long as it is registered."""
    return vault_list(user).filter(path=str(sample_folder())).first()


def sample_folder() -> Path:
    """Where the copy of the sample vault lies."""
    return (Path(settings.DATA_DIR) / "vaults" / "sample").resolve()


def vault_faults(user: Any) -> list[tuple[Vault, str]]:
    """The vaults whose folder cannot be read now, with the reason's code."""
    found = [(vault, root_fault(Path(vault.path))) for vault in vault_list(user)]
    return [(vault, code) for vault, code in found if code]


def vault_status(user: Any, pk: UUID | str) -> dict[str, Any]:
    """Counts of the vault's files by the state of their index entry, and why the last sync stopped, if it did."""
    vault = vault_get(user, pk)
    rows = (
        Note.objects.filter(vault=vault, deleted_at=None)
        .order_by()
        .values_list("status")
        .annotate(Count("pk"))
    )
    counts = dict.fromkeys(NoteStatus.values, 0) | dict(rows)
    return {
        "total": sum(counts.values()),
        **{status: counts[status] for status in NoteStatus.values},
        "synced_at": vault.synced_at,
        "stopped": {"code": vault.stopped, "message": sentence(vault.stopped)} if vault.stopped else None,
    }


def note_list(user: Any) -> QuerySet[Note]:
    """Notes whose files are there; skipped and failed ones too, with their reasons."""
    return Note.objects.permitted(user, "view").filter(deleted_at=None)


def note_get(user: Any, pk: UUID | str) -> Note:
    rows = (
        Note.objects.filter(deleted_at=None)
        .select_related("vault")
        .prefetch_related("links", "backlinks__note")
    )
    return fetch(rows, user, pk=pk)


@dataclass(frozen=True)
class NoteFile:
    """A note's bytes as they are on the disk now; `sha256` is their hash, which the index may not know yet."""

    note: Note
    data: bytes
    sha256: str

    @property
    def charset(self) -> str:
        return {"cp932": "Shift_JIS", "utf-16": "UTF-16"}.get(self.note.encoding, "utf-8")


def note_raw(user: Any, pk: UUID | str) -> NoteFile:
    """Raises NotFound when the note is invisible or its file gone, Unavailable when the file cannot be read."""
    note = note_get(user, pk)
    try:
        content = read_content(Path(note.vault.path), note.path)
    except FileNotFoundError as error:
        raise NotFound(FILE_GONE, code="file_gone") from error
    except (OSError, Outside, ValueError) as error:
        raise Unavailable(FILE_UNREADABLE, code="file_unreadable") from error
    return NoteFile(note, content.data, content.sha256)


def source_list(user: Any) -> QuerySet[Source]:
    return Source.objects.permitted(user, "view")


def source_get(user: Any, pk: UUID | str, action: str = "view") -> Source:
    return fetch(Source.objects.all(), user, action, pk=pk)
