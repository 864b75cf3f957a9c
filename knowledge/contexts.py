"""What the pages of knowledge show: vaults and how they stand, notes and sources as they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from foundation.activity.streams import followed
from foundation.core import markdown
from foundation.core.paging import Page, paged
from foundation.core.permissions import may
from knowledge.files.reading import decode
from knowledge.models import Link, Note, Source, Vault
from knowledge.places import obsidian_address
from knowledge.reasons import sentence
from knowledge.selectors import (
    SearchHit,
    note_list,
    note_raw,
    search_notes,
    source_get,
    source_list,
    vault_get,
    vault_list,
)
from knowledge.states import NoteStatus

HITS = 30
SOURCES = 30
PROBLEMS = 100


@dataclass(frozen=True)
class VaultStanding:
    """A vault and how many of its notes are in which state. `stopped` is a sentence."""

    vault: Vault
    counts: Mapping[str, int]
    may_change: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def stopped(self) -> str:
        return sentence(self.vault.stopped) if self.vault.stopped else ""

    @property
    def at_work(self) -> bool:
        """Whether a synchronisation was asked for and has not ended."""
        asked, done = self.vault.sync_requested_at, self.vault.synced_at
        return asked is not None and not self.vault.stopped and (done is None or done < asked)


@dataclass(frozen=True)
class KnowledgePage:
    words: str
    vault: str
    hits: Sequence[SearchHit]
    vaults: Sequence[VaultStanding]
    sources: Sequence[Source]
    streams: str
    may_register: bool

    @property
    def found(self) -> int:
        return len(self.hits)


def knowledge_page(user: Any, *, words: str = "", vault: str = "") -> KnowledgePage:
    words = words[:200].strip()
    streams = followed(user, "inbox")
    vaults = standings(user)
    known = {str(each.vault.pk) for each in vaults}
    chosen = vault if vault in known else None
    return KnowledgePage(
        words=words,
        vault=chosen or "",
        hits=search_notes(user, words, vault=chosen, limit=HITS) if words else (),
        vaults=vaults,
        sources=list(source_list(user).defer("text").order_by("-created_at")[:SOURCES]),
        streams=streams,
        may_register=settings.SIGN_IN == "link"
        or user.is_superuser
        or "vault:create" in user.permission_codes,
    )


def standings(user: Any) -> list[VaultStanding]:
    """Every vault with its counts, in two queries."""
    rows = note_list(user).order_by().values_list("vault_id", "status").annotate(Count("pk"))
    counts: dict[UUID, dict[str, int]] = {}
    for vault_id, status, number in rows:
        counts.setdefault(vault_id, dict.fromkeys(NoteStatus.values, 0))[status] = number
    empty = dict.fromkeys(NoteStatus.values, 0)
    return [
        VaultStanding(vault, counts.get(vault.pk, empty)) for vault in vault_list(user).order_by("created_at")
    ]


@dataclass(frozen=True)
class Problem:
    """A note that is not as it should be in the index."""

    note: Note
    reason: str


@dataclass(frozen=True)
class VaultPage:
    standing: VaultStanding
    problems: Sequence[Problem]
    page: Page
    streams: str
    may_delete: bool
    form: Any = None


def vault_page(user: Any, pk: Any, cursor: str = "") -> VaultPage:
    streams = followed(user, "inbox")
    vault = vault_get(user, pk)
    notes = note_list(user).filter(vault=vault)
    counts = dict.fromkeys(NoteStatus.values, 0) | dict(
        notes.order_by().values_list("status").annotate(Count("pk"))
    )
    bad = notes.filter(status__in=(NoteStatus.SKIPPED, NoteStatus.FAILED)).order_by("path")[:PROBLEMS]
    readable = notes.filter(status=NoteStatus.INDEXED).only(
        "path", "title", "vault", "created_at", "updated_at"
    )
    return VaultPage(
        standing=VaultStanding(vault, counts, may(user, "change", vault)),
        problems=[Problem(note, sentence(note.reason)) for note in bad],
        page=paged(readable, cursor),
        streams=streams,
        may_delete=may(user, "delete", vault),
    )


@dataclass
class NotePage:
    """A note as its file is now. `gone` says why it cannot be read, when it cannot."""

    note: Note
    text: str = ""
    backlinks: Sequence[Link] = field(default_factory=list)

    @property
    def html(self) -> SafeString:
        return read(self.text, self._resolve)

    @property
    def properties(self) -> Sequence[tuple[int, str]]:
        return numbered_properties(self.text)

    @property
    def obsidian(self) -> str:
        return obsidian_address(self.note.vault.path, self.note.path)

    @property
    def reason(self) -> str:
        return sentence(self.note.reason) if self.note.reason else ""

    @cached_property
    def _targets(self) -> dict[str, UUID]:
        return {link.target: link.resolved_id for link in self.note.links.all() if link.resolved_id}

    def _resolve(self, note: str, heading: str) -> str:
        if not note:
            return f"#L{line}" if (line := self._line_of(heading)) else ""
        found = self._targets.get(note) or self._targets.get(f"{note}.md")
        return reverse("note", args=[found]) if found else ""

    def _line_of(self, heading: str) -> int | None:
        wanted = heading.rpartition("#")[2].strip()
        if wanted.startswith("^"):
            return self.note.block_ids.get(wanted[1:])
        return next((each["line"] for each in self.note.headings if each["text"] == wanted), None)


def note_page(user: Any, pk: Any) -> NotePage:
    """Raises NotFound, Unavailable when the file cannot be read."""
    file = note_raw(user, pk)
    try:
        text = decode(file.data)[0]
    except ValueError:
        text = ""  # the reason stands with the note
    seen: dict[UUID, Link] = {}
    for link in file.note.backlinks.all():
        seen.setdefault(link.note_id, link)
    return NotePage(file.note, text.replace("\r\n", "\n").replace("\r", "\n"), list(seen.values()))


@dataclass(frozen=True)
class SourcePage:
    source: Source
    html: SafeString
    may_delete: bool


def source_page(user: Any, pk: Any) -> SourcePage:
    source = source_get(user, pk)
    return SourcePage(source, read(source.text, markdown.nowhere), may(user, "delete", source))


def read(text: str, resolve: markdown.Resolve) -> SafeString:
    """A note's body with an anchor on every line, numbered as in the file."""
    body = markdown.body(text)
    first = text[: len(text) - len(body)].count("\n") + 1
    return markdown.render(body, markdown.Reading(resolve=resolve, lines=True, first_line=first))


def numbered_properties(text: str) -> list[tuple[int, str]]:
    """The lines of the note's properties, with their numbers; the fences left out."""
    head = text[: len(text) - len(markdown.body(text))].splitlines()
    return [(number, line) for number, line in enumerate(head, 1) if line.strip() != "---"]
