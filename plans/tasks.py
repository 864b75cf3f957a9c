"""Celery's entry points."""

from celery import shared_task


@shared_task(name="plans.sweep")
def sweep() -> None:
    from plans.services.timers import timers_fire

    timers_fire()


@shared_task(name="plans.send_messages")
def send_messages() -> None:
    from plans.services.outbox import messages_send

    messages_send()
