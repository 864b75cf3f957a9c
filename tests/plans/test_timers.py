"""Deadlines and reminders: rows read by the sweep, each fired once, whatever the clock or the broker does."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from foundation.accounts.models import Role
from foundation.activity.models import AuditEntry, Notification
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError
from plans.models import ApprovalRequest, Plan, Timer, Vote
from plans.services import plan_decide, request_open
from plans.services.timers import timers_fire
from tests.plans.conftest import ROLE, named

PLANS, INBOX = "/api/v1/plans/", "/api/v1/approvals/"


def later(plan: Plan, **shift: float) -> None:
    """Let so much time pass for the plan's request."""
    by = timedelta(**shift)
    request = plan.requests.order_by("-created_at").first()
    ApprovalRequest.objects.filter(pk=request.pk).update(deadline=request.deadline - by)
    for timer in request.timers.all():
        Timer.objects.filter(pk=timer.pk).update(due_at=timer.due_at - by)


def told(type: str) -> int:
    return Notification.objects.filter(type=type).count()


def decide(client: Any, plan: Plan) -> Any:
    fresh = Plan.objects.get(pk=plan.pk)
    return client.post(f"{PLANS}{plan.pk}/approve/", {"content_hash": fresh.current.content_hash})


def test_a_reminder_comes_once(under):
    plan = under({"deadline_hours": 24, "remind_hours": [20, 2]})
    timers_fire()
    assert told("approval.reminded") == 0
    later(plan, hours=5)
    for _ in range(3):
        timers_fire()
    assert told("approval.reminded") == 1
    later(plan, hours=18)
    timers_fire()
    assert told("approval.reminded") == 2


def test_a_clock_that_jumps_reminds_once_and_not_after_the_deadline(under):
    plan = under({"deadline_hours": 24, "remind_hours": [20, 10, 5]})
    later(plan, hours=20)
    timers_fire()
    assert told("approval.reminded") == 1
    later(plan, hours=-30)  # and back again
    timers_fire()
    later(plan, hours=100)
    timers_fire()
    assert (told("approval.reminded"), told("approval.overdue")) == (1, 1)
    timers_fire()
    assert told("approval.overdue") == 1


@pytest.mark.parametrize(("act", "status"), [("reject", "rejected"), ("expire", "expired")])
def test_a_clock_that_jumps_a_day_ends_it_once_and_for_good(owner, under, api, act, status):
    plan = under({"deadline_hours": 12, "remind_hours": [2], "on_deadline": act})
    later(plan, days=-1)  # the clock goes back: nothing is due, and it can be decided
    assert timers_fire() == 0
    (waits,) = api(owner).get(INBOX).json()["results"]
    assert waits["id"] == str(plan.requests.get().pk)
    later(plan, days=2)  # and forward, over reminder and deadline at once
    timers_fire()
    assert Plan.objects.get(pk=plan.pk).status == status
    later(plan, days=-2)  # and back before both
    timers_fire()
    late = decide(api(owner), plan)
    assert (late.status_code, Plan.objects.get(pk=plan.pk).status) == (409, status)
    assert AuditEntry.objects.filter(action="plan.decided").count() == 1
    assert told("approval.reminded") == 0
    assert api(owner).get(INBOX).json()["results"] == []


def test_a_jump_back_lets_no_deadline_pass_early(owner, under, api):
    plan = under({"deadline_hours": 12, "on_deadline": "expire"})
    later(plan, days=-1)
    timers_fire()
    assert decide(api(owner), plan).json()["status"] == "approved"


def test_what_keeps_waiting_is_decided_late(owner, under, api):
    plan = under({"deadline_hours": 1})
    later(plan, hours=2)
    timers_fire()
    assert [each["plan"] for each in api(owner).get(INBOX).json()["results"]] == [str(plan.pk)]
    assert decide(api(owner), plan).json()["status"] == "approved"


