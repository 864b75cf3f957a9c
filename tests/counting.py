"""How many queries an answer costs."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.core.listing import in_vain


def queries(client: Any, address: str, *, again: bool = False) -> int:
    """Queries of one successful GET. The first one of a client also warms what is kept per process.

    How a list is best read for somebody is found out each time, unless it is asked for `again`.
    """
    if not again:
        in_vain.forget()
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return len(captured)
