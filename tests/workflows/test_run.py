"""One run by hand, station by station, with the built-in secretary over real notes."""

import pytest

from ai_integration.models import CallRecord
from foundation.activity.models import AuditEntry
from foundation.core.errors import Conflict
from plans.models import ApprovalRequest
from plans.services import Decision, plan_decide, plan_revise_by_hand
from tests.notes import tree
from tests.workflows.conftest import House
from tests.workflows.driving import crank, decide, events, fresh, moves, step, task_moves
from workflows.states import FINISHED, TaskStatus, WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
TO_THE_END = ["planning", "awaiting_approval", "running", "reviewing"]


def test_a_requirement_becomes_a_cited_report(house: House) -> None:
    before = tree(house.folder)

    workflow = step(house.delegate())
    assert workflow.status == WorkflowStatus.AWAITING_APPROVAL
    decide(workflow)
    workflow = crank(workflow)

    assert workflow.status in FINE
    assert workflow.progress == 100
    assert {each["note"] for each in workflow.report.citations} >= {"価格.md", "納期.md"}
    after = tree(house.folder)
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) == {workflow.report.note_path}
    assert after[workflow.report.note_path].decode() == workflow.report.markdown


def test_every_citation_stands_where_it_says(house: House) -> None:
    workflow = crank(house.delegate(auto_approve=True))
    assert workflow.report.citations
    for each in workflow.report.citations:
        lines = (house.folder / each["note"]).read_text(encoding="utf-8").splitlines()
        assert each["quote"].splitlines()[0] in lines[each["line"] - 1]


def test_nothing_is_done_before_the_plan_is_approved(house: House) -> None:
    workflow = crank(house.delegate())
    assert workflow.status == WorkflowStatus.AWAITING_APPROVAL
    assert not workflow.tasks.exists()
    assert [call.job for call in CallRecord.objects.all()] == ["plan"]
    assert moves(workflow) == ["planning", "awaiting_approval"]


def test_each_step_is_called_once_and_recorded_in_order(house: House) -> None:
    workflow = crank(house.delegate(auto_approve=True))
    assert moves(workflow)[:4] == TO_THE_END
    calls = CallRecord.objects.filter(subject_id=workflow.pk)
    reviews = workflow.reviews.count()
    assert set(calls.values_list("attempts", "status")) == {(1, "finished")}
    revisions = sum(task.revision + 1 for task in workflow.tasks.all())
    assert calls.count() == 1 + revisions + reviews
    assert len(events(workflow, "report.written")) == 1


def test_the_approval_is_bound_to_what_was_read(house: House) -> None:
    workflow = step(house.delegate())
    read = workflow.plan.current
    other = read.content | {"title": "Something else"}
    plan_revise_by_hand(house.user, workflow.plan, other)

    with pytest.raises(Conflict) as caught:
        plan_decide(house.user, workflow.plan, Decision.APPROVE, content_hash=read.content_hash)
    assert caught.value.code == "plan_changed"
    assert crank(workflow).status == WorkflowStatus.AWAITING_APPROVAL

    decide(workflow)
    assert crank(workflow).status in FINE
    assert fresh(workflow).plan.current.number == 2


def test_tasks_are_the_approved_versions_items(house: House) -> None:
    workflow = step(house.delegate())
    content = workflow.plan.current.content
    shorter = content | {"items": [content["items"][0] | {"title": "Only this", "depends_on": []}]}
    plan_revise_by_hand(house.user, workflow.plan, shorter)
    decide(workflow)
    workflow = crank(workflow)
    assert [task.title for task in workflow.tasks.all()] == ["Only this"]


