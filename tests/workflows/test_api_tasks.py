"""`workflows/{id}/tasks/` and `tasks/` over HTTP."""

from uuid import uuid4

import pytest

from foundation.activity.models import Notification
from tests import factories
from tests.counting import queries
from workflows.models import Task, Workflow
from workflows.services import task_add

URL = "/api/v1/tasks/"


@pytest.fixture
def workflow(owner):
    team = factories.team(owner)
    return factories.draft_workflow(owner, team=team.pk, auto_generate_tasks=False)


@pytest.fixture
def task(owner, workflow):
    return task_add(owner, workflow, title="調べる", role="調査")


def adding(workflow: Workflow) -> str:
    return f"/api/v1/workflows/{workflow.pk}/tasks/"


def at(task: Task, tail: str = "") -> str:
    return f"{URL}{task.pk}/{tail}"


def carry_out(workflow: Workflow, status: str = "running") -> None:
    Workflow.objects.filter(pk=workflow.pk).update(status=status)


def test_tasks_are_added_in_order(owner, workflow, api):
    client = api(owner)
    first = client.post(adding(workflow), {"title": "調べる", "role": "調査", "acceptance": ["出典がある"]})
    assert first.status_code == 201
    body = first.json()
    assert (body["key"], body["status"], body["persona_name"]) == ("t1", "pending", "秘書室 調査")
    second = client.post(
        adding(workflow), {"title": "書く", "role": "執筆", "depends_on": ["t1"], "key": "write"}
    )
    assert second.json()["depends_on"] == ["t1"]
    listed = client.get(adding(workflow)).json()["results"]
    assert [each["key"] for each in listed] == ["t1", "write"]
    graph = client.get(f"/api/v1/workflows/{workflow.pk}/graph/").json()
    assert [node["key"] for node in graph["nodes"]] == ["t1", "write"]
    assert graph["edges"] == [["t1", "write"]]
    assert client.get(f"/api/v1/workflows/{workflow.pk}/").json()["task_counts"]["pending"] == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 301),
        ("instructions", "x" * 20_001),
        ("key", "Big Key"),
        ("key", "x" * 41),
        ("depends_on", ["nobody"]),
        ("depends_on", "t1"),
        ("persona", factories.UNKNOWN),
        ("persona", "x"),
        ("queries", ["x" * 301]),
        ("acceptance", [""]),
        ("acceptance", ["x"] * 51),
        ("status", "done"),
        ("workflow", factories.UNKNOWN),
    ],
)
def test_bad_tasks_are_refused(owner, workflow, api, field, value):
    answer = api(owner).post(adding(workflow), {"title": "調べる", field: value})
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert not Task.objects.exists()


def test_a_key_is_taken_once(owner, workflow, api):
    body = {"title": "調べる", "key": "look"}
    assert api(owner).post(adding(workflow), body).status_code == 201
    answer = api(owner).post(adding(workflow), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_taken")


def test_adding_is_idempotent(owner, workflow, api):
    headers = {"Idempotency-Key": "k"}
    ids = {api(owner).post(adding(workflow), {"title": "x"}, headers=headers).json()["id"] for _ in range(2)}
    assert len(ids) == Task.objects.count() == 1


def test_nothing_is_added_to_what_has_ended(owner, workflow, api):
    carry_out(workflow, "completed")
    assert api(owner).post(adding(workflow), {"title": "x"}).status_code == 409


def test_a_task_shows_what_it_brought(owner, task, api):
    task.results.create(
        revision=0,
        persona_name="水野",
        model="builtin",
        body="本文",
        gaps=["不明"],
        evidence=[],
        citations=[],
    )
    task.results.create(
        revision=1,
        persona_name="水野",
        model="builtin",
        body="直した本文",
        evidence=[{"criterion": "出典がある", "met": True, "note": ""}],
        citations=[
            {"ref": "t1-1", "quote": "三月", "note": "研修.md", "note_id": str(uuid4()), "source_id": None}
            | {"title": "研修", "heading": "日程", "line": 12}
        ],
    )
    body = api(owner).get(at(task)).json()
    assert [each["body"] for each in body["results"]] == ["直した本文", "本文"]
    assert body["citations"][0]["line"] == 12
    assert body["evidence"][0]["met"] is True
    assert body["gaps"] == []
    assert body["calls"] == []


def test_words_and_persona_of_a_pending_task_change(owner, workflow, task, api):
    writer = workflow.team.members.get(role="執筆")
    body = {"title": "詳しく調べる", "acceptance": ["三つ以上"], "persona": str(writer.pk)}
    changed = api(owner).patch(at(task), body)
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in body} == body
    assert Notification.objects.filter(user=owner, type="task.assigned").count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""},
        {"title": "x" * 301},
        {"persona": str(uuid4())},
        {"persona": None},
        {"status": "done"},
        {"status": "running"},
        {"status": "nonsense"},
        {"key": "new"},
        {"depends_on": []},
        {"revision": 3},
        {"acceptance": "x"},
        [],
    ],
)
def test_changes_that_make_no_sense(owner, task, api, body):
    assert api(owner).patch(at(task), body).status_code == 422
    assert Task.objects.get().updated_at == task.updated_at


