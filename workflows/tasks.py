"""Celery's entry points."""

from typing import Any

from celery import shared_task


@shared_task(name="workflows.advance_run")
def advance_run(run_id: str) -> None:
    from workflows.engine.runs import advance_run as advance

    advance(run_id)


@shared_task(name="workflows.run_task")
def run_task(task_id: str) -> None:
    from workflows.engine.tasks import run_task as run

    run(task_id)


@shared_task(name="workflows.wake")
def wake(event: dict[str, Any]) -> None:
    from workflows.engine.runs import wake as wake_run

    wake_run(event)


@shared_task(name="workflows.wake_task")
def wake_task(event: dict[str, Any]) -> None:
    from workflows.engine.tasks import wake as wake_parked

    wake_parked(event)


@shared_task(name="workflows.budget_decided")
def budget_decided(event: dict[str, Any]) -> None:
    from workflows.services import parking

    parking.budget_decided(event)


@shared_task(name="workflows.budget_raised")
def budget_raised(event: dict[str, Any]) -> None:
    from workflows.services import parking

    parking.budget_raised(event)


@shared_task(name="workflows.sweep")
def sweep() -> None:
    from workflows.engine.sweep import sweep as look

    look()


@shared_task(name="workflows.advance_discussion")
def advance_discussion(discussion_id: str) -> None:
    from workflows.engine.discussions import advance_discussion as advance

    advance(discussion_id)


@shared_task(name="workflows.sweep_discussions")
def sweep_discussions() -> None:
    from workflows.engine.discussions import sweep_discussions as look

    look()
