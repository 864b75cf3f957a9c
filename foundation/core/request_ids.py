"""One id for each request: in the answer's X-Request-ID, and in every line of the log that the request leads to."""

import contextvars
import logging
import re
import uuid

HEADER = "X-Request-ID"
_SOUND = re.compile(r"[A-Za-z0-9._-]{8,64}")

current: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


def request_id(given: str | None) -> str:
    """What a proxy gave, if it can stand in a log; otherwise a new one."""
    return given if given and _SOUND.fullmatch(given) else uuid.uuid4().hex


class WithRequestId(logging.Filter):
    """Gives each record `request`: empty outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        found = current.get()
        record.request = f" [{found}]" if found else ""
        return True