def test_a_request_for_changes_yields_a_second_version(house: House) -> None:
    workflow = step(house.delegate())
    first = workflow.plan.current
    decide(workflow, Decision.REQUEST_CHANGES, "在庫についても調べてください。")
    workflow = step(workflow)

    assert workflow.status == WorkflowStatus.AWAITING_APPROVAL
    assert workflow.plan.current.number == 2
    assert workflow.plan.current.content_hash != first.content_hash
    assert "在庫" in str(workflow.plan.current.content)
    assert workflow.run.plan_round == 1
    assert moves(workflow) == ["planning", "awaiting_approval", "planning", "awaiting_approval"]
    with pytest.raises(Conflict):
        plan_decide(house.user, workflow.plan, Decision.APPROVE, content_hash=first.content_hash)
    decide(workflow)
    assert crank(workflow).status in FINE


def test_a_rejection_ends_it_with_the_reason(house: House) -> None:
    before = tree(house.folder)
    workflow = step(house.delegate())
    decide(workflow, Decision.REJECT, "今は要りません。")
    workflow = crank(workflow)
    assert workflow.status == WorkflowStatus.CANCELLED
    assert workflow.reason == "今は要りません。"
    assert not workflow.tasks.exists()
    assert tree(house.folder) == before


def test_automatic_approval_says_so(house: House) -> None:
    workflow = crank(house.delegate(auto_approve=True))
    request = ApprovalRequest.objects.get(plan=workflow.plan)
    assert (request.status, request.automatic, request.decided_by) == ("approved", True, house.user)
    assert [each["data"]["automatic"] for each in events(workflow, "plan.decided")] == [True]
    assert AuditEntry.objects.get(action="plan.decided").data["data"]["automatic"] is True
    by_hand = step(house.delegate())
    decide(by_hand)
    assert ApprovalRequest.objects.get(plan=fresh(by_hand).plan).automatic is False


def test_the_reviewer_wrote_none_of_it(house: House) -> None:
    workflow = crank(house.delegate(auto_approve=True))
    authors = {result.persona_name for task in workflow.tasks.all() for result in task.results.all()}
    judges = {review.persona_name for review in workflow.reviews.all()}
    assert authors
    assert judges
    assert not authors & judges


def test_a_team_of_one_is_not_its_own_judge(house: House) -> None:
    for member in house.team.members.exclude(role="調査"):
        member.is_active = False
        member.save()
    workflow = house.by_hand({"a": []}, auto_approve=True)
    workflow = crank(workflow)
    worker = workflow.tasks.get().results.first().persona_name
    assert workflow.reviews.first().persona_name != worker


def test_the_commanders_own_tasks_become_the_plan(house: House) -> None:
    workflow = house.by_hand({"a": [], "b": ["a"]})
    workflow = step(workflow)
    assert [item["key"] for item in workflow.plan.current.content["items"]] == ["a", "b"]
    assert not CallRecord.objects.exists()
    decide(workflow)
    workflow = crank(workflow)
    assert workflow.status in FINE
    assert task_moves(workflow)[:4] == ["a→running", "a→done", "b→running", "b→done"]


def test_a_manual_plan_sent_back_is_revised_and_carried_out_as_approved(house: House) -> None:
    workflow = step(house.by_hand({"a": [], "b": ["a"]}))
    decide(workflow, Decision.REQUEST_CHANGES, "Look into the supplier too.")
    workflow = step(workflow)
    assert workflow.plan.current.number == 2
    decide(workflow)
    workflow = crank(workflow)
    assert workflow.status in FINE
    planned = {item["key"]: item["title"] for item in workflow.plan.current.content["items"]}
    done = workflow.tasks.filter(status=TaskStatus.DONE)
    assert {task.key: task.title for task in done} == planned


def test_without_a_vault_the_gaps_are_named(house: House) -> None:
    workflow = house.delegate(auto_approve=True)
    workflow.vault = None
    workflow.save()
    workflow = crank(workflow)
    assert workflow.status == WorkflowStatus.COMPLETED_WITH_GAPS
    assert workflow.report.gaps
    assert workflow.report.note_path == ""


def test_a_requirement_of_100000_characters(house: House) -> None:
    workflow = crank(
        house.delegate("新製品の価格を調べてください。" + "詳しく。" * 25_000, auto_approve=True)
    )
    assert workflow.status in FINISHED
    assert workflow.status in FINE
