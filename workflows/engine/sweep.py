"""The broker may forget, the database never does: whatever is unfinished and unheld is queued again."""

import threading

from django.conf import settings

from foundation.core.leases import free_dead
from foundation.core.queue import enqueue
from workflows.selectors import runs_to_advance, tasks_to_run
from workflows.services.moves import tasks_queue
from workflows.services.parking import parked_sweep
from workflows.services.tool_parking import parked_to_wake, task_wake

_swept = threading.Event()


def sweep(*, at_start: bool | None = None) -> int:
    """Queue what should be going on but is not; returns how many messages were sent.

    `at_start` says that no earlier message can still be under way; by default that holds for the first sweep of a
    process which carries its queue in its own memory.
    """
    if at_start is None:
        at_start = settings.EMBEDDED_QUEUE and not _swept.is_set()
    _swept.set()
    free_dead()
    parked_sweep()
    runs = runs_to_advance()
    for run_id in runs:
        enqueue("workflows.advance_run", str(run_id))
    tasks = tasks_to_run(at_start=at_start)
    tasks_queue(tasks)
    for task_id in parked_to_wake():
        task_wake(task_id)
    return len(runs) + len(tasks)
