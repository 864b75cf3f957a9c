"""What a forked worker child makes anew, and how it hears that its parent is leaving.

Celery tells the parent alone that it is to stop. A pipe tells the children: its end is reached when the parent closes it,
or when the parent is gone. Where nothing forks (threads, Windows) nothing here happens.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

from celery.signals import worker_init, worker_process_init, worker_shutting_down
from django.conf import settings

from foundation.core import draining

_parent = 0
_reading = _writing = -1


def after_fork(callback: Callable[[], None]) -> None:
    """Call `callback` in every child right after the fork. It must not block, nor close what the parent still uses."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=callback)


def _begin(sender: Any = None, **_signal: Any) -> None:
    global _parent, _reading, _writing  # noqa: PLW0603 - one worker per process
    if "prefork" in str(getattr(sender, "pool_cls", "")) and _parent != os.getpid():
        _parent = os.getpid()
        _reading, _writing = os.pipe()


def _born(**_signal: Any) -> None:
    if _parent == os.getpid():
        return  # a pool that works in the parent itself
    for database in settings.DATABASES.values():
        # A child works on one task at a time; a pool for each would keep connections that nobody uses.
        database.get("OPTIONS", {}).pop("pool", None)
    if _writing >= 0:
        os.close(_writing)
        threading.Thread(target=_listen, args=(_reading,), name="parent-watch", daemon=True).start()


def _listen(reading: int) -> None:
    os.read(reading, 1)
    draining.begin()


def _leave(**_signal: Any) -> None:
    global _writing  # noqa: PLW0603
    if _writing >= 0 and _parent == os.getpid():
        os.close(_writing)
        _writing = -1


worker_init.connect(_begin, dispatch_uid="foundation.forks.begin")
worker_process_init.connect(_born, dispatch_uid="foundation.forks.born")
worker_shutting_down.connect(_leave, dispatch_uid="foundation.forks.leave")
