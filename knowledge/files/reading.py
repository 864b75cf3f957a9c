"""What is in a vault, and what stands in one of its files."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from knowledge.files.inside import CAN_WALK, Outside, folder_handle, open_for_reading

MAX_NOTE_BYTES = 5_000_000
MAX_PATH_CHARS = 1000
_IGNORED_FOLDERS = frozenset({"node_modules"})
_CONFLICT_COPY = re.compile(
    r"\((?:.* )?conflicted copy .*\)|\.sync-conflict-\d{8}-\d{6}(?:-\w+)?(?=\.md$)|の競合コピー",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FoundFile:
    """A Markdown file of a vault. `skip` is the reason why it is not read (see `knowledge.reasons`)."""

    path: str
    size: int
    mtime_ns: int
    skip: str = ""


@dataclass
class Scan:
    """`unreadable`: folders whose content is unknown, so that nothing below them counts as gone."""

    files: list[FoundFile] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def scan_vault(root: Path) -> Scan:
    """Every Markdown file below `root`, in order of path. Hidden folders are not entered, links are not followed."""
    scan = Scan()
    waiting: list[PurePosixPath] = [PurePosixPath()]
    while waiting:
        folder = waiting.pop()
        try:
            with _listing(root, folder) as entries:
                waiting += [found for entry in entries if (found := _looked_at(folder, entry, scan))]
        except (OSError, Outside):
            scan.unreadable.append(folder.as_posix())
    scan.files.sort(key=lambda file: file.path)
    return scan


@contextmanager
def _listing(root: Path, folder: PurePosixPath) -> Iterator[Iterable[os.DirEntry[str]]]:
    if CAN_WALK:
        with folder_handle(root, folder.parts) as handle, os.scandir(handle) as entries:
            yield entries
    else:
        with os.scandir(root.joinpath(*folder.parts)) as entries:
            yield entries


def _looked_at(folder: PurePosixPath, entry: os.DirEntry[str], scan: Scan) -> PurePosixPath | None:
    """Add the entry to `scan` if it is a note, or could be one; return it if it is a folder to enter."""
    name = entry.name
    if name.startswith(".") or name in _IGNORED_FOLDERS:
        return None
    is_link = entry.is_symlink() or entry.is_junction()
    if entry.is_dir(follow_symlinks=False) and not is_link:
        return folder / name
    if name.lower().endswith(".md") or (is_link and entry.is_dir()):
        with suppress(FileNotFoundError):  # gone between the listing and the look
            facts = entry.stat(follow_symlinks=False)
            path, skip = _readable_path(folder, name)
            skip = skip or ("link" if is_link else _skipped_for(name, facts))
            scan.files.append(FoundFile(path, facts.st_size, facts.st_mtime_ns, skip))
    return None


def _readable_path(folder: PurePosixPath, name: str) -> tuple[str, str]:
    path = (folder / name).as_posix()
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path).decode("utf-8", "backslashreplace")[:MAX_PATH_CHARS], "name_not_utf8"
    return path[:MAX_PATH_CHARS], "path_too_long" if len(path) > MAX_PATH_CHARS else ""


def _skipped_for(name: str, facts: os.stat_result) -> str:
    if not stat.S_ISREG(facts.st_mode):
        return "not_a_file"
    if facts.st_size > MAX_NOTE_BYTES:
        return "too_large"
    return "conflict_copy" if _CONFLICT_COPY.search(name) else ""


@dataclass(frozen=True)
class Content:
    """The bytes of a file as they were at one moment, and the facts of that moment."""

    data: bytes
    sha256: str
    size: int
    mtime_ns: int


def read_content(root: Path, relative: str) -> Content:
    """Read one file. Raises Outside, OSError, or ValueError when it is larger than MAX_NOTE_BYTES."""
    descriptor = open_for_reading(root, relative)
    with os.fdopen(descriptor, "rb") as file:
        for _attempt in range(3):
            before = os.fstat(file.fileno())
            file.seek(0)
            data = file.read(MAX_NOTE_BYTES + 1)
            if len(data) > MAX_NOTE_BYTES:
                raise ValueError("too_large")
            after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
                break  # otherwise an editor was writing while we read
    return Content(data, hashlib.sha256(data).hexdigest(), len(data), after.st_mtime_ns)


def decode(data: bytes) -> tuple[str, str]:
    """`(text, encoding)`. Raises ValueError with a reason when the bytes are no text that we can read honestly.

    Shift_JIS is a guess, so it is named in the result and shown to the user.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(data, "utf-16")
    if data.count(b"\0") * 100 > len(data):
        raise ValueError("not_text")
    try:
        return data.decode("utf-8-sig"), "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    except UnicodeDecodeError:
        return _decoded(data, "cp932")


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise ValueError("not_utf8") from error
