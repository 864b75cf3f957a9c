"""The commands of this room. Nothing else writes here."""

from knowledge.services.sample import sample_vault_install
from knowledge.services.sources import source_create, source_delete
from knowledge.services.sync import SyncReport, vault_sync, vault_sync_queued
from knowledge.services.vaults import (
    require_may_register,
    vault_register,
    vault_remove,
    vault_request_sync,
    vault_syncs_resume,
    vault_update,
)
from knowledge.services.writes import WrittenNote, note_create

__all__ = [
    "SyncReport",
    "WrittenNote",
    "note_create",
    "require_may_register",
    "sample_vault_install",
    "source_create",
    "source_delete",
    "vault_register",
    "vault_remove",
    "vault_request_sync",
    "vault_sync",
    "vault_sync_queued",
    "vault_syncs_resume",
    "vault_update",
]
