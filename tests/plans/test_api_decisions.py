"""Decisions over HTTP: bound to what was read, and made once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from foundation.accounts.models import Role
from foundation.activity.models import AuditEntry, Event, Notification
from foundation.core.actors import SYSTEM
from plans.models import ApprovalRequest, Plan
from plans.services import request_open
from tests import factories
from tests.counting import queries
from tests.factories import content, item

PLANS, INBOX = "/api/v1/plans/", "/api/v1/approvals/"
AT_ONCE = 50


@pytest.fixture
def plan(owner):
    return factories.plan(owner, of=factories.team(owner))


@pytest.fixture
def question(owner):
    return request_open(
        SYSTEM,
        owner=owner,
        kind="question",
        subject_id=uuid4(),
        title="どちらにしますか",
        content_hash="f" * 64,
    )


def decide(client, plan: Plan, verb: str, **body):
    return client.post(f"{PLANS}{plan.pk}/{verb}/", {"content_hash": plan.current.content_hash} | body)


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("approve", {}, "approved"),
        ("approve", {"comment": "よい"}, "approved"),
        ("reject", {"comment": "不要"}, "rejected"),
        ("request-changes", {"comment": "短く"}, "revision_requested"),
        ("request-changes", {"comments": [{"item": "a", "text": "短く"}]}, "revision_requested"),
    ],
)
def test_a_decision_counts(owner, plan, api, verb, body, status):
    answer = decide(api(owner), plan, verb, **body)
    assert answer.status_code == 200
    assert answer.json()["status"] == status
    assert plan.requests.get().decided_by == owner
    decided = Event.objects.get(type="plan.decided", stream=f"workflow:{plan.subject_id}")
    assert decided.payload["to"] == status
    assert AuditEntry.objects.filter(action="plan.decided", actor=owner).count() == 1


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("approve", {"content_hash": ""}, "content_hash"),
        ("approve", {"content_hash": None}, "content_hash"),
        ("approve", {"content_hash": "x" * 65}, "content_hash"),
        ("approve", {"why": "x"}, "why"),
        ("approve", {"comments": []}, "comments"),
        ("approve", {"comment": "x" * 5001}, "comment"),
        ("reject", {}, "comment"),
        ("reject", {"comment": "  "}, "comment"),
        ("request-changes", {}, "comment"),
        ("request-changes", {"comments": [{"item": "a"}]}, "comments"),
        ("request-changes", {"comments": "shorter"}, "comments"),
    ],
)
def test_a_decision_that_says_too_little_or_too_much(owner, plan, api, verb, body, field):
    answer = decide(api(owner), plan, verb, **body)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert Plan.objects.get().status == "submitted"


def test_a_decision_without_a_hash(owner, plan, api):
    assert api(owner).post(f"{PLANS}{plan.pk}/approve/", {}).status_code == 422


def test_a_stale_hash_decides_nothing(owner, plan, api):
    client, stale = api(owner), plan.current.content_hash
    client.patch(f"{PLANS}{plan.pk}/", {"content": content(item("a"))})
    for verb in ("approve", "reject", "request-changes"):
        answer = client.post(f"{PLANS}{plan.pk}/{verb}/", {"content_hash": stale, "comment": "x"})
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "plan_changed"
    assert Plan.objects.get().status == "submitted"


def test_a_second_decision_comes_too_late(owner, plan, api):
    assert decide(api(owner), plan, "approve").status_code == 200
    for verb in ("approve", "reject", "request-changes"):
        answer = decide(api(owner), plan, verb, comment="x")
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "already_decided"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("road", ["plans", "approvals", "both"])
def test_of_fifty_decisions_at_once_one_counts(owner, plan, api, road):
    token = api(owner)._credentials
    request = plan.requests.get()
    roads = {
        "plans": [(f"{PLANS}{plan.pk}/approve/", {})],
        "approvals": [(f"{INBOX}{request.pk}/decide/", {"decision": "approve"})],
    }
    roads["both"] = roads["plans"] + roads["approvals"]

    def send(number: int) -> int:
        address, body = roads[road][number % len(roads[road])]
        client = api(None)
        client.credentials(**token)
        try:
            return client.post(address, {"content_hash": plan.current.content_hash} | body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = Counter(pool.map(send, range(AT_ONCE)))
    assert statuses == {200: 1, 409: AT_ONCE - 1}
    assert AuditEntry.objects.filter(action="plan.decided").count() == 1
    assert Plan.objects.get().status == "approved"


def test_a_named_approver_decides(owner, teammate, plan, api):
    factories.share(plan, teammate)
    asked = api(owner).post(f"{PLANS}{plan.pk}/request-approval/", {"approver": str(teammate.pk)})
    assert asked.status_code == 200
    assert asked.json()["status"] == "under_review"
    assert Notification.objects.filter(user=teammate, type="approval.requested").count() == 1
    inbox = api(teammate).get(INBOX).json()["results"]
    assert [(each["plan"], each["asked_of"]["name"]) for each in inbox] == [(str(plan.pk), "Teammate")]
    assert decide(api(teammate), plan, "approve").status_code == 200
    assert decide(api(teammate), plan, "approve").json()["error"]["code"] == "already_decided"


def test_an_edit_keeps_the_named_approver(owner, teammate, plan, api):
    factories.share(plan, teammate)
    api(owner).post(f"{PLANS}{plan.pk}/request-approval/", {"approver": str(teammate.pk)})
    edited = api(owner).patch(f"{PLANS}{plan.pk}/", {"content": content(item("a"))}).json()
    assert edited["status"] == "under_review"
    waiting = api(teammate).get(INBOX).json()["results"]
    assert [each["content_hash"] for each in waiting] == [edited["content_hash"]]


def test_who_cannot_see_the_plan_cannot_be_asked(owner, stranger, plan, api):
    for approver in (str(stranger.pk), str(uuid4()), "x", None):
        answer = api(owner).post(f"{PLANS}{plan.pk}/request-approval/", {"approver": approver})
        assert answer.status_code == 422
        assert "approver" in answer.json()["error"]["details"]


def test_submitting_twice_changes_nothing(owner, plan, api):
    for _ in range(2):
        assert api(owner).post(f"{PLANS}{plan.pk}/submit/").json()["status"] == "submitted"
    assert plan.requests.count() == 1


def test_the_inbox_shows_what_waits(owner, plan, question, api):
    client = api(owner)
    assert [each["kind"] for each in client.get(INBOX).json()["results"]] == ["plan", "question"]
    assert [each["kind"] for each in client.get(INBOX, {"kind": "plan"}).json()["results"]] == ["plan"]
    decide(client, plan, "approve")
    assert [each["kind"] for each in client.get(INBOX).json()["results"]] == ["question"]
    assert [each["kind"] for each in client.get(INBOX, {"status": "approved"}).json()["results"]] == ["plan"]
    assert len(client.get(INBOX, {"status": "all"}).json()["results"]) == 2
    assert client.get(INBOX, {"search": "どちら"}).json()["results"][0]["id"] == str(question.pk)
    assert client.get(INBOX, {"status": "x"}).status_code == 422
    assert client.get(INBOX, {"kind": "x"}).status_code == 422


def test_an_approver_by_permission_finds_the_plan_in_the_inbox(owner, teammate, plan, api):
    factories.share(plan, teammate, "approve")
    assert api(teammate).get(INBOX).json()["results"] == []  # a viewer approves nothing, at whatever level
    teammate.groups.add(Role.objects.get(name="approver").group)
    waiting = api(teammate).get(INBOX).json()["results"]
    body = {"decision": "approve", "content_hash": waiting[0]["content_hash"]}
    assert api(teammate).post(f"{INBOX}{waiting[0]['id']}/decide/", body).status_code == 200
    assert Plan.objects.get().status == "approved"


def test_a_question_is_answered_once(owner, question, api):
    body = {"decision": "answer", "answer": "後者", "content_hash": "f" * 64}
    answered = api(owner).post(f"{INBOX}{question.pk}/decide/", body)
    assert answered.status_code == 200
    assert (answered.json()["status"], answered.json()["answer"]) == ("answered", "後者")
    again = api(owner).post(f"{INBOX}{question.pk}/decide/", body)
    assert again.json()["error"]["code"] == "already_decided"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"decision": "perhaps"}, 422),
        ({}, 422),
        ({"decision": "approve", "content_hash": "0" * 64}, 409),
        ({"decision": "approve", "arguments": {"path": "/"}}, 422),
        ({"decision": "approve", "arguments": "x"}, 422),
        ({"decision": "reject"}, 422),
        ({"decision": "approve", "x": 1}, 422),
    ],
)
def test_decisions_that_do_not_fit(owner, question, api, body, status):
    assert api(owner).post(f"{INBOX}{question.pk}/decide/", body).status_code == status
    assert ApprovalRequest.objects.get(pk=question.pk).status == "pending"


def test_a_plans_request_needs_the_hash_too(owner, plan, api):
    address = f"{INBOX}{plan.requests.get().pk}/decide/"
    assert api(owner).post(address, {"decision": "approve"}).status_code == 422
    assert api(owner).post(address, {"decision": "approve", "content_hash": "0" * 64}).status_code == 409


def test_rights_in_the_inbox(owner, teammate, stranger, question, api):
    factories.share(question, teammate)
    address = f"{INBOX}{question.pk}/"
    assert api(teammate).get(address).status_code == 200
    assert api(teammate).post(f"{address}decide/", {"decision": "approve"}).status_code == 403
    assert api(stranger).get(address).status_code == 404
    assert api(stranger).post(f"{address}decide/", {"decision": "approve"}).status_code == 404
    assert api(stranger).get(INBOX).json()["results"] == []


def test_the_inbox_costs_the_same_however_long(owner, api):
    client, costs = api(owner), []
    for count in (10, 60):
        for _ in range(count):
            factories.plan(owner)
        costs.append(queries(client, f"{INBOX}?limit=200"))
    assert costs[0] == costs[1]
