"""Policies over HTTP: who decides, how many, in which order, and who no longer may."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from foundation.accounts.models import Role
from foundation.accounts.services import people_team_create, people_team_update
from foundation.activity.models import AuditEntry, Notification
from plans.models import Plan, Vote
from tests import factories
from tests.factories import content, item
from tests.plans.conftest import ROLE, named

PLANS, INBOX = "/api/v1/plans/", "/api/v1/approvals/"
TWO_OF_ROLE = {"steps": [{"roles": [ROLE], "needed": 2}]}


def decide(client: Any, plan: Plan, verb: str = "approve", **body: Any) -> Any:
    fresh = Plan.objects.get(pk=plan.pk)
    return client.post(f"{PLANS}{plan.pk}/{verb}/", {"content_hash": fresh.current.content_hash} | body)


def request_of(plan: Plan) -> str:
    return f"{INBOX}{plan.requests.order_by('-created_at').first().pk}/"


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_two_of_three_approve(owner, approvers, under, api):
    plan = under(TWO_OF_ROLE)
    first, second, third = map(api, approvers)
    assert [each["plan"] for each in first.get(INBOX).json()["results"]] == [str(plan.pk)]
    assert first.get(f"{PLANS}{plan.pk}/").status_code == 200  # who is asked sees what it is about
    assert decide(first, plan).json()["status"] == "under_review"
    assert first.get(INBOX).json()["results"] == []  # they had their say
    shown = second.get(request_of(plan)).json()
    assert (shown["approvals"], shown["needed"], shown["may_decide"]) == (1, 2, True)
    assert decide(second, plan).json()["status"] == "approved"
    assert code(decide(third, plan)) == (409, "already_decided")
    assert [row["who"] for row in first.get(f"{PLANS}{plan.pk}/history/").json()] == ["Ichiro", "Jiro"]


def test_those_who_are_not_asked_do_not_decide(owner, teammate, stranger, approvers, under, api):
    plan = under({"steps": [named(approvers[0])]})
    factories.share(plan, teammate, "approve")
    assert code(decide(api(owner), plan)) == (403, "not_asked")
    assert code(decide(api(teammate), plan)) == (403, "not_asked")
    assert decide(api(stranger), plan).status_code == 404
    assert api(owner).get(INBOX).json()["results"] == []
    assert len(api(owner).get(INBOX, {"status": "pending"}).json()["results"]) == 1


def test_a_superuser_is_bound_too(administrator, approvers, under, api):
    plan = under({"steps": [named(approvers[0])]})
    assert code(decide(api(administrator), plan)) == (403, "not_asked")


@pytest.fixture
def administrator(db):
    from foundation.accounts.models import User

    return User.objects.create_superuser("administrator", password=None)


def test_steps_come_in_order(owner, approvers, under, api):
    first, second, third = approvers
    plan = under({"steps": [named(first), named(second, third, needed=2)]})
    assert code(decide(api(second), plan)) == (403, "not_asked")
    assert api(second).get(INBOX).json()["results"] == []
    assert decide(api(first), plan).json()["status"] == "under_review"
    assert Notification.objects.filter(user=second, type="approval.step_reached").count() == 1
    assert decide(api(second), plan).json()["status"] == "under_review"
    assert code(api(first).post(f"{request_of(plan)}withdraw-decision/")) == (409, "already_decided")
    assert decide(api(third), plan).json()["status"] == "approved"


def test_whoever_sits_at_two_steps_is_asked_twice(approvers, under, api):
    first, second, _third = approvers
    plan = under({"steps": [named(first), named(first, second, needed=2)]})
    decide(api(first), plan)
    assert decide(api(second), plan).json()["status"] == "under_review"
    assert decide(api(first), plan).json()["status"] == "approved"


def test_one_no_is_enough(approvers, under, api):
    plan = under(TWO_OF_ROLE)
    decide(api(approvers[0]), plan)
    assert decide(api(approvers[1]), plan, "reject", comment="高すぎる").json()["status"] == "rejected"


def test_an_author_does_not_approve_their_own(owner, approvers, under, api):
    plan = under({"author_may_approve": False})
    assert code(decide(api(owner), plan)) == (403, "own_plan")
    assert api(owner).get(INBOX).json()["results"] == []
    factories.share(plan, approvers[0], "approve", "change")
    edited = api(approvers[0]).patch(f"{PLANS}{plan.pk}/", {"content": content(item("a"))})
    assert edited.status_code == 200  # now they wrote it
    assert code(decide(api(approvers[0]), plan)) == (403, "own_plan")
    factories.share(plan, approvers[1], "approve")
    assert decide(api(approvers[1]), plan).json()["status"] == "approved"


def test_a_lost_role_is_a_lost_vote(approvers, under, api):
    plan, group = under(TWO_OF_ROLE), Role.objects.get(name=ROLE).group
    first, second, third = approvers
    decide(api(first), plan)
    first.groups.remove(group)
    assert code(decide(api(first), plan)) in ((404, "not_found"), (403, "not_asked"))
    assert decide(api(second), plan).json()["status"] == "under_review"  # the first one's no longer counts
    assert decide(api(third), plan).json()["status"] == "approved"


def test_a_disabled_account_is_a_lost_vote(approvers, under, api):
    plan = under(TWO_OF_ROLE)
    first, second, third = approvers
    client = api(first)
    decide(client, plan)
    first.is_active = False
    first.save()
    assert decide(client, plan).status_code == 401
    assert decide(api(second), plan).json()["status"] == "under_review"
    assert decide(api(third), plan).json()["status"] == "approved"


def test_a_team_decides_as_it_stands_now(owner, approvers, under, api):
    team = people_team_create(owner, name="審査", members=[approvers[0]])
    plan = under({"steps": [{"teams": [str(team.pk)], "needed": 1}]})
    assert decide(api(approvers[1]), plan).status_code == 404
    people_team_update(owner, team, members=[approvers[1]])
    assert decide(api(approvers[1]), plan).json()["status"] == "approved"


def test_a_decision_is_taken_back_while_others_are_missing(approvers, under, api):
    plan = under(TWO_OF_ROLE)
    first, second, third = map(api, approvers)
    address = f"{request_of(plan)}withdraw-decision/"
    assert code(first.post(address)) == (409, "nothing_to_withdraw")
    decide(first, plan)
    assert first.post(address).json()["approvals"] == 0
    assert decide(second, plan).json()["status"] == "under_review"
    assert decide(first, plan).json()["status"] == "approved"
    assert code(second.post(address)) == (409, "already_decided")
    history = third.get(f"{PLANS}{plan.pk}/history/").json()
    assert [bool(row["withdrawn_at"]) for row in history] == [True, False, False]


def test_a_part_is_handed_over_and_given_back(approvers, stranger, under, api):
    first, second, third = approvers
    plan = under({"steps": [named(first, second, needed=2)]})
    address = f"{request_of(plan)}delegate/"
    handed = api(first).post(address, {"to": str(third.pk), "comment": "出張のため"})
    assert handed.status_code == 200
    assert Notification.objects.filter(user=third, type="approval.delegated").count() == 1
    assert code(decide(api(first), plan)) == (403, "not_asked")
    assert api(third).post(address, {"to": str(first.pk)}).status_code == 200
    assert decide(api(third), plan).status_code == 404
    assert decide(api(first), plan).status_code == 200
    assert code(api(first).post(address, {"to": str(third.pk)})) == (409, "already_decided")


def test_a_part_is_handed_only_to_who_can_take_it(owner, teammate, approvers, under, api):
    first, second, _third = approvers
    plan = under({"steps": [named(first, second, needed=2)]})
    address = f"{request_of(plan)}delegate/"
    for to in (teammate, first, second):
        assert api(first).post(address, {"to": str(to.pk)}).status_code == 422, to
    assert api(first).post(address, {"to": factories.UNKNOWN}).status_code == 422
    assert api(owner).post(address, {"to": str(approvers[2].pk)}).status_code == 403


def test_without_a_policy_a_part_is_handed_over_too(owner, stranger, api):
    plan = factories.plan(owner)
    assert api(owner).post(f"{request_of(plan)}delegate/", {"to": str(stranger.pk)}).status_code == 200
    assert decide(api(stranger), plan).json()["status"] == "approved"


def test_a_new_version_asks_everybody_again(owner, approvers, under, api):
    plan = under(TWO_OF_ROLE)
    stale = plan.current.content_hash
    decide(api(approvers[0]), plan)
    api(owner).patch(f"{PLANS}{plan.pk}/", {"content": content(item("a"))})
    refused = api(approvers[1]).post(f"{PLANS}{plan.pk}/approve/", {"content_hash": stale})
    details = refused.json()["error"]["details"]
    assert (refused.status_code, details["version"]) == (409, 2)
    assert api(approvers[1]).get(details["address"]).json()["content_hash"] == details["content_hash"]
    assert api(approvers[1]).get(request_of(plan)).json()["approvals"] == 0


def test_a_named_approver_must_be_one_of_the_policys(owner, approvers, teammate, under, api):
    plan = under({"steps": [named(approvers[0])]})
    factories.share(plan, teammate, "approve")
    asked = api(owner).post(f"{PLANS}{plan.pk}/request-approval/", {"approver": str(teammate.pk)})
    assert asked.status_code == 422


@pytest.mark.parametrize(
    "policy",
    [
        {"steps": [{"roles": [ROLE], "needed": 4}]},
        {"steps": [{"roles": ["nobody"], "needed": 1}]},
        {"steps": [{"needed": 1}]},
        {"steps": [{"users": [factories.UNKNOWN]}]},
        {"steps": [{"roles": [ROLE], "needed": 0}]},
        {"deadline_hours": -1},
        {"on_deadline": "reject"},
        {"deadline_hours": 2, "remind_hours": [3]},
        {"deadline_hours": 2, "on_deadline": "escalate"},
        {"auto": {"max_cost": -1}},
        {"who": "me"},
        {"max_rounds": 0},
    ],
)
def test_policies_that_make_no_sense(owner, approvers, api, policy):
    body = {"requirement": "x", "auto_start": False, "policy": policy}
    answer = api(owner).post("/api/v1/workflows/", body)
    assert answer.status_code in (400, 422), answer.json()


def test_a_workflow_does_not_shake_off_its_projects_policy(owner, stranger, approvers, api):
    project = api(owner).post("/api/v1/projects/", {"name": "p", "policy": TWO_OF_ROLE}).json()["id"]
    from workflows.models import Project

    factories.share(Project.objects.get(pk=project), stranger, "operate")
    body = {"requirement": "x", "auto_start": False, "project": project}
    loose = api(stranger).post("/api/v1/workflows/", body | {"policy": {"max_rounds": 3}})
    assert loose.status_code == 403
    made = api(stranger).post("/api/v1/workflows/", body).json()["id"]
    assert api(stranger).patch(f"/api/v1/workflows/{made}/", {"policy": {"max_rounds": 3}}).status_code == 403
    plan = factories.plan(stranger, subject_id=made)
    assert code(decide(api(stranger), plan)) == (403, "not_asked")


@pytest.mark.django_db(transaction=True)
def test_of_fifty_votes_at_once_each_counts_once(owner, approvers, under, api):
    plan = under(TWO_OF_ROLE)
    tokens = [api(each)._credentials for each in approvers]
    read = plan.current.content_hash

    def send(number: int) -> int:
        client = api(None)
        client.credentials(**tokens[number % 2])
        try:
            return client.post(f"{PLANS}{plan.pk}/approve/", {"content_hash": read}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        statuses = Counter(pool.map(send, range(50)))
    assert statuses == {200: 2, 409: 48}
    assert Vote.objects.count() == 2
    assert AuditEntry.objects.filter(action="plan.decided").count() == 1
    assert Plan.objects.get().status == "approved"