def test_taking_out_and_back_in(owner, workflow, task, api):
    client = api(owner)
    carry_out(workflow, "paused")
    assert client.patch(at(task), {"status": "cancelled"}).json()["status"] == "cancelled"
    assert client.patch(at(task), {"title": "x"}).status_code == 409
    assert client.patch(at(task), {"status": "pending"}).json()["status"] == "pending"
    client.patch(at(task), {"status": "cancelled"})
    retried = client.post(at(task, "retry/")).json()
    assert (retried["status"], retried["revision"]) == ("pending", 2)
    assert client.post(at(task, "retry/")).status_code == 409


def test_words_and_status_change_together_or_not_at_all(owner, workflow, task, api):
    carry_out(workflow, "paused")
    Task.objects.update(status="done")
    assert api(owner).patch(at(task), {"title": "x", "status": "cancelled"}).status_code == 409
    Task.objects.update(status="pending")
    changed = api(owner).patch(at(task), {"title": "x", "status": "cancelled"}).json()
    assert (changed["title"], changed["status"]) == ("x", "cancelled")


def test_a_task_that_has_begun_keeps_its_words(owner, task, api):
    Task.objects.update(status="running")
    assert api(owner).patch(at(task), {"title": "x"}).status_code == 409


def test_rights(owner, teammate, stranger, workflow, task, api):
    factories.share(workflow, teammate)
    reader, outsider = api(teammate), api(stranger)
    assert reader.get(at(task)).status_code == 200
    assert [each["id"] for each in reader.get(URL).json()["results"]] == [str(task.pk)]
    assert outsider.get(at(task)).status_code == 404
    assert outsider.get(URL).json()["results"] == []
    assert reader.patch(at(task), {"title": "x"}).status_code == 403
    assert outsider.patch(at(task), {"title": "x"}).status_code == 404
    assert reader.post(at(task, "retry/")).status_code == 403
    assert outsider.post(at(task, "retry/")).status_code == 404
    assert api(owner).delete(at(task)).status_code == 405


def test_filters(owner, workflow, task, api):
    other = task_add(owner, workflow, title="書く", role="執筆")

    def found(query: str) -> list[str]:
        return [each["id"] for each in api(owner).get(f"{URL}?{query}").json()["results"]]

    assert found(f"workflow={workflow.pk}&search=書く") == [str(other.pk)]
    assert found(f"persona={task.persona_id}") == [str(task.pk)]
    assert found("status=done") == []
    assert api(owner).get(f"{URL}?status=x").status_code == 422


def test_lists_and_graphs_cost_the_same_however_long(owner, workflow, api):
    client, costs = api(owner), []
    addresses = (
        f"{URL}?limit=200",
        f"{adding(workflow)}?limit=200",
        f"/api/v1/workflows/{workflow.pk}/graph/",
    )
    for count in (10, 60):
        for _ in range(count):
            task_add(owner, workflow, title="調べる", role="調査")
        costs.append([queries(client, address) for address in addresses])
    assert costs[0] == costs[1]
