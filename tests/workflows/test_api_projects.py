"""`projects/` over HTTP."""

from uuid import uuid4

import pytest

from tests import factories
from tests.counting import queries
from workflows.models import Project, Workflow
from workflows.services import project_create

URL = "/api/v1/projects/"


def at(project: Project) -> str:
    return f"{URL}{project.pk}/"


@pytest.fixture
def project(owner):
    return project_create(owner, name="研修の見直し", goal="参加率を上げる")


def test_create_and_read(owner, api):
    team = factories.team(owner)
    body = {
        "name": "研修",
        "goal": "上げる",
        "team": str(team.pk),
        "vault": None,
        "policy": {"max_rounds": 2},
    }
    made = api(owner).post(URL, body)
    assert made.status_code == 201
    shown = api(owner).get(f"{URL}{made.json()['id']}/").json()
    assert shown == made.json()
    assert (shown["team"], shown["vault"], shown["policy"]) == (str(team.pk), None, {"max_rounds": 2})
    assert (shown["workflow_count"], shown["progress"], shown["workflows"]) == (0, 0, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("goal", "x" * 10_001),
        ("team", "x"),
        ("team", factories.UNKNOWN),
        ("vault", factories.UNKNOWN),
        ("policy", []),
        ("policy", "x"),
        ("policy", {"auto": False}),
        ("policy", {"steps": [{"needed": 1}]}),
        ("policy", {"steps": [{"users": ["0b9a1c52-6f0e-4d5c-8a51-6f2f6a0d3c11"]}]}),
        ("policy", {"a": "x" * 10_001}),
        ("policy", {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}),
        ("status", "done"),
    ],
)
def test_bad_fields_are_named(owner, api, field, value):
    answer = api(owner).post(URL, {"name": "研修", field: value})
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert not Project.objects.exists()


def test_infinity_in_disguise_is_refused(owner, api):
    raw = b'{"name": "x", "policy": {"a": 1e999}}'
    assert api(owner).post(URL, raw, content_type="application/json").status_code == 422


def test_it_shows_its_workflows_and_their_progress(owner, project, api):
    first = factories.draft_workflow(owner, project=project.pk)
    second = factories.draft_workflow(owner, project=project.pk)
    Workflow.objects.filter(pk=first.pk).update(progress=100, status="completed")
    shown = api(owner).get(at(project)).json()
    assert (shown["workflow_count"], shown["finished_count"], shown["progress"]) == (2, 1, 50)
    assert [each["id"] for each in shown["workflows"]] == [str(second.pk), str(first.pk)]
    assert [each["phase"] for each in shown["workflows"]] == ["planning", "completion"]


def test_a_reader_of_the_project_sees_what_lies_in_it_and_nothing_beside_it(owner, teammate, project, api):
    inside, beside = factories.draft_workflow(owner, project=project.pk), factories.draft_workflow(owner)
    factories.share(project, teammate)
    client = api(teammate)
    assert [each["id"] for each in client.get(at(project)).json()["workflows"]] == [str(inside.pk)]
    assert client.get(f"/api/v1/workflows/{inside.pk}/").status_code == 200
    assert client.post(f"/api/v1/workflows/{inside.pk}/start/").status_code == 403
    assert client.get(f"/api/v1/workflows/{beside.pk}/").status_code == 404


def test_change_replace_delete(owner, project, api):
    client, workflow = api(owner), factories.draft_workflow(owner, project=project.pk)
    assert client.patch(at(project), {"name": "新"}).json()["goal"] == "参加率を上げる"
    assert client.put(at(project), {"name": "新"}).json()["goal"] == ""
    assert client.patch(at(project), {"owner": str(uuid4())}).status_code == 422
    assert client.delete(at(project)).status_code == 204
    workflow.refresh_from_db()
    assert workflow.project is None


def test_rights(owner, teammate, stranger, project, api):
    factories.share(project, teammate)
    reader, outsider = api(teammate), api(stranger)
    assert reader.get(at(project)).status_code == 200
    assert outsider.get(at(project)).status_code == 404
    for method in ("patch", "put", "delete"):
        assert getattr(reader, method)(at(project), {"name": "x"}).status_code == 403
        assert getattr(outsider, method)(at(project), {"name": "x"}).status_code == 404
    assert reader.post(URL, {"name": "x"}).status_code == 403
    assert Project.objects.get().name == "研修の見直し"


def test_creation_is_idempotent(owner, api):
    headers = {"Idempotency-Key": "k"}
    ids = {api(owner).post(URL, {"name": "x"}, headers=headers).json()["id"] for _ in range(2)}
    assert len(ids) == 1


def test_search_and_filters(owner, project, api):
    other = project_create(owner, name="展示会")

    def found(**query):
        return [each["id"] for each in api(owner).get(URL, query).json()["results"]]

    assert found(search="参加率") == [str(project.pk)]
    assert found() == [str(other.pk), str(project.pk)]
    assert found(team=str(uuid4())) == []


def test_the_list_costs_the_same_however_long(owner, api):
    client, costs = api(owner), []
    for count in (10, 60):
        for number in range(count):
            made = project_create(owner, name=f"{count} {number}")
            factories.draft_workflow(owner, project=made.pk)
        costs.append(queries(client, f"{URL}?limit=200"))
    assert costs[0] == costs[1]
