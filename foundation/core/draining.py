"""Whether this process is on its way out. Long work asks `draining()` between steps and stops where it can be taken up again."""

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

type Callback = Callable[[], None]

_began = threading.Event()
_lock = threading.Lock()
_callbacks: list[Callback] = []


def draining() -> bool:
    return _began.is_set()


def on_drain(callback: Callback) -> None:
    """Call `callback` once, when draining begins; at once if it already has. It must be quick and must not block."""
    with _lock:
        if not _began.is_set():
            _callbacks.append(callback)
            return
    _call(callback)


def begin() -> None:
    """Start draining. A second call does nothing."""
    with _lock:
        if _began.is_set():
            return
        _began.set()
        waiting = list(_callbacks)
        _callbacks.clear()
    for callback in waiting:
        _call(callback)


def wait(seconds: float) -> bool:
    """Sleep up to `seconds`; True as soon as draining began."""
    return _began.wait(seconds)


def _call(callback: Callback) -> None:
    try:
        callback()
    except Exception:
        logger.exception("A drain callback failed")
