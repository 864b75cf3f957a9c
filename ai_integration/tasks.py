"""What the queue may ask of this room."""

from typing import Any

from celery import shared_task

from ai_integration import gateway, services


@shared_task(name="ai_integration.sweep_reservations")
def sweep_reservations() -> None:
    services.reservations_sweep()


@shared_task(name="ai_integration.install_pal")
def install_pal(server_id: str) -> None:
    gateway.pal_carry_out(server_id)


@shared_task(name="ai_integration.refresh_pal")
def refresh_pal(_event: dict[str, Any]) -> None:
    gateway.pal_refresh()


@shared_task(name="ai_integration.sweep_installs")
def sweep_installs() -> None:
    services.installs_sweep()
