"""The Celery worker inside the server process: the embedded profile's stand-in for `celery worker`."""

import os
import sys
import threading
from typing import Any

from celery import current_app
from celery.signals import task_postrun, task_prerun, worker_ready
from django.conf import settings
from django.db import close_old_connections

READY_SECONDS = 20


class EmbeddedWorker:
    """Runs tasks in threads of this process. What is queued dies with it; the database knows what was unfinished."""

    def __init__(self, concurrency: int | None = None) -> None:
        self._ready = threading.Event()
        self._controller = _controller(concurrency or settings.CELERY_WORKER_CONCURRENCY, self._on_ready)
        self._thread = threading.Thread(target=self._controller.start, name="embedded-worker", daemon=True)

    def start(self) -> None:
        """Return once the worker takes work. Raises RuntimeError when it does not within READY_SECONDS."""
        self._thread.start()
        if not self._ready.wait(READY_SECONDS):
            raise RuntimeError("The embedded worker did not start.")

    def stop(self, seconds: float) -> bool:
        """Take nothing new and wait up to `seconds` for what runs; True when all of it ended."""
        stopper = threading.Thread(target=self._controller.stop, name="embedded-worker-stop", daemon=True)
        stopper.start()
        stopper.join(seconds)
        return not stopper.is_alive()

    def _on_ready(self, consumer: Any) -> None:
        self._ready.set()
        worker_ready.send(sender=consumer)


def _check_connection(sender: Any, **_signal: Any) -> None:
    """Let a broken connection go, and a pooled one back; SQLite's stays with its thread. `celery worker` does so itself."""
    if not sender.request.is_eager:  # the connection is its caller's
        close_old_connections()


def _controller(concurrency: int, on_ready: Any) -> Any:
    os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # this process has checked what it wants to
    app = current_app._get_current_object()
    app.set_default()  # otherwise retry() in a pool thread would use an app without a broker
    app.conf.worker_enable_remote_control = False
    app.conf["CELERY_DB_REUSE_MAX"] = (
        sys.maxsize
    )  # or Celery closes every thread's connection after every task
    for signal in (task_prerun, task_postrun):
        signal.connect(_check_connection, dispatch_uid="foundation.worker.connection")
    return app.WorkController(
        pool="threads",
        concurrency=concurrency,
        ready_callback=on_ready,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
        queues=[app.conf.task_default_queue],
    )
