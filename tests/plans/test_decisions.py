"""Decisions and versions as commands: repeats, races, what a withdrawn plan leaves behind."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from ai_integration.jobs import PlanDraft
from foundation.activity.models import AuditEntry
from foundation.core.actors import SYSTEM
from foundation.core.errors import Conflict, DomainError, Forbidden, IllegalTransition, Invalid
from plans.models import ApprovalRequest, Plan, PlanVersion
from plans.services import (
    Author,
    Decision,
    plan_decide,
    plan_edit,
    plan_revise_by_hand,
    plan_submit,
    plan_withdraw,
)
from plans.states import PLAN, REQUEST, PlanStatus, RequestStatus
from tests import factories


@pytest.fixture
def plan(owner: Any) -> Plan:
    return factories.plan(owner)


def draft(title: str = "Another") -> PlanDraft:
    return PlanDraft.model_validate(factories.content(title=title))


def decided(plan: Plan, decision: str = Decision.APPROVE, comment: str = "") -> Plan:
    return plan_decide(plan.owner, plan, decision, content_hash=plan.current.content_hash, comment=comment)


def test_a_repeat_of_the_same_edit_makes_one_version(plan: Plan) -> None:
    first = plan_edit(SYSTEM, plan, draft(), author=Author(), unique_key="run:1")
    again = plan_edit(SYSTEM, plan, draft("Something else"), author=Author(), unique_key="run:1")
    assert again == first
    assert PlanVersion.objects.filter(plan=plan).count() == 2


def test_an_edit_withdraws_the_request_for_the_version_before(plan: Plan) -> None:
    plan_edit(SYSTEM, plan, draft(), author=Author())
    plan.refresh_from_db()
    assert plan.status == PlanStatus.DRAFT
    assert list(plan.requests.values_list("status", flat=True)) == ["withdrawn"]
    plan_submit(SYSTEM, plan)
    assert sorted(plan.requests.values_list("status", flat=True)) == ["pending", "withdrawn"]


def test_a_withdrawn_plan_is_closed_for_good(plan: Plan) -> None:
    plan_withdraw(SYSTEM, plan)
    plan.refresh_from_db()
    assert not ApprovalRequest.objects.filter(status="pending").exists()
    with pytest.raises(Conflict):
        decided(plan)
    with pytest.raises(IllegalTransition):
        plan_edit(SYSTEM, plan, draft(), author=Author())


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.REQUEST_CHANGES])
def test_a_no_needs_words(plan: Plan, decision: str) -> None:
    with pytest.raises(Invalid):
        decided(plan, decision)
    assert decided(plan, decision, "Because.").status != PlanStatus.SUBMITTED


def test_a_decision_needs_to_know_what_it_is_about(plan: Plan) -> None:
    with pytest.raises(Invalid):
        plan_decide(plan.owner, plan, Decision.APPROVE, content_hash="")
    with pytest.raises(Invalid):
        plan_decide(plan.owner, plan, "perhaps", content_hash=plan.current.content_hash)


def test_a_stranger_decides_nothing(plan: Plan, stranger: Any) -> None:
    with pytest.raises(Forbidden):
        plan_decide(stranger, plan, Decision.APPROVE, content_hash=plan.current.content_hash)


def test_every_decision_leaves_one_entry_in_the_audit(plan: Plan) -> None:
    decided(plan)
    with pytest.raises(Conflict):
        decided(plan)
    entry = AuditEntry.objects.get(action="plan.decided")
    assert entry.actor == plan.owner
    assert entry.data["data"]["content_hash"] == plan.current.content_hash


@pytest.mark.parametrize(("table", "terminal"), [(PLAN, 4), (REQUEST, 6)])
def test_what_is_closed_stays_closed(table: Any, terminal: int) -> None:
    assert len(table.terminal) == terminal
    assert not any(table.allows(status, other) for status in table.terminal for other in table.table)


def test_every_status_has_its_place_in_the_tables() -> None:
    assert set(PLAN.table) == set(PlanStatus)
    assert set(REQUEST.table) == set(RequestStatus)


def at_once(*works: Callable[[], Any]) -> list[str]:
    """What each came to: its error's code, or `done`."""
    found: list[str] = []
    start = threading.Barrier(len(works), timeout=20)

    def run(work: Callable[[], Any]) -> None:
        start.wait()
        try:
            work()
            found.append("done")
        except DomainError as error:
            found.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sorted(found)


@pytest.mark.django_db(transaction=True)
def test_an_edit_and_an_approval_at_once_never_approve_what_was_not_read(
    transactional_db: None, owner: Any
) -> None:
    for number in range(5):
        plan = factories.plan(owner)
        read = plan.current.content_hash
        outcome = at_once(
            lambda plan=plan, read=read: plan_decide(owner, plan, Decision.APPROVE, content_hash=read),
            lambda plan=plan, number=number: plan_revise_by_hand(
                owner, plan, factories.content(title=f"Version {number}")
            ),
        )
        plan.refresh_from_db()
        approved = plan.status == PlanStatus.APPROVED
        assert approved == (plan.current.content_hash == read)
        assert outcome.count("done") == 1


@pytest.mark.django_db(transaction=True)
def test_opposite_decisions_at_once_leave_one(transactional_db: None, owner: Any) -> None:
    plan = factories.plan(owner)
    read = plan.current.content_hash
    words = {Decision.APPROVE: "", Decision.REJECT: "No.", Decision.REQUEST_CHANGES: "Other."}
    works = [
        lambda decision=decision, comment=comment: plan_decide(
            owner, plan, decision, content_hash=read, comment=comment
        )
        for decision, comment in words.items()
        for _ in range(3)
    ]
    assert at_once(*works) == [*["already_decided"] * 8, "done"]
    assert ApprovalRequest.objects.exclude(status="pending").count() == 1
    assert AuditEntry.objects.filter(action="plan.decided").count() == 1
