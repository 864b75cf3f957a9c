"""What the queue may ask of this room."""

from celery import shared_task

from ai_integration import services


@shared_task(name="ai_integration.sweep_reservations")
def sweep_reservations() -> None:
    services.reservations_sweep()
