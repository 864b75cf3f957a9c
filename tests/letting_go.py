"""The database's connections, for threads of tests that looked into it."""

from django.conf import settings
from django.db import connections


def let_go() -> None:
    """Close this thread's connections; where Django is not set up there are none."""
    if settings.configured:
        connections.close_all()
