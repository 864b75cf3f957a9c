"""A whole run, seen from outside: delegate, judge the plan, read what came back. The engine is called where a worker would be."""

from typing import Any

import pytest

from knowledge.services import source_create
from tests import factories
from workflows.engine.runs import advance_run
from workflows.engine.tasks import run_task
from workflows.models import Workflow

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/"
NOTES = """# 研修制度

## 新人研修
新人研修は四月に三日間行います。担当は人事部の佐藤さんです。

## 課題
新人研修の課題は、配属先の実務と内容が合っていないことです。
"""


@pytest.fixture
def client(owner, api):
    factories.team(owner, "企画", "調査", "分析", "執筆", "レビュー")
    return api(owner)


@pytest.fixture
def source(owner):
    return source_create(owner, title="研修制度", text=NOTES)


def delegate(client, **fields: Any) -> dict[str, Any]:
    made = client.post(
        f"{API}workflows/", {"requirement": "新人研修について調べ、報告書にまとめてください。"} | fields
    )
    assert made.status_code == 201
    return go_on(client, made.json()["id"])


def go_on(client, workflow_id: str) -> dict[str, Any]:
    """Do what the workers would do until nothing is left to do, and read the workflow."""
    workflow = Workflow.objects.select_related("run").get(pk=workflow_id)
    for _ in range(20):
        advance_run(workflow.run.pk)
        open_tasks = list(workflow.tasks.filter(status="pending"))
        for task in open_tasks:
            run_task(task.pk)
        workflow.refresh_from_db()
        if workflow.status not in ("running", "revising"):
            break
    return client.get(f"{API}workflows/{workflow_id}/").json()


def plan_of(client, workflow: dict[str, Any]) -> dict[str, Any]:
    return client.get(f"{API}plans/{workflow['plan']}/").json()


def decide(client, plan: dict[str, Any], verb: str, **body: Any) -> Any:
    return client.post(f"{API}plans/{plan['id']}/{verb}/", {"content_hash": plan["content_hash"]} | body)


def test_from_the_requirement_to_the_report(client, source):
    workflow = delegate(client, sources=[str(source.pk)])
    assert (workflow["status"], workflow["phase"], workflow["progress"]) == (
        "awaiting_approval",
        "approval",
        10,
    )
    waiting = client.get(f"{API}approvals/").json()["results"]
    plan = plan_of(client, workflow)
    assert [each["content_hash"] for each in waiting] == [plan["content_hash"]]
    assert decide(client, plan, "approve").status_code == 200

    done = go_on(client, workflow["id"])
    assert done["status"] in ("completed", "completed_with_gaps")
    assert (done["phase"], done["progress"], done["report"]) == ("completion", 100, True)
    assert done["task_counts"]["done"] == len(plan["content"]["items"])

    report = client.get(f"{API}workflows/{workflow['id']}/report/")
    assert report.headers["Content-Type"].startswith("text/markdown")
    assert "四月に三日間" in report.content.decode()
    as_json = client.get(
        f"{API}workflows/{workflow['id']}/report/", headers={"Accept": "application/json"}
    ).json()
    assert as_json["markdown"] == report.content.decode()
    assert as_json["citations"]
    lines = NOTES.splitlines()
    for citation in as_json["citations"]:
        assert citation["quote"].splitlines()[0] in lines[citation["line"] - 1]


def test_tasks_tell_what_they_rest_on(client, source):
    workflow = delegate(client, sources=[str(source.pk)])
    decide(client, plan_of(client, workflow), "approve")
    go_on(client, workflow["id"])
    listed = client.get(f"{API}workflows/{workflow['id']}/tasks/").json()["results"]
    tasks = [client.get(f"{API}tasks/{task['id']}/").json() for task in listed]
    assert all(task["status"] == "done" and task["results"] for task in tasks)
    assert any(task["citations"] for task in tasks)
    assert all(task["evidence"] for task in tasks)
    for task in tasks:
        assert len(task["calls"]) == len(task["results"])
        assert task["calls"][0]["workflow"] == workflow["id"]


def test_events_are_gapless_and_in_order(client, source):
    workflow = delegate(client, sources=[str(source.pk)], auto_approve=True)
    address, after, events = f"{API}workflows/{workflow['id']}/events/", 0, []
    while page := client.get(address, {"after": after, "limit": 7}).json()["results"]:
        events += page
        after = page[-1]["seq"]
    assert [each["seq"] for each in events] == list(range(1, len(events) + 1))
    types = [each["event"]["type"] for each in events]
    assert types[0] == "workflow.created"
    assert {"plan.submitted", "plan.decided", "task.status_changed", "report.written"} <= set(types)
    decided = next(each["event"] for each in events if each["event"]["type"] == "plan.decided")
    assert decided["data"]["automatic"] is True


def test_the_calls_add_up(client, source):
    workflow = delegate(client, sources=[str(source.pk)], auto_approve=True)
    calls = client.get(f"{API}calls/", {"workflow": workflow["id"]}).json()["results"]
    assert {call["job"] for call in calls} == {"plan", "work", "review"}
    usage = client.get(f"{API}usage/", {"workflow": workflow["id"]}).json()
    assert usage["totals"]["calls"] == len(calls)
    assert usage["totals"]["tokens_out"] == sum(call["tokens_out"] for call in calls)
    assert usage["totals"]["cost"] == 0
    assert sum(each["calls"] for each in usage["by_persona"]) == len(calls)


