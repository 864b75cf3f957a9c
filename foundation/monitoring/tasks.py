from celery import shared_task

from foundation.monitoring import checks


@shared_task(name="monitoring.canary")
def canary() -> None:
    checks.canary_returned()
