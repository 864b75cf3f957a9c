"""What the queue may ask of this room."""

from celery import shared_task

from knowledge import services


@shared_task(name="knowledge.sync_vault")
def sync_vault(vault_id: str) -> None:
    services.vault_sync_queued(vault_id)


@shared_task(name="knowledge.resume_syncs")
def resume_syncs() -> None:
    services.vault_syncs_resume()
