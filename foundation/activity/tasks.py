"""What the queue may ask of this room."""

from celery import shared_task

from foundation.activity import services


@shared_task(name="activity.seal_audit")
def seal_audit() -> None:
    services.audit_seal()
