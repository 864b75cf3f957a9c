"""How many queries an answer costs."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries(client: Any, address: str) -> int:
    """Queries of one successful GET. The first one of a client also warms what is kept per process."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return len(captured)
