"""What the queue may ask of this room."""

from celery import shared_task

from foundation.accounts import services


@shared_task(name="accounts.send_reset_links", autoretry_for=(OSError,), max_retries=3, retry_backoff=5)
def send_reset_links(email: str) -> None:
    services.password_reset_send(email)


@shared_task(name="accounts.send_invitation")
def send_invitation(invitation_id: str) -> None:
    services.invitation_send(invitation_id)
