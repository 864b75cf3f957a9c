"""Comparing what the index knows with what is on the disk. Pure: decides everything, changes nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID

from knowledge.files.names import path_key
from knowledge.files.reading import FoundFile, Scan
from knowledge.states import NoteStatus


class Known(NamedTuple):
    """A row of the index, as far as the comparison needs it."""

    pk: UUID
    path: str
    path_key: str
    size: int
    mtime_ns: int
    sha256: str
    status: str
    zone: str
    deleted: bool


@dataclass(frozen=True)
class Work:
    """One file to read again: a new one (`pk` is None), a changed or a renamed one."""

    file: FoundFile
    pk: UUID | None = None
    renamed_from: str = ""


@dataclass
class Plan:
    work: list[Work] = field(default_factory=list)
    vanished: list[Known] = field(default_factory=list)
    unchanged: int = 0
    live: int = 0

    @property
    def renamed(self) -> int:
        return sum(1 for work in self.work if work.renamed_from)

    @property
    def vanished_at_once(self) -> bool:
        return 2 * len(self.vanished) > self.live


def plan_sync(
    known: Iterable[Known], scan: Scan, *, zone_of: Callable[[str], str], hash_of: Callable[[FoundFile], str]
) -> Plan:
    """What to do so that the index says what the disk says. `hash_of` reads a file ("" when it cannot)."""
    rows = list(known)
    by_path = {row.path: row for row in rows}
    plan = Plan(live=sum(not row.deleted for row in rows))
    files = {file.path: file for file in scan.files}
    fresh: list[FoundFile] = []
    for file in files.values():
        row = by_path.get(file.path)
        if row is None or row.deleted:
            fresh.append(file)
        elif _is_current(row, file, zone_of(file.path)):
            plan.unchanged += 1
        else:
            plan.work.append(Work(file, row.pk))
    missing = [
        row for row in rows if not row.deleted and row.path not in files and not _unknown(row.path, scan)
    ]
    moved = _renames(fresh, missing, hash_of)
    for file in fresh:
        plan.work.append(_fresh_work(file, moved.get(file.path), by_path.get(file.path)))
    gone = {row.pk for row in missing} - {row.pk for row in moved.values()}
    plan.vanished = [row for row in missing if row.pk in gone]
    plan.work.sort(key=lambda work: (work.file.mtime_ns, work.file.path))
    return plan


def _fresh_work(file: FoundFile, moved: Known | None, tombstone: Known | None) -> Work:
    if moved:
        return Work(file, moved.pk, moved.path)
    return Work(file, tombstone.pk if tombstone else None)


def _is_current(row: Known, file: FoundFile, zone: str) -> bool:
    if file.skip:
        return row.status == NoteStatus.SKIPPED and not row.sha256
    same = (row.size, row.mtime_ns, row.zone) == (file.size, file.mtime_ns, zone)
    return same and row.status in {NoteStatus.INDEXED, NoteStatus.SKIPPED}


def _unknown(path: str, scan: Scan) -> bool:
    """Whether the file may still be there, in a folder that could not be listed."""
    return any(folder in {"", "."} or path.startswith(f"{folder}/") for folder in scan.unreadable)


def _renames(
    fresh: list[FoundFile], missing: list[Known], hash_of: Callable[[FoundFile], str]
) -> dict[str, Known]:
    """New path -> the note that moved there: first by a path that differs in case or composition only, then by content."""
    found: dict[str, Known] = {}
    left = {row.pk: row for row in missing}
    by_key = {row.path_key: row for row in missing}
    for file in fresh:
        row = by_key.get(path_key(file.path))
        if row and left.pop(row.pk, None):
            found[file.path] = row
    sizes = {row.size for row in left.values() if row.sha256 and row.size}
    moved = [file for file in fresh if file.path not in found and not file.skip and file.size in sizes]
    for file in sorted(moved, key=lambda file: file.path):
        if row := _by_content(file, hash_of(file), left.values()):
            found[file.path] = left.pop(row.pk)
    return found


def _by_content(file: FoundFile, sha256: str, missing: Iterable[Known]) -> Known | None:
    """The missing note with this content; among several the one that kept its name, then its folder."""
    same = [row for row in missing if sha256 and row.sha256 == sha256]
    new = PurePosixPath(path_key(file.path))

    def distance(row: Known) -> tuple[bool, bool, str]:
        old = PurePosixPath(row.path_key)
        return old.name != new.name, old.parent != new.parent, row.path

    return min(same, key=distance, default=None)
