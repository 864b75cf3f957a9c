"""Whole pieces of work on a real, far too small model: they come to an honest end."""

from typing import Any

import pytest

from ai_integration.models import CallRecord
from ai_integration.services import credential_create, default_model_set
from tests.llama import NAME, Llama
from tests.workflows.conftest import House
from tests.workflows.driving import crank, decide, fresh, step

pytestmark = [pytest.mark.slow, pytest.mark.once]
MODEL = f"compatible:{NAME}"


@pytest.fixture
def connected(house: House, llama: Llama) -> House:
    credential_create(house.user, provider="compatible", base_url=llama.url)
    return house


def test_a_plan_that_the_model_cannot_hold_ends_with_its_reason(connected: House) -> None:
    default_model_set(connected.user, model=MODEL)
    workflow = step(connected.delegate())
    assert workflow.status == "failed"
    assert "context" in CallRecord.objects.get(job="plan").error
    assert workflow.reason


def test_work_that_the_model_cannot_do_becomes_a_gap_or_a_failure(connected: House, settings: Any) -> None:
    settings.MAX_REVISIONS = 0
    connected.use(MODEL, "調査")
    criterion = {"a": {"acceptance": ["The price of the lamp is named, with its source."]}}
    workflow = crank(connected.by_hand({"a": []}, each=criterion))
    decide(workflow)
    workflow = crank(workflow)
    assert workflow.status in {"completed_with_gaps", "failed"}
    assert fresh(workflow).reason or workflow.report.gaps
    called = CallRecord.objects.filter(job="work", model=NAME)
    assert called.exists()
    assert all(call.error or call.answer for call in called)


def test_a_question_is_answered_or_the_failure_is_said(connected: House, api: Any) -> None:
    connected.use(MODEL, "調査")
    person = connected.team.members.get(role="調査")
    asked = {"persona": str(person.pk), "question": "Why lamps?"}
    answer = api(connected.user).post("/api/v1/discussions/ask/", asked)
    assert answer.status_code in {201, 502}
    call = CallRecord.objects.get(job="speak")
    assert (call.model, call.status) == (NAME, "finished" if answer.status_code == 201 else "failed")