@pytest.mark.parametrize(("act", "status"), [("reject", "rejected"), ("expire", "expired")])
def test_a_deadline_ends_it(owner, under, api, act, status):
    plan = under({"deadline_hours": 1, "on_deadline": act})
    later(plan, hours=2)
    refused = decide(api(owner), plan)  # no sweep has come by yet
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "expired")
    timers_fire()
    timers_fire()
    assert Plan.objects.get(pk=plan.pk).status == status
    assert decide(api(owner), plan).status_code == 409
    assert AuditEntry.objects.filter(action="plan.decided", actor_name="deadline").count() == 1
    history = api(owner).get(f"{PLANS}{plan.pk}/history/").json()
    assert len(history) == 1
    assert history[0]["decision"] == {"reject": "reject", "expire": "expired"}[act]
    assert api(owner).get(INBOX).json()["results"] == []


def test_a_deadline_asks_others_too(owner, approvers, under, api):
    first, second, _third = approvers
    plan = under(
        {
            "steps": [named(first)],
            "deadline_hours": 1,
            "on_deadline": "escalate",
            "escalate_to": {"users": [str(second.pk)]},
        }
    )
    assert decide(api(second), plan).status_code == 404
    later(plan, hours=2)
    timers_fire()
    assert Notification.objects.filter(user=second, type="approval.escalated").count() == 1
    assert decide(api(second), plan).json()["status"] == "approved"


def test_without_steps_a_deadline_asks_others_beside_the_owner(owner, approvers, under, api):
    policy = {"deadline_hours": 1, "on_deadline": "escalate", "escalate_to": {"roles": [ROLE]}}
    plan, other = under(policy), under(policy)
    later(plan, hours=2)
    later(other, hours=2)
    timers_fire()
    assert decide(api(owner), plan).json()["status"] == "approved"
    assert decide(api(approvers[2]), other).json()["status"] == "approved"


def test_a_tool_call_expires(owner, api):
    request = request_open(
        SYSTEM,
        owner=owner,
        kind="tool_call",
        subject_id=uuid4(),
        title="filesystem.write_file",
        content_hash="a" * 64,
        deadline=timezone.now() - timedelta(seconds=1),
        payload={"server": "filesystem", "tool": "write_file", "arguments": {}, "effect": "write"},
    )
    late = api(owner).post(f"{INBOX}{request.pk}/decide/", {"decision": "approve"})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "expired")
    timers_fire()
    assert ApprovalRequest.objects.get().status == "expired"
    assert AuditEntry.objects.filter(action="approval.expired").count() == 1


def test_too_few_people_are_told_of_once(owner, approvers, under, api):
    plan = under({"steps": [{"roles": [ROLE], "needed": 3}]})
    timers_fire()
    assert told("approval.short_of_people") == 0
    approvers[0].groups.remove(Role.objects.get(name=ROLE).group)
    for _ in range(2):
        Timer.objects.filter(kind="people").update(due_at=timezone.now() - timedelta(seconds=1))
        timers_fire()
    assert Notification.objects.filter(user=owner, type="approval.short_of_people").count() == 1
    assert Plan.objects.get(pk=plan.pk).status == "submitted"


def test_a_decided_request_fires_nothing(owner, under, api):
    plan = under({"deadline_hours": 1, "on_deadline": "reject", "remind_hours": [0.5]})
    decide(api(owner), plan)
    later(plan, hours=2)
    assert timers_fire() == 0
    assert Plan.objects.get(pk=plan.pk).status == "approved"


@pytest.mark.django_db(transaction=True)
def test_a_deadline_and_an_approval_at_once_leave_one(transactional_db, owner, under):
    for _ in range(3):
        plan = under({"deadline_hours": 1, "on_deadline": "expire"})
        Timer.objects.filter(request__plan=plan).update(due_at=timezone.now() - timedelta(seconds=1))
        start = threading.Barrier(3)

        codes: list[str] = []

        def run(work: Any, start: threading.Barrier = start, codes: list[str] = codes) -> None:
            start.wait(20)
            try:
                work()
            except DomainError as error:
                codes.append(error.code)
            finally:
                connection.close()

        works = [
            timers_fire,
            timers_fire,
            lambda plan=plan: plan_decide(owner, plan, "approve", content_hash=plan.current.content_hash),
        ]
        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        plan.refresh_from_db()
        assert set(codes) <= {"already_decided", "expired"}
        assert plan.status in ("approved", "expired")
        assert Vote.objects.filter(request__plan=plan).count() == (plan.status == "approved")
        assert AuditEntry.objects.filter(action="plan.decided", object_id=plan.pk).count() == 1