def test_changes_are_worked_in(client, source):
    workflow = delegate(client, sources=[str(source.pk)])
    first = plan_of(client, workflow)
    comments = [{"item": first["content"]["items"][0]["key"], "text": "担当者も調べてください"}]
    assert decide(client, first, "request-changes", comments=comments).status_code == 200
    again = go_on(client, workflow["id"])
    assert again["status"] == "awaiting_approval"
    second = plan_of(client, again)
    assert (second["version"], second["status"]) == (2, "submitted")
    assert decide(client, first, "approve").json()["error"]["code"] == "plan_changed"
    assert decide(client, second, "approve").status_code == 200
    assert go_on(client, workflow["id"])["phase"] == "completion"


def test_a_plan_edited_by_hand_is_what_is_done(client, source):
    workflow = delegate(client, sources=[str(source.pk)])
    plan = plan_of(client, workflow)
    content = plan["content"] | {
        "items": [
            {"key": "only", "title": "新人研修の日程を調べる", "role": "調査", "queries": ["新人研修 四月"]}
        ]
    }
    edited = client.patch(f"{API}plans/{plan['id']}/", {"content": content})
    assert edited.status_code == 200
    assert go_on(client, workflow["id"])["status"] == "awaiting_approval"
    decide(client, edited.json(), "approve")
    done = go_on(client, workflow["id"])
    assert done["phase"] == "completion"
    tasks = client.get(f"{API}workflows/{workflow['id']}/tasks/").json()["results"]
    assert [(task["key"], task["persona_name"]) for task in tasks] == [("only", "秘書室 調査")]


def test_a_rejected_plan_ends_the_work(client):
    workflow = delegate(client)
    decide(client, plan_of(client, workflow), "reject", comment="今は不要")
    ended = go_on(client, workflow["id"])
    assert (ended["status"], ended["reason"]) == ("cancelled", "今は不要")


def test_a_cancelled_workflow_leaves_nothing_to_decide(client):
    workflow = delegate(client)
    plan = plan_of(client, workflow)
    client.post(f"{API}workflows/{workflow['id']}/cancel/")
    assert client.get(f"{API}approvals/").json()["results"] == []
    assert decide(client, plan, "approve").json()["error"]["code"] == "already_decided"
    assert client.patch(f"{API}plans/{plan['id']}/", {"content": plan["content"]}).status_code == 409


def test_a_decision_during_a_pause_counts_after_it(client):
    workflow = delegate(client)
    plan = plan_of(client, workflow)
    paused = client.post(f"{API}workflows/{workflow['id']}/pause/").json()
    assert (paused["status"], paused["phase"]) == ("paused", "approval")
    decide(client, plan, "approve")
    assert go_on(client, workflow["id"])["status"] == "paused"
    client.post(f"{API}workflows/{workflow['id']}/resume/")
    assert go_on(client, workflow["id"])["phase"] == "completion"


def test_tasks_by_hand_follow_the_approved_plan(client, source):
    fields = {"auto_generate_tasks": False, "sources": [str(source.pk)]}
    workflow = client.post(f"{API}workflows/", {"requirement": "新人研修を調べる"} | fields).json()
    tasks = f"{API}workflows/{workflow['id']}/tasks/"
    for title in ("日程を調べる", "課題を調べる"):
        client.post(tasks, {"title": title, "role": "調査", "queries": [title]})
    client.post(f"{API}workflows/{workflow['id']}/start/")
    waiting = go_on(client, workflow["id"])
    plan = plan_of(client, waiting)
    assert [item["title"] for item in plan["content"]["items"]] == ["日程を調べる", "課題を調べる"]
    kept = plan["content"]["items"][0] | {"title": "新人研修の日程を調べる"}
    edited = client.patch(
        f"{API}plans/{plan['id']}/", {"content": plan["content"] | {"items": [kept]}}
    ).json()
    decide(client, edited, "approve")
    assert go_on(client, workflow["id"])["phase"] == "completion"
    listed = client.get(tasks).json()["results"]
    assert [(task["title"], task["status"]) for task in listed] == [
        ("新人研修の日程を調べる", "done"),
        ("課題を調べる", "cancelled"),
    ]


def test_own_tasks_stand_beside_the_teams_plan(client, source):
    body = {
        "requirement": "新人研修を調べ、報告書にまとめる",
        "auto_start": False,
        "sources": [str(source.pk)],
    }
    workflow = client.post(f"{API}workflows/", body).json()
    tasks = f"{API}workflows/{workflow['id']}/tasks/"
    client.post(tasks, {"title": "担当者を調べる", "role": "調査", "key": "t1"})
    client.post(f"{API}workflows/{workflow['id']}/start/")
    plan = plan_of(client, go_on(client, workflow["id"]))
    decide(client, plan, "approve")
    go_on(client, workflow["id"])
    listed = client.get(tasks).json()["results"]
    planned = [(item["key"], item["title"]) for item in plan["content"]["items"]]
    assert [(task["key"], task["title"]) for task in listed] == [*planned, ("own-t1", "担当者を調べる")]
    assert {task["status"] for task in listed} == {"done"}


def test_a_finished_workflow_can_be_deleted(client, source):
    workflow = delegate(client, sources=[str(source.pk)], auto_approve=True)
    assert client.delete(f"{API}workflows/{workflow['id']}/").status_code == 204
    assert client.get(f"{API}plans/{workflow['plan']}/").status_code == 404
