"""A discussion, or a single question, whose budget is used up: it stops before the call, asks, and goes on when it may."""

from decimal import Decimal
from typing import Any

import pytest

from ai_integration.models import Budget, CallRecord, Spending
from ai_integration.services import budget_set, profile_set
from plans.models import ApprovalRequest
from tests.pages import assert_shown, html, signed_in
from tests.workflows.conftest import House
from tests.workflows.driving import fresh
from tests.workflows.talking import begin, said, statuses, talk
from workflows.models import Discussion, Project
from workflows.services import (
    discussion_delete,
    discussion_end,
    discussion_interject,
    discussion_pause,
    discussion_resume,
    parking,
)
from workflows.services.moves import ENGINE, workflow_move
from workflows.states import WorkflowStatus

pytestmark = pytest.mark.django_db(transaction=True)
MODEL = "openai:stub"
ENOUGH = 10**7


@pytest.fixture
def paid(house: House, stub: Any, settings: Any) -> House:
    """A team that thinks with a model of which every token counts."""
    stub()
    settings.AI_MAX_OUTPUT_TOKENS = 1000
    profile_set(house.user, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=1000)
    house.use(MODEL)
    return house


def limit(house: House, tokens: int = 1, **about: str) -> Budget:
    given = {"scope": "installation", "period": "month"} | about
    return budget_set(house.user, tokens=tokens, **given)


def pending(discussion: Any) -> ApprovalRequest:
    return ApprovalRequest.objects.get(subject_id=discussion.pk, kind="budget", status="pending")


def decide(api: Any, house: House, request: ApprovalRequest, decision: str, **words: str) -> None:
    given = {"decision": decision, "content_hash": request.content_hash} | words
    answer = api(house.user).post(f"/api/v1/approvals/{request.pk}/decide/", given)
    assert answer.status_code == 200, answer.content
    parking.parked_sweep()


def test_it_stops_before_the_call_and_asks(paid: House) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    assert (discussion.status, discussion.resumes_to) == ("waiting_for_human", "active")
    assert not said(discussion)
    assert pending(discussion).owner == paid.user
    assert set(CallRecord.objects.filter(provider="openai").values_list("status", "ending")) == {
        ("awaiting_approval", "budget")
    }


def test_the_inbox_says_that_it_is_a_discussion_that_waits(paid: House, api: Any) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    client = api(paid.user)
    (row,) = client.get("/api/v1/approvals/").json()["results"]
    assert row["subject"] == {"kind": "discussion", "id": str(discussion.pk)}
    assert row["workflow"] is None
    found = {
        name: len(client.get("/api/v1/approvals/", {name: str(discussion.pk)}).json()["results"])
        for name in ("workflow", "subject")
    }
    assert found == {"workflow": 0, "subject": 1}


def test_approved_in_the_inbox_it_goes_on(paid: House, api: Any) -> None:
    limit(paid)
    discussion = talk(begin(paid, roles=("調査", "執筆")))
    decide(api, paid, pending(discussion), "approve")
    assert fresh(discussion).status == "active"
    limit(paid, ENOUGH)
    discussion = talk(discussion)
    assert (discussion.status, discussion.reason != "") == ("ended", True)
    assert [each.number for each in said(discussion)] == list(range(1, len(said(discussion)) + 1))
    assert statuses(discussion)[:2] == ["waiting_for_human", "active"]


def test_rejected_it_stops_with_that_reason_and_can_be_resumed(paid: House, api: Any) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    decide(api, paid, pending(discussion), "reject", comment="Too dear.")
    assert (fresh(discussion).status, fresh(discussion).reason) == ("failed", "Too dear.")
    limit(paid, ENOUGH)
    assert fresh(discussion).status == "failed", "only what waits goes on by itself"
    discussion_resume(paid.user, discussion)
    assert talk(discussion).status == "ended"


def test_a_budget_that_is_raised_lets_it_go_on(paid: House) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    limit(paid, ENOUGH)
    parking.parked_sweep()
    assert talk(discussion).status == "ended"
    assert ApprovalRequest.objects.get(kind="budget").status == "withdrawn"


