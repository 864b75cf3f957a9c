"""Which task wakes on which event type. Upper rooms fill this in `AppConfig.ready`, so that lower rooms need not know them."""

from collections import defaultdict

_tasks: dict[str, list[str]] = defaultdict(list)


def subscribe(event_type: str, task: str) -> None:
    """Run the Celery task `task` with the event (a dict) after each committed event of `event_type`."""
    if task not in _tasks[event_type]:
        _tasks[event_type].append(task)


def tasks_for(event_type: str) -> tuple[str, ...]:
    return tuple(_tasks.get(event_type, ()))
