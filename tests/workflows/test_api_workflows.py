"""`workflows/` over HTTP: reading and steering."""

from uuid import uuid4

import pytest

from tests import factories
from tests.counting import queries
from workflows.models import Workflow
from workflows.services import project_create, workflow_start

URL = "/api/v1/workflows/"


def at(workflow: Workflow, tail: str = "") -> str:
    return f"{URL}{workflow.pk}/{tail}"


@pytest.fixture
def draft(owner):
    return factories.draft_workflow(owner)


def test_steering(owner, draft, api):
    client = api(owner)
    for verb, status, phase in (
        ("start", "planning", "planning"),
        ("pause", "paused", "planning"),
        ("resume", "planning", "planning"),
        ("cancel", "cancelled", "completion"),
    ):
        answer = client.post(at(draft, f"{verb}/"))
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["phase"]) == (status, phase)


def test_steering_that_makes_no_sense(owner, draft, api):
    client = api(owner)
    for verb in ("pause", "resume"):
        answer = client.post(at(draft, f"{verb}/"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "illegal_transition")
    assert client.post(at(draft, "cancel/"), {"why": "x"}).status_code == 422
    assert client.post(at(draft, "cancel/"), {"reason": "不要"}).json()["reason"] == "不要"
    for verb in ("start", "pause", "resume", "cancel"):
        assert client.post(at(draft, f"{verb}/")).status_code == 409


def test_a_start_without_any_task(owner, api):
    workflow = factories.draft_workflow(owner, auto_generate_tasks=False)
    answer = api(owner).post(at(workflow, "start/"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_tasks")


@pytest.mark.parametrize(
    ("status", "resumes_to", "phase"),
    [
        ("awaiting_approval", "", "approval"),
        ("revising", "", "execution"),
        ("reviewing", "", "review"),
        ("completed_with_gaps", "", "completion"),
        ("paused", "awaiting_approval", "approval"),
        ("failed", "reviewing", "review"),
        ("waiting_for_human", "running", "execution"),
    ],
)
def test_the_phase_follows_the_status(owner, draft, api, status, resumes_to, phase):
    Workflow.objects.filter(pk=draft.pk).update(status=status, resumes_to=resumes_to)
    assert api(owner).get(at(draft)).json()["phase"] == phase


def test_only_title_and_project_are_changed(owner, draft, api):
    client, project = api(owner), project_create(owner, name="研修")
    changed = client.patch(at(draft), {"title": "新", "project": str(project.pk)}).json()
    assert (changed["title"], changed["project"]) == ("新", str(project.pk))
    assert client.patch(at(draft), {"project": None}).json()["project"] is None
    for body in ({"requirement": "x"}, {"status": "completed"}, {"title": ""}, {"project": str(uuid4())}, []):
        assert client.patch(at(draft), body).status_code == 422
    assert client.put(at(draft), {"title": "x"}).status_code == 405


def test_deleting(owner, draft, api):
    client = api(owner)
    workflow_start(owner, draft)
    answer = client.delete(at(draft))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "still_active")
    client.post(at(draft, "cancel/"))
    assert client.delete(at(draft)).status_code == 204
    assert client.get(at(draft)).status_code == 404


def test_deleting_takes_the_plan_along(owner, draft, api):
    plan = factories.plan(owner, subject_id=draft.pk)
    Workflow.objects.filter(pk=draft.pk).update(plan=plan)
    api(owner).patch(f"/api/v1/plans/{plan.pk}/", {"content": factories.content(factories.item("a"))})
    assert api(owner).delete(at(draft)).status_code == 204
    assert api(owner).get(f"/api/v1/plans/{plan.pk}/").status_code == 404


def test_filters_and_search(owner, draft, api):
    project = project_create(owner, name="研修")
    other = factories.draft_workflow(owner, "展示会の案内状", project=project.pk)
    workflow_start(owner, other)

    def found(query: str) -> list[str]:
        return [each["id"] for each in api(owner).get(f"{URL}?{query}").json()["results"]]

    assert found("status=planning") == [str(other.pk)]
    assert found("status=planning&status=draft") == [str(other.pk), str(draft.pk)]
    assert found(f"project={project.pk}") == [str(other.pk)]
    assert found("search=案内状") == [str(other.pk)]
    assert "requirement" not in api(owner).get(URL).json()["results"][0]
    assert api(owner).get(f"{URL}?status=x").status_code == 422
    assert api(owner).get(f"{URL}?project=x").status_code == 422


def test_events(owner, draft, api):
    client = api(owner)
    client.post(at(draft, "start/"))
    page = client.get(at(draft, "events/")).json()
    assert page["epoch"]
    assert [each["seq"] for each in page["results"]] == list(range(1, page["seq"] + 1))
    assert [each["event"]["type"] for each in page["results"]] == [
        "workflow.created",
        "workflow.status_changed",
    ]
    moved = page["results"][1]["event"]
    assert (moved["object"], moved["from"], moved["to"]) == (
        {"kind": "workflow", "id": str(draft.pk)},
        "draft",
        "planning",
    )
    assert [each["seq"] for each in client.get(at(draft, "events/?after=1")).json()["results"]] == [2]
    assert len(client.get(at(draft, "events/?limit=1")).json()["results"]) == 1
    assert client.get(at(draft, "events/?after=99")).json()["results"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 200),
        ("limit=-1", 200),
        ("limit=1000", 200),
        ("limit=x", 422),
        ("after=-1", 422),
        ("after=x", 422),
        ("after=" + "9" * 40, 422),
        ("after=%00", 422),
    ],
)
def test_events_asked_for_strangely(owner, draft, api, query, status):
    assert api(owner).get(at(draft, f"events/?{query}")).status_code == status


