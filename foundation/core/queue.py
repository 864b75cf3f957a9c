"""Send work to Celery by name, on commit."""

import logging
import time
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from foundation.core.patience import Patience

logger = logging.getLogger(__name__)
_patience = Patience()


def enqueue(name: str, *args: Any) -> None:
    """Queue the task `name` once the surrounding transaction commits. `args` are JSON: ids, numbers, strings."""
    transaction.on_commit(partial(_publish, name, args), robust=True)


def _publish(name: str, args: tuple[Any, ...]) -> None:
    """The broker may be away. The rows are committed, so the sweep will send this again."""
    if _patience.is_worn:
        return
    began = time.monotonic()
    try:
        # By name alone: a process that only serves pages has not loaded the tasks.
        current_app.send_task(name, args=args, retry=False)
    except (OperationalError, OSError) as error:
        _patience.kept_waiting(began)
        logger.warning(
            "The queue does not answer; %s waits for the sweep (%s)", name, error.__class__.__name__
        )
