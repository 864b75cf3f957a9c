"""Where a place in a note or a source is shown: in our own reader, and in Obsidian on the same PC."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse


def reader_address(citation: Mapping[str, Any]) -> str:
    """The reader's page at the cited line; empty when the citation names neither note nor source."""
    for kind in ("note", "source"):
        if citation.get(f"{kind}_id"):
            return f"{reverse(kind, args=[citation[f'{kind}_id']])}#L{citation['line']}"
    return ""


def obsidian_address(vault_path: str, note_path: str) -> str:
    """Opens the note in Obsidian. Empty where people sit at another PC than the one that holds the vault."""
    if settings.SIGN_IN != "link":
        return ""
    return f"obsidian://open?path={quote(str(Path(vault_path) / note_path), safe='')}"
