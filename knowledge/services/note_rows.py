"""Writing the index rows of notes, a few notes to a transaction, so that no other writer waits for long."""

import logging
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from foundation.core.leases import Lease, guard
from knowledge.files.inside import Outside
from knowledge.files.names import path_key
from knowledge.files.reading import Content, decode, read_content
from knowledge.index import document
from knowledge.models import Link, Note, Passage, Vault
from knowledge.parsing import ParsedNote, parse_note
from knowledge.services.sync_plan import Work
from knowledge.states import NoteStatus, Zone

logger = logging.getLogger(__name__)

_ANNOUNCED_AT_ONCE = 500
_HEAD_CHARS = 4000
_INDEX_FIELDS = (
    "path", "path_key", "title", "sha256", "size", "mtime_ns", "encoding", "status", "zone", "reason", "frontmatter",
    "frontmatter_error", "tags", "aliases", "headings", "block_ids", "todos", "deleted_at", "updated_at",
)  # fmt: skip


def announce(vault: Vault, lease: Lease, work: list[Work]) -> None:
    """Make every file that is to be read visible as `waiting`, before the first of them is read."""
    new = [_new_row(vault, each) for each in work if each.pk is None]
    old = [each.pk for each in work if each.pk]
    for start in range(0, len(new), _ANNOUNCED_AT_ONCE):
        with transaction.atomic():
            guard(lease)
            Note.objects.bulk_create(new[start : start + _ANNOUNCED_AT_ONCE])
    for start in range(0, len(old), _ANNOUNCED_AT_ONCE):
        with transaction.atomic():
            guard(lease)
            Note.objects.filter(pk__in=old[start : start + _ANNOUNCED_AT_ONCE]).update(
                status=NoteStatus.WAITING
            )


def _new_row(vault: Vault, work: Work) -> Note:
    path = work.file.path
    return Note(vault=vault, path=path, path_key=path_key(path), title=_stem(path))


def bury(pks: list[UUID]) -> None:
    """Turn notes whose files are gone into tombstones."""
    Passage.objects.filter(note__in=pks).delete()
    Link.objects.filter(note__in=pks).delete()
    Link.objects.filter(resolved__in=pks).update(resolved=None)
    Note.objects.filter(pk__in=pks).update(
        deleted_at=timezone.now(), updated_at=timezone.now(), status=NoteStatus.WAITING
    )


@dataclass(frozen=True)
class Reading:
    """What one file turned out to be: its text, or the reason why there is none."""

    status: NoteStatus
    reason: str = ""
    content: Content | None = None
    encoding: str = ""
    parsed: ParsedNote | None = None


def read(root: Path, work: Work) -> Reading:
    """Read and parse one file. Never raises for what a file may be."""
    if work.file.skip:
        return Reading(NoteStatus.SKIPPED, work.file.skip)
    try:
        content = read_content(root, work.file.path)
    except Outside:
        return Reading(NoteStatus.SKIPPED, "link")
    except OSError as error:
        return Reading(
            NoteStatus.FAILED, "unreadable" if isinstance(error, PermissionError) else str(error.strerror)
        )
    except ValueError as error:
        return Reading(NoteStatus.SKIPPED, str(error))
    try:
        text, encoding = decode(content.data)
    except ValueError as error:
        return Reading(NoteStatus.SKIPPED, str(error), content)
    reason = "read_as_cp932" if encoding == "cp932" else ""
    return Reading(NoteStatus.INDEXED, reason, content, encoding, parse_note(text))


class Indexer:
    """Reads notes one by one and writes them together."""

    def __init__(self, vault: Vault, lease: Lease) -> None:
        self.vault = vault
        self.lease = lease
        self.root = Path(vault.path)
        self.held: list[tuple[Work, Zone, Reading]] = []
        self.chars = 0

    def add(self, work: Work, zone: Zone) -> None:
        reading = read(self.root, work)
        self.held.append((work, zone, reading))
        self.chars += reading.content.size if reading.content else 0

    def flush(self) -> None:
        held, self.held, self.chars = self.held, [], 0
        if not held:
            return
        try:
            self._write(held)
        except DatabaseError:
            logger.exception("A batch of notes could not be stored; trying them one by one")
            for each in held:
                self._write_alone(*each)

    def _write(self, held: list[tuple[Work, Zone, Reading]]) -> None:
        with transaction.atomic():
            guard(self.lease)
            write_notes(self.vault, held)

    def _write_alone(self, work: Work, zone: Zone, reading: Reading) -> None:
        try:
            self._write([(work, zone, reading)])
        except DatabaseError as error:
            reason = f"{error.__class__.__name__}: {error}"[:300]
            self._write([(work, zone, Reading(NoteStatus.FAILED, reason, reading.content))])


