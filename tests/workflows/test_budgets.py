"""A run whose budget is used up: it stops before the call, asks, and goes on when it may."""

import threading
from decimal import Decimal
from typing import Any

import pytest

from ai_integration.gateway import loop
from ai_integration.models import Budget, CallRecord, Spending
from ai_integration.selectors import standings
from ai_integration.services import budget_remove, budget_set, profile_set
from foundation.activity.models import Notification
from plans.models import ApprovalRequest
from plans.services import request_decide
from tests.stub import Asked, Stall, Stub, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import crank, decide, fresh, moves, statuses, step, until, until_status
from workflows.services import parking, workflow_cancel, workflow_create, workflow_resume
from workflows.states import WorkflowStatus

pytestmark = pytest.mark.django_db(transaction=True)
MODEL = "openai:stub"
FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
ENOUGH = 10**7


def pending(workflow: Any) -> ApprovalRequest:
    return ApprovalRequest.objects.get(subject_id=workflow.pk, kind="budget", status="pending")


def carried_out(workflow: Any) -> Any:
    """What the queue would bring after a decision."""
    parking.parked_sweep()
    return crank(fresh(workflow))


@pytest.fixture
def paid(house: House, stub: Any, settings: Any) -> House:
    """A team that thinks with a model of which every token counts."""
    stub()
    settings.AI_MAX_OUTPUT_TOKENS = 1000
    profile_set(house.user, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=1000)
    return house


def test_planning_stops_before_the_call_and_asks(paid: House) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"tokens": 1}))
    assert workflow.status == "waiting_for_human"
    assert workflow.resumes_to == "planning"
    request = pending(workflow)
    assert request.owner == paid.user
    assert (request.payload["scope"], request.payload["tokens_limit"]) == ("run", 1)
    assert request.payload["tokens_added"] >= request.payload["tokens_needed"] > 1
    call = CallRecord.objects.get()
    assert (call.status, call.ending) == ("awaiting_approval", "budget")
    assert Notification.objects.filter(user=paid.user, type="approval.requested").exists()


def test_approved_in_the_inbox_it_goes_on(paid: House, api: Any) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"tokens": 1}))
    request = pending(workflow)
    answer = api(paid.user).post(
        f"/api/v1/approvals/{request.pk}/decide/",
        {"decision": "approve", "content_hash": request.content_hash},
    )
    assert answer.status_code == 200, answer.content
    workflow = carried_out(workflow)
    assert workflow.status == "awaiting_approval"
    assert CallRecord.objects.get().status == "finished"
    spent = Spending.objects.get()
    assert spent.tokens == 18
    assert spent.extra_tokens == request.payload["tokens_added"]


def test_rejected_it_stops_with_that_reason(paid: House) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"tokens": 1}))
    request_decide(paid.user, pending(workflow), "reject", comment="Too dear.")
    workflow = carried_out(workflow)
    assert (workflow.status, workflow.reason) == ("failed", "Too dear.")
    assert not CallRecord.objects.filter(status="finished").exists()


def test_a_budget_that_is_raised_lets_it_go_on(paid: House) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"tokens": 1}))
    budget = Budget.objects.get()
    budget_set(paid.user, scope="run", target=budget.target, period="total", tokens=ENOUGH)
    workflow = carried_out(workflow)
    assert workflow.status == "awaiting_approval"
    assert ApprovalRequest.objects.get(kind="budget").status == "withdrawn"


def test_a_budget_that_is_removed_lets_it_go_on(paid: House) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"tokens": 1}))
    budget_remove(paid.user, Budget.objects.get())
    assert carried_out(workflow).status == "awaiting_approval"


def test_resumed_by_hand_without_money_it_asks_once_more_and_only_once(paid: House) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"tokens": 1}))
    workflow_resume(paid.user, workflow)
    workflow = crank(fresh(workflow))
    assert workflow.status == "waiting_for_human"
    asked = ApprovalRequest.objects.filter(kind="budget").order_by("created_at")
    assert list(asked.values_list("status", flat=True)) == ["withdrawn", "pending"]


