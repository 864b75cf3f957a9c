"""Names of notes and folders: what is safe to write, and when two of them mean the same file."""

import re
import unicodedata
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid

MAX_NAME_CHARS = 60
MAX_NAME_BYTES = (
    180  # a name stays below the usual 255 bytes even with a counter, a suffix and decomposed kana
)
UNTITLED = "無題"
_ILLEGAL = re.compile(r'[/\\:*?"<>|#^\[\]]+|%%+')
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


def path_key(path: str) -> str:
    """Equal for paths that some file system would take for the same file."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def safe_name(title: str) -> str:
    """A file name, without suffix, that every system and Obsidian's links can carry."""
    text = _ILLEGAL.sub("-", unicodedata.normalize("NFC", title))
    text = "".join(mark for mark in text if _is_plain(mark))
    text = re.sub(r"\s+", " ", text).strip(" .-").replace(".", "．")
    text = _shortened(text).rstrip(" .-") or UNTITLED
    return f"{text}_" if _RESERVED.fullmatch(text) else text


def numbered(name: str, number: int) -> str:
    """`name`, `name 2`, `name 3` …"""
    return name if number == 1 else f"{name} {number}"


def folder_parts(folder: str) -> tuple[str, ...]:
    """The parts of a relative folder. Raises Invalid when it is not one that we may write to."""
    parts = tuple(part for part in folder.replace("\\", "/").strip().split("/"))
    if not all(_is_folder_name(part) for part in parts):
        raise Invalid(
            _(
                "Give a folder inside the vault, such as “AI秘書” or “AI秘書/2026”: no “..”, no leading slash or dot."
            ),
            code="folder_not_allowed",
            details={"folder": folder[:200]},
        )
    return parts


def _is_folder_name(part: str) -> bool:
    plain = not _ILLEGAL.search(part) and not any(
        unicodedata.category(mark) in {"Cc", "Cs", "Cn"} for mark in part
    )
    fits = 0 < len(part.encode(errors="replace")) <= MAX_NAME_BYTES
    return plain and fits and part == part.strip(" .") and not _RESERVED.fullmatch(part)


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it, however both are written."""
    key, root = path_key(path), path_key(folder)
    return bool(root) and (key == root or key.startswith(f"{root}/"))


def in_any(path: str, folders: Sequence[str]) -> bool:
    """Whether `path` lies in one of `folders`; no folders are no limit."""
    return not folders or any(is_below(path, folder) for folder in folders)


def _is_plain(mark: str) -> bool:
    if unicodedata.category(mark) in _UNPRINTABLE or "\ufe00" <= mark <= "\ufe0f":
        return mark in "\t\n\r"
    return not 0x1F000 <= ord(mark) <= 0x1FAFF


def _shortened(text: str) -> str:
    text = text[:MAX_NAME_CHARS]
    while len(text.encode()) > MAX_NAME_BYTES or (
        text and unicodedata.combining(text[-1]) and len(text) == MAX_NAME_CHARS
    ):
        text = text[:-1]
    return text