def write_notes(vault: Vault, held: list[tuple[Work, Zone, Reading]]) -> None:
    """Store what is known of some files; their old passages and links are replaced."""
    notes = _rows(vault, [work for work, _zone, _reading in held])
    Passage.objects.filter(note__in=notes).delete()
    Link.objects.filter(note__in=notes).delete()
    passages: list[Passage] = []
    links: list[Link] = []
    for note, (work, zone, reading) in zip(notes, held, strict=True):
        _fill(note, work, zone, reading)
        if work.renamed_from:
            Note.objects.filter(vault=vault, path=note.path, deleted_at__isnull=False).exclude(
                pk=note.pk
            ).delete()
        note.save(update_fields=_INDEX_FIELDS)
        if reading.parsed:
            passages += _passages(note, reading.parsed)
            links += _links(note, reading.parsed)
    Passage.objects.bulk_create(passages)
    Link.objects.bulk_create(links)


def _rows(vault: Vault, works: list[Work]) -> list[Note]:
    """The notes of `works`, in their order. New ones were announced under their paths."""
    known = Note.objects.in_bulk([work.pk for work in works if work.pk])
    new = Note.objects.filter(vault=vault, path__in=[work.file.path for work in works if not work.pk])
    by_path = {note.path: note for note in new}
    return [known[work.pk] if work.pk else by_path[work.file.path] for work in works]


def _fill(note: Note, work: Work, zone: Zone, reading: Reading) -> None:
    content, parsed = reading.content, reading.parsed
    note.path, note.path_key = work.file.path, path_key(work.file.path)
    note.title = (parsed.title if parsed else "") or _stem(note.path)
    note.sha256 = content.sha256 if content else ""
    note.size = content.size if content else work.file.size
    note.mtime_ns = content.mtime_ns if content else work.file.mtime_ns
    note.encoding, note.zone = reading.encoding, zone
    note.status, note.reason, note.deleted_at = reading.status, reading.reason[:300], None
    note.frontmatter = parsed.properties if parsed else {}
    note.frontmatter_error = parsed.properties_error if parsed else ""
    note.tags = parsed.tags if parsed else []
    note.aliases = parsed.aliases if parsed else []
    note.headings = [asdict(heading) for heading in parsed.headings] if parsed else []
    note.block_ids = parsed.block_ids if parsed else {}
    note.todos = [each.as_json() for each in parsed.todos] if parsed else []


def _passages(note: Note, parsed: ParsedNote) -> list[Passage]:
    """The note's head (title, aliases, tags, properties), then its body."""
    home, names = note.vault_id, "\n".join(dict.fromkeys([note.title, _stem(note.path), *note.aliases]))
    head = parsed.properties_text[:_HEAD_CHARS].rstrip("\n")
    folders = " ".join(PurePosixPath(note.path).parent.parts)
    head_grams = document(
        home,
        Zone.HEAD,
        title=names,
        heading="\n".join(note.tags),
        text=f"{folders}\n{head}",
        of=note.zone,
    )
    rows = [Passage(note=note, zone=Zone.HEAD, ordinal=0, line=2 if head else 1, text=head, grams=head_grams)]
    for ordinal, piece in enumerate(parsed.passages, 1):
        grams = document(home, note.zone, title=names, heading=piece.heading, text=piece.text)
        rows.append(
            Passage(
                note=note, zone=note.zone, ordinal=ordinal, heading=piece.heading, line=piece.line, text=piece.text,
                grams=grams,
            )
        )  # fmt: skip
    return rows


def _links(note: Note, parsed: ParsedNote) -> list[Link]:
    return [
        Link(
            note=note, target=link.target[:1000], heading=link.heading[:500], block=link.block[:200],
            alias=link.alias[:500], embed=link.embed, from_property=link.from_property, line=link.line,
        )
        for link in parsed.links
    ]  # fmt: skip


def _stem(path: str) -> str:
    return PurePosixPath(path).stem[:300]
