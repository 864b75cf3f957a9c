"""The number of what waits, on every page: the inbox's own number, up to 99, for no more queries at any size."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from foundation.accounts.models import Role, User
from foundation.accounts.services import people_team_create
from foundation.core.actors import SYSTEM
from plans.models import ApprovalRequest, Seat
from plans.selectors import waiting
from plans.services import plan_decide, request_delegate, request_open
from plans.tally import waiting_count
from tests import factories
from tests.counting import queries
from tests.pages import html, signed_in
from tests.plans.conftest import ROLE, named


def many(owner: Any, people: list[User], number: int, **fields: Any) -> None:
    """Written row by row, as nothing in the platform makes so many at once."""
    rows = [
        ApprovalRequest(
            owner=owner, kind="plan", title=str(each), subject_id=uuid4(), content_hash="a" * 64, **fields
        )
        for each in range(number)
    ]
    ApprovalRequest.objects.bulk_create(rows, 500)
    Seat.objects.bulk_create([Seat(request=row, step=0, user=user) for user in people for row in rows], 500)


def badge(user: Any, address: str = "/frame/") -> str:
    page = html(signed_in(user), address)
    return (
        page.partition(reverse("approvals"))[2]
        .partition("</a>")[0]
        .partition('class="count">')[2]
        .partition("<")[0]
    )


@pytest.mark.parametrize("seated", [True, False])
def test_at_ten_thousand_it_says_so_for_no_more_queries(owner, approvers, seated):
    person = approvers[0] if seated else owner
    client, address = signed_in(person), reverse("settings")
    many(owner, [person] if seated else [], 10, seated=seated)
    client.get(address)
    few = queries(client, address)
    assert badge(person) == "10"
    many(owner, [person] if seated else [], 9_990, seated=seated)
    assert queries(client, address) <= few
    assert badge(person) == "99+"
    assert badge(approvers[1]) == ""
    assert "99+" in html(client, reverse("home"))


def test_ninety_nine_are_counted_out(owner):
    many(owner, [], 99)
    assert badge(owner) == "99"
    many(owner, [], 1)
    assert badge(owner) == "99+"


def test_it_is_the_inboxs_own_number_whoever_looks(owner, teammate, stranger, approvers, under, admin_user):
    first, second, third = approvers
    team = people_team_create(owner, name="法務", members=[first, stranger])
    plans = [
        under({"steps": [named(first, second, needed=2)]}),
        under({"steps": [{"roles": [ROLE], "needed": 2}, named(owner)]}),
        under({"steps": [{"teams": [str(team.pk)], "users": [str(first.pk)]}], "author_may_approve": False}),
        under({"author_may_approve": False}),
        under({"steps": [named(owner, first)], "author_may_approve": False}),
        under({}),
    ]
    factories.share(plans[5], teammate, "approve")
    factories.plan(teammate)
    plan_decide(first, plans[0], "approve", content_hash=plans[0].current.content_hash)
    plan_decide(second, plans[1], "approve", content_hash=plans[1].current.content_hash)
    plan_decide(third, plans[1], "approve", content_hash=plans[1].current.content_hash)
    request_delegate(second, plans[0].requests.get(), to=third)
    request_open(
        SYSTEM,
        owner=owner,
        kind="question",
        subject_id=uuid4(),
        title="?",
        content_hash="a",
        asked_of=stranger,
    )
    asleep = User.objects.create_user("asleep", password=None, is_active=False)
    asleep.groups.add(Role.objects.get(name=ROLE).group)
    found = {}
    for known in (owner, teammate, stranger, first, second, third, admin_user, asleep):
        person = User.objects.get(pk=known.pk)
        found[person.username] = waiting_count(person, 100)
        assert found[person.username] == waiting(person).count(), person
    assert (found["jiro"], found["saburo"], found["ichiro"]) == (0, 1, 2)