def test_minutes_that_cannot_be_paid_wait_too(paid: House) -> None:
    from tests.factories import persona

    moderator = persona(paid.user, "進行の森", "進行", model=MODEL)
    discussion = begin(paid, moderator=moderator.pk)
    talk(discussion, turns=1)
    limit(paid, scope="persona", target=str(moderator.pk))
    discussion_end(paid.user, fresh(discussion))
    discussion = talk(discussion)
    assert (discussion.status, discussion.resumes_to, discussion.stop) == (
        "waiting_for_human",
        "concluding",
        "commander",
    )
    limit(paid, ENOUGH, scope="persona", target=str(moderator.pk))
    parking.parked_sweep()
    discussion = talk(discussion)
    assert (discussion.status, discussion.stop) == ("ended", "commander")
    assert discussion.minutes.markdown


def test_words_are_kept_while_it_waits_and_do_not_wake_it(paid: House) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    discussion_interject(paid.user, discussion, text="急ぎです。")
    assert fresh(discussion).status == "waiting_for_human"
    assert [each.text for each in said(discussion)] == ["急ぎです。"]
    assert pending(discussion)


@pytest.mark.parametrize("how", [discussion_pause, discussion_end])
def test_taken_out_of_the_wait_by_hand_nothing_is_left_to_decide(paid: House, how: Any) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    how(paid.user, discussion)
    assert ApprovalRequest.objects.get(kind="budget").status == "withdrawn"


def test_paused_while_it_waits_it_asks_again_when_resumed_and_can_be_deleted(paid: House) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    discussion_pause(paid.user, discussion)
    discussion_resume(paid.user, fresh(discussion))
    discussion = talk(discussion)
    assert (discussion.status, discussion.resumes_to) == ("waiting_for_human", "active")
    assert ApprovalRequest.objects.filter(kind="budget", status="pending").count() == 1
    discussion_pause(paid.user, discussion)
    discussion_delete(paid.user, fresh(discussion))
    assert not ApprovalRequest.objects.filter(status="pending").exists()


def test_a_discussion_counts_for_the_budget_of_its_project(paid: House) -> None:
    project = Project.objects.create(owner=paid.user, name="P")
    limit(paid, scope="project", target=str(project.pk))
    assert talk(begin(paid, project=project.pk)).status == "waiting_for_human"


def test_the_page_says_what_it_waits_for(paid: House, api: Any) -> None:
    limit(paid)
    discussion = talk(begin(paid))
    client = signed_in(paid.user)
    page = html(client, f"/discussions/{discussion.pk}/")
    assert_shown(page, "協議は判断を待っています。")
    assert "あなたの答えを待っています" not in page
    assert_shown(html(client, f"/approvals/{pending(discussion).pk}/"), f"/discussions/{discussion.pk}/")


def test_a_question_says_that_it_waits_and_is_answered_once_the_budget_is_raised(
    paid: House, api: Any
) -> None:
    limit(paid)
    person = paid.team.members.first()
    answer = api(paid.user).post(
        "/api/v1/discussions/ask/", {"persona": str(person.pk), "question": "いくらですか。"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "budget_exceeded")
    discussion = Discussion.objects.get(pk=answer.json()["error"]["details"]["discussion"])
    decide(api, paid, pending(discussion), "approve")
    discussion = talk(discussion)
    assert discussion.status == "ended"
    assert len(said(discussion, "speech")) == 1


def test_a_question_asked_on_its_page_leads_to_what_it_waits_for(paid: House) -> None:
    limit(paid)
    client = signed_in(paid.user)
    given = {"persona": str(paid.team.members.first().pk), "question": "いくらですか。"}
    answer = client.post("/ask/", given)
    assert_shown(html(client, answer.url), "協議は判断を待っています。")


def test_an_approval_adds_once_whatever_is_waited_for_later(paid: House, api: Any) -> None:
    """Every sweep looks at what waits; what was approved for an earlier wait must not be added again."""
    limit(paid)
    workflow = paid.delegate(model=MODEL, auto_approve=False)
    from tests.workflows.driving import crank

    workflow = crank(workflow)
    decide(api, paid, pending(workflow), "approve")
    added = Spending.objects.get().extra_tokens
    assert added > 1
    workflow = crank(fresh(workflow))
    workflow_move(
        ENGINE, workflow, WorkflowStatus.WAITING_FOR_HUMAN, resumes_to=workflow.status
    )  # as a tool's question does
    parking.parked_sweep()
    parking.parked_sweep()
    assert Spending.objects.get().extra_tokens == added
    assert fresh(workflow).status == "waiting_for_human"
