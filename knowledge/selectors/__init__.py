"""Reading this room. Everything starts from what the user may see."""

from knowledge.files.names import folder_parts, in_any
from knowledge.selectors.evidence import FoundPassage, find_passages
from knowledge.selectors.search import NoteRef, SearchHit, search_notes
from knowledge.selectors.vaults import (
    NoteFile,
    note_get,
    note_list,
    note_raw,
    sample_folder,
    sample_vault,
    source_get,
    source_list,
    vault_faults,
    vault_get,
    vault_list,
    vault_status,
)

__all__ = [
    "FoundPassage",
    "NoteFile",
    "NoteRef",
    "SearchHit",
    "find_passages",
    "folder_parts",
    "in_any",
    "note_get",
    "note_list",
    "note_raw",
    "sample_folder",
    "sample_vault",
    "search_notes",
    "source_get",
    "source_list",
    "vault_faults",
    "vault_get",
    "vault_list",
    "vault_status",
]
