"""Models that answer badly or not at all: each run stops honestly, and what can go on goes on."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ai_integration.models import CallRecord
from tests.stub import Asked, Raw, Script, Stub, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import crank, decide, fresh, moves, statuses, step, task_moves, task_of
from workflows.graphs import task as task_graph
from workflows.services import task_retry, workflow_resume
from workflows.states import WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
type Stubbed = Callable[..., Stub]


def when(job: str, reply: str | Raw, *, keys: str = "") -> Script:
    """Say `reply` for `job` (of the tasks `keys`), and be the secretary otherwise."""

    def script(asked: Asked) -> str | Raw:
        meant = asked.job == job and (not keys or asked.key in keys.split())
        return reply if meant else secretary(asked)

    return script


def plan_of(*items: dict[str, Any]) -> str:
    return json.dumps({"title": "A plan", "items": list(items)})


def item(key: str, role: str = "調査", **more: Any) -> dict[str, Any]:
    return {"key": key, "title": f"Find out {key}", "role": role} | more


UNSOUND = {
    "a cycle": (plan_of(item("a", depends_on=["b"]), item("b", depends_on=["a"])), "a"),
    "itself": (plan_of(item("a", depends_on=["a"])), "a"),
    "an unknown role": (plan_of(item("a", role="astronaut")), "astronaut"),
    "an unknown dependency": (plan_of(item("a", depends_on=["zzz"])), "zzz"),
    "a key twice": (plan_of(item("a"), item("a")), "a"),
    "no items": (plan_of(), "items"),
    "too many items": (plan_of(*(item(f"t{number}") for number in range(501))), "items"),
    "a bad key": (plan_of(item("../../etc")), "key"),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_plan_is_sent_back_and_then_refused(house: House, stub: Stubbed, name: str) -> None:
    reply, named = UNSOUND[name]
    server = stub(when("plan", reply))
    house.use("openai:stub")
    workflow = crank(house.delegate(auto_approve=True))
    assert (workflow.status, workflow.resumes_to, workflow.plan) == ("failed", "planning", None)
    assert named in workflow.reason
    assert len(server.asked) == 2

    server.script = secretary
    workflow_resume(house.user, workflow)
    assert crank(workflow).status in FINE


def test_a_plan_that_was_mended_is_carried_out(house: House, stub: Stubbed) -> None:
    stub(lambda asked: UNSOUND["a cycle"][0] if asked.number == 0 else secretary(asked))
    house.use("openai:stub")
    assert crank(house.delegate(auto_approve=True)).status in FINE


@pytest.mark.parametrize("reply", ["", "no", '{"body": "x", '], ids=["nothing", "prose", "half"])
@pytest.mark.parametrize("job", ["plan", "review"])
def test_garbage_stops_the_run_where_it_can_be_resumed(
    house: House, stub: Stubbed, job: str, reply: str
) -> None:
    server = stub(when(job, reply))
    house.use("openai:stub")
    workflow = crank(house.delegate(auto_approve=True))
    station = {"plan": "planning", "review": "reviewing"}[job]
    assert (workflow.status, workflow.resumes_to) == ("failed", station)
    assert workflow.reason

    paid = CallRecord.objects.filter(status="finished").count()
    server.script = secretary
    asked = len(server.asked)
    workflow_resume(house.user, workflow)
    workflow = crank(workflow)
    assert workflow.status in FINE
    assert len(server.asked) == asked + CallRecord.objects.filter(status="finished").count() - paid


@pytest.mark.parametrize("reply", ["garbage", Raw(status=500), Raw(status=429), Raw(status=401)])
def test_a_failing_task_leaves_a_gap_that_names_it(house: House, stub: Stubbed, reply: str | Raw) -> None:
    stub(when("work", reply, keys="b"))
    house.use("openai:stub", "調査")
    workflow = crank(house.by_hand({"a": [], "b": [], "c": ["b"]}, auto_approve=True))
    assert workflow.status == WorkflowStatus.COMPLETED_WITH_GAPS
    assert statuses(workflow) == {"a": "done", "b": "failed", "c": "done"}
    failed = task_of(workflow, "b")
    assert failed.reason
    assert any(failed.title in gap and failed.reason in gap for gap in workflow.report.gaps)
    assert failed.title in workflow.report.markdown


def test_silence_becomes_a_gap_and_holds_nobody_up(house: House, stub: Stubbed, settings: Any) -> None:
    settings.CALL_TIMEOUT_SECONDS = 0.5
    over = threading.Event()

    def script(asked: Asked) -> str:
        if asked.key == "b":
            over.wait(20)
        return secretary(asked)

    stub(script)
    house.use("openai:stub", "調査")
    workflow = crank(house.by_hand({"a": [], "b": [], "c": []}, auto_approve=True))
    over.set()
    assert workflow.status == WorkflowStatus.COMPLETED_WITH_GAPS
    assert statuses(workflow) == {"a": "done", "b": "failed", "c": "done"}
    assert "0.5 s" in task_of(workflow, "b").reason


def test_when_every_task_fails_the_run_says_so_and_can_be_resumed(house: House, stub: Stubbed) -> None:
    server = stub(when("work", Raw(status=401)))
    house.use("openai:stub", "調査")
    workflow = crank(house.by_hand({"a": [], "b": ["a"]}, auto_approve=True))
    assert (workflow.status, workflow.resumes_to) == ("failed", "running")
    assert "a: " in workflow.reason
    assert "b: " in workflow.reason
    assert not (house.folder / "AI秘書").exists()

    server.script = secretary
    workflow_resume(house.user, workflow)
    workflow = crank(workflow)
    assert workflow.status in FINE
    assert statuses(workflow) == {"a": "done", "b": "done"}
    assert workflow.reason == ""


def test_one_failed_task_is_done_again_and_with_it_what_was_built_without_it(
    house: House, stub: Stubbed
) -> None:
    server = stub(when("work", Raw(status=401), keys="a"))
    house.use("openai:stub", "調査")
    workflow = step(house.by_hand({"a": [], "b": ["a"], "c": [], "d": ["b", "c"]}))
    decide(workflow)
    workflow = step(workflow)
    from workflows.engine.tasks import run_task

    for key in "ab":
        run_task(task_of(workflow, key).pk)
    assert statuses(workflow) == {"a": "failed", "b": "done", "c": "pending", "d": "pending"}

    server.script = secretary
    task_retry(house.user, task_of(workflow, "a"))
    assert statuses(workflow) == {"a": "pending", "b": "pending", "c": "pending", "d": "pending"}
    workflow = crank(workflow)
    assert workflow.status in FINE
    order = task_moves(workflow)
    assert order.index("a→done") < len(order) - 1 - order[::-1].index("b→running")
    assert {task.key: task.results.count() for task in workflow.tasks.all()}["a"] == 1
    last = [each.brief for each in server.of("work") if each.key == "b"][-1]
    assert [each.item.key for each in last.inputs] == ["a"]


def test_a_reviewer_who_is_never_satisfied_is_heard_only_so_often(
    house: House, stub: Stubbed, settings: Any
) -> None:
    def script(asked: Asked) -> str:
        if asked.job != "review":
            return secretary(asked)
        found = [
            {"key": each.item.key, "criterion": "brilliance", "met": False, "comment": "Dull."}
            for each in asked.brief.items
        ]
        return json.dumps({"revise": [each["key"] for each in found], "findings": found})

    server = stub(script)
    house.use("openai:stub")
    workflow = crank(house.by_hand({"a": [], "b": ["a"]}, auto_approve=True))
    assert workflow.status == WorkflowStatus.COMPLETED_WITH_GAPS
    assert workflow.reviews.count() == settings.MAX_REVISIONS + 1
    assert {task.revision for task in workflow.tasks.all()} == {settings.MAX_REVISIONS}
    assert any("Dull." in gap for gap in workflow.report.gaps)
    again = [each.brief for each in server.of("work") if each.brief.previous]
    assert {tuple(brief.comments) for brief in again} == {("brilliance: Dull.",)}
    assert moves(workflow).count("revising") == settings.MAX_REVISIONS


def test_a_revision_redoes_what_was_built_on_it_and_nothing_else(house: House, stub: Stubbed) -> None:
    def script(asked: Asked) -> str:
        if asked.job == "review" and asked.brief.revision == 0:
            finding = {"key": "a", "criterion": "c", "met": False, "comment": "More.", "queries": ["Hikari"]}
            return json.dumps({"revise": ["a"], "findings": [finding]})
        return secretary(asked)

    server = stub(script)
    house.use("openai:stub")
    workflow = crank(house.by_hand({"a": [], "b": ["a"], "c": ["b"], "x": []}, auto_approve=True))
    assert {task.key: task.revision for task in workflow.tasks.all()} == {"a": 1, "b": 1, "c": 1, "x": 0}
    assert task_of(workflow, "a").queries[-1] == "Hikari"
    assert len([each for each in server.of("work") if each.key == "x"]) == 1


def test_a_review_of_unknown_items_revises_nothing(house: House, stub: Stubbed) -> None:
    stub(when("review", json.dumps({"revise": ["nobody", "../x"], "findings": []})))
    house.use("openai:stub")
    workflow = crank(house.by_hand({"a": []}, auto_approve=True))
    assert workflow.status in FINE
    assert task_of(workflow, "a").revision == 0


def test_made_up_citations_are_taken_out_and_that_is_said(house: House, stub: Stubbed) -> None:
    def script(asked: Asked) -> str:
        if asked.job != "work":
            return secretary(asked)
        shown = asked.brief.passages[0]
        citations = [
            {"ref": shown.ref, "quote": shown.text.splitlines()[0]},
            {"ref": shown.ref, "quote": "The moon is made of cheese."},
            {"ref": "a-999", "quote": "Nobody said this."},
        ]
        body = f"True [{shown.ref}]. Made up [a-999]. Borrowed [b-1]."
        return json.dumps({"body": body, "citations": citations})

    stub(script)
    house.use("openai:stub", "調査")
    workflow = crank(house.by_hand({"a": []}, auto_approve=True))
    result = task_of(workflow, "a").results.get()
    assert [each["ref"] for each in result.citations] == ["a-1"]
    assert result.body == "True [a-1]. Made up . Borrowed ."
    assert "a-999" in result.gaps[0]
    assert workflow.status == WorkflowStatus.COMPLETED_WITH_GAPS
    assert "cheese" not in workflow.report.markdown
    assert "a-999" not in workflow.report.markdown.split("##")[0]


def test_a_bug_is_tried_again_and_then_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(task_graph, "checked", broken)
    workflow = house.by_hand({"a": [], "b": []}, auto_approve=True)
    for _ in range(20):
        try:
            crank(workflow)
            break
        except ZeroDivisionError:
            continue
    workflow = fresh(workflow)
    assert workflow.status == "failed"
    assert "ZeroDivisionError" in task_of(workflow, "a").reason
    assert set(CallRecord.objects.filter(job="work").values_list("attempts", flat=True)) == {1}

    monkeypatch.undo()
    workflow_resume(house.user, workflow)
    assert crank(workflow).status in FINE


def test_a_model_that_does_not_exist_is_named(house: House) -> None:
    house.use("delphi:oracle")
    workflow = crank(house.delegate(auto_approve=True))
    assert workflow.status == "failed"
    assert "delphi" in workflow.reason