def test_cancelled_while_it_waits_nothing_is_left_to_decide(paid: House) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"tokens": 1}))
    workflow_cancel(paid.user, workflow)
    assert carried_out(workflow).status == "cancelled"
    assert ApprovalRequest.objects.get(kind="budget").status == "withdrawn"


def test_tasks_that_stop_are_put_back_and_done_once(paid: House, stub: Any) -> None:
    """The budget ends in the middle of three tasks: what is done stays done, and nothing is asked twice."""
    server = stub()
    workflow = step(paid.delegate("Report on the new lamp: price and delivery.", model=MODEL))
    decide(workflow)
    workflow = step(workflow)
    count = workflow.tasks.count()
    budget = budget_set(paid.user, scope="run", target=str(workflow.pk), period="total", tokens=1)
    workflow = crank(workflow)
    assert workflow.status == "waiting_for_human"
    assert set(statuses(workflow).values()) == {"pending"}
    assert not server.of("work")
    assert ApprovalRequest.objects.filter(kind="budget").count() == 1
    budget_set(paid.user, scope="run", target=budget.target, period="total", tokens=ENOUGH)
    workflow = carried_out(workflow)
    assert workflow.status in FINE
    first = [each for each in server.of("work") if not each.brief.previous]
    assert len(first) == count


def test_who_may_not_raise_the_houses_budget_is_not_asked(
    paid: House, stub: Any, teammate: Any, stranger: Any
) -> None:
    budget_set(paid.user, scope="installation", period="month", tokens=1)
    workflow = crank(workflow_create(stranger, requirement="Find lamps.", model=MODEL))
    assert workflow.status == "waiting_for_human"
    assert pending(workflow).owner == paid.user


@pytest.mark.parametrize("budget", [{"tokens": 0}, {}, {"hours": 3}])
def test_no_limit_is_no_budget(paid: House, budget: dict[str, float]) -> None:
    paid.delegate(model=MODEL, budget=budget)
    assert not Budget.objects.exists()


# From here on a worker runs beside the tests.


def test_with_a_real_worker_from_the_inbox(paid: House, worker: Any, stub: Any) -> None:
    asked: list[str] = []
    lock = threading.Lock()

    def note(each: Asked) -> str:
        with lock:
            asked.append(each.job)
        return secretary(each)

    stub(note)
    workflow = paid.delegate(
        "Report on the new lamp: price and delivery.", model=MODEL, budget={"tokens": 1}, auto_approve=True
    )
    waiting = ApprovalRequest.objects.filter(subject_id=workflow.pk, kind="budget", status="pending")

    def moved() -> bool:
        return waiting.exists() or fresh(workflow).status in (*FINE, "failed")

    approved = 0
    while fresh(workflow).status not in (*FINE, "failed"):
        until(moved, "a request or the end")
        for request in waiting.all():
            request_decide(paid.user, request, "approve")
            approved += 1
    assert approved >= 1
    workflow = until_status(workflow, *FINE)
    budget = Budget.objects.get(scope="run")
    used = standings([budget])[0]
    assert used.tokens == 18 * len(asked) <= used.tokens_limit
    assert "waiting_for_human" in moves(workflow)


def test_a_workflow_that_is_cancelled_hangs_up_on_its_model(
    paid: House, stub: Any, worker: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(loop, "CHECK_SECONDS", 0.05)
    over = threading.Event()
    server: Stub = stub(lambda _: Stall('{"title": "', over))
    workflow = paid.delegate(model=MODEL)
    until(lambda: server.asked, "the call")
    workflow_cancel(paid.user, workflow)
    until(lambda: server.left == 1, "the line to be hung up")
    over.set()
    until(lambda: CallRecord.objects.get().ending == "cancelled", "the record")
    assert fresh(workflow).status == "cancelled"
