"""The queue, at once."""

from typing import Any

import pytest
from celery import current_app

from foundation.accounts import tasks  # noqa: F401 - the tasks of the room


@pytest.fixture
def celery_now(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whatever is queued is carried out as soon as it is sent; returns the names, in order."""
    names: list[str] = []

    def send(name: str, args: tuple[Any, ...] = (), **_: Any) -> None:
        names.append(name)
        current_app.tasks[name].apply(args=args, throw=True)

    monkeypatch.setattr(current_app, "send_task", send)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda work, **_: work())
    return names