def test_there_is_no_report_yet(owner, draft, api):
    for accept in ("text/markdown", "application/json", "*/*", "text/html,*/*;q=0.8"):
        answer = api(owner).get(at(draft, "report/"), headers={"Accept": accept})
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["error"]["code"] == "no_report"


def test_a_strange_accept_header_is_refused_in_the_one_shape(owner, draft, api):
    answer = api(owner).get(at(draft), headers={"Accept": "text/markdown"})
    assert answer.status_code == 406
    assert answer.json()["error"]["code"] == "not_acceptable"


def test_rights(owner, teammate, stranger, draft, api):
    factories.share(draft, teammate)
    reader, outsider = api(teammate), api(stranger)
    for tail in ("", "tasks/", "events/", "graph/"):
        assert reader.get(at(draft, tail)).status_code == 200
        assert outsider.get(at(draft, tail)).status_code == 404
    assert outsider.get(at(draft, "report/")).json()["error"]["code"] == "not_found"
    for verb in ("start", "pause", "resume", "cancel", "tasks"):
        assert reader.post(at(draft, f"{verb}/"), {}).status_code == 403
        assert outsider.post(at(draft, f"{verb}/"), {}).status_code == 404
    for method in ("patch", "delete"):
        assert getattr(reader, method)(at(draft), {}).status_code == 403
        assert getattr(outsider, method)(at(draft), {}).status_code == 404
    assert [each["id"] for each in reader.get(URL).json()["results"]] == [str(draft.pk)]
    assert outsider.get(URL).json()["results"] == []
    assert Workflow.objects.get().status == "draft"


def test_who_may_steer_may_not_delete(owner, teammate, draft, api):
    factories.share(draft, teammate, "operate")
    assert api(teammate).post(at(draft, "start/")).status_code == 200
    assert api(teammate).patch(at(draft), {"title": "x"}).status_code == 403
    assert api(teammate).delete(at(draft)).status_code == 403


def test_anonymous_and_badly_signed_requests(draft, api):
    client = api(None)
    assert client.get(URL).status_code == 401
    client.credentials(HTTP_AUTHORIZATION="Bearer x.y.z")
    answer = client.get(at(draft))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]
    assert answer.json()["error"]["code"] == "bad_token"


def test_the_list_costs_the_same_however_long(owner, api):
    client, costs = api(owner), []
    for count in (10, 60):
        for _ in range(count):
            workflow = factories.draft_workflow(owner)
            Workflow.objects.filter(pk=workflow.pk).update(plan=factories.plan(owner))
        costs.append(queries(client, f"{URL}?limit=200"))
    assert costs[0] == costs[1]
