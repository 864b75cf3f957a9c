"""A discussion that waited for money and was moved on by hand leaves nothing in the inbox, and nothing without a trace."""

from typing import Any

import pytest

from plans.models import ApprovalRequest
from tests.workflows.conftest import House
from tests.workflows.driving import fresh
from tests.workflows.talking import begin, talk
from tests.workflows.test_inbox_waits import AGAIN, API, GONE, MODEL, Desk, paid, traced  # noqa: F401 - a fixture
from workflows.services import parking

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DISCUSSED = [
    (("pause",), GONE),
    (("pause", "resume"), AGAIN),
    (("resume",), AGAIN),
    (("end",), AGAIN),  # the minutes cost something, too
    (("pause", "delete"), GONE),
]


@pytest.mark.parametrize(("commands", "becomes"), DISCUSSED, ids=["+".join(each[0]) for each in DISCUSSED])
def test_a_discussion_moved_on_by_hand(
    paid: House,  # noqa: F811 - the fixture
    api: Any,
    commands: tuple[str, ...],
    becomes: str,
) -> None:
    paid.use(MODEL)
    desk = Desk(api(paid.user))
    limit = {"scope": "installation", "period": "month", "tokens": 1}
    assert desk.client.post(f"{API}/budgets/", limit).status_code == 201
    discussion = talk(begin(paid))
    (before,) = desk.inbox()
    for command in commands:
        assert desk.say(discussion, command) in (200, 204)
    if commands[-1] != "delete":
        parking.parked_sweep()
        talk(fresh(discussion))
    after = desk.inbox()
    assert list(after.values()) == ([] if becomes == GONE else ["budget"])
    assert before not in after
    assert traced(before)
    assert ApprovalRequest.objects.filter(status="pending").count() == len(after)
