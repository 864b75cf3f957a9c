"""Delegating over HTTP: POST `workflows/`."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from tests import factories
from workflows.models import Workflow
from workflows.services import project_create

URL = "/api/v1/workflows/"
SHORT = "社内研修を調べてください。"


def test_delegating_begins_the_planning(owner, api):
    team = factories.team(owner)
    made = api(owner).post(URL, {"requirement": SHORT})
    assert made.status_code == 201
    body = made.json()
    assert (body["status"], body["phase"], body["progress"]) == ("planning", "planning", 5)
    assert (body["title"], body["language"], body["team"], body["plan"]) == (SHORT, "ja", str(team.pk), None)
    assert (body["auto_generate_tasks"], body["auto_start"], body["auto_approve"]) == (True, True, False)
    assert api(owner).get(f"{URL}{body['id']}/").json() == body


def test_everything_can_be_said(owner, api):
    team = factories.team(owner)
    project = project_create(owner, name="研修", team=team.pk)
    body = {
        "title": "研修",
        "requirement": "Compare two trainings.",
        "project": str(project.pk),
        "team": str(team.pk),
        "vault": None,
        "sources": [],
        "budget": {"tokens": 10_000},
        "auto_generate_tasks": False,
        "auto_start": False,
        "auto_approve": True,
    }
    made = api(owner).post(URL, body).json()
    assert {name: made[name] for name in body} == body
    assert (made["status"], made["language"]) == ("draft", "en")


def test_the_projects_team_is_the_default(owner, api):
    factories.team(owner)
    other = factories.team(owner, name="別室")
    project = project_create(owner, name="研修", team=other.pk)
    made = api(owner).post(URL, {"requirement": SHORT, "project": str(project.pk)}).json()
    assert made["team"] == str(other.pk)


@pytest.mark.parametrize("length", [1, 100_000, 200_000])
def test_long_requirements_are_taken(owner, api, length):
    made = api(owner).post(URL, {"requirement": "あ" * length, "auto_start": False})
    assert made.status_code == 201
    assert len(made.json()["requirement"]) == length
    assert len(made.json()["title"]) <= 60


@pytest.mark.parametrize("text", ["", " \n\t", "あ" * 200_001, None, ["x"], {"a": 1}, True])
def test_requirements_that_are_none(owner, api, text):
    answer = api(owner).post(URL, {"requirement": text})
    assert answer.status_code == 422
    assert "requirement" in answer.json()["error"]["details"]
    assert not Workflow.objects.exists()


@pytest.mark.parametrize("text", ["###\n\n本題です", "> - *\n本題です", "　\n本題です"])
def test_the_title_is_the_first_line_that_says_something(owner, api, text):
    made = api(owner).post(URL, {"requirement": text, "auto_start": False})
    assert made.json()["title"] == "本題です"


def test_marks_alone_are_a_title_too(owner, api):
    assert api(owner).post(URL, {"requirement": "###", "auto_start": False}).json()["title"] == "###"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 301),
        ("project", factories.UNKNOWN),
        ("project", "x"),
        ("team", factories.UNKNOWN),
        ("vault", factories.UNKNOWN),
        ("sources", [str(uuid4())]),
        ("sources", "x"),
        ("sources", [str(uuid4())] * 51),
        ("budget", {"tokens": "many"}),
        ("budget", {"tokens": -1}),
        ("budget", [1]),
        ("auto_start", "perhaps"),
        ("auto_start", None),
        ("status", "completed"),
        ("owner", factories.UNKNOWN),
    ],
)
def test_bad_fields_are_named(owner, api, field, value):
    answer = api(owner).post(URL, {"requirement": SHORT, field: value})
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert not Workflow.objects.exists()


def test_nul_and_half_characters_never_reach_the_database(owner, api):
    for raw in (b'{"requirement": "a\\u0000b"}', b'{"requirement": "\\ud83d"}'):
        assert api(owner).post(URL, raw, content_type="application/json").status_code == 400


def test_who_may_not_approve_may_not_approve_beforehand(stranger, teammate, api):
    factories.team(stranger)
    answer = api(stranger).post(URL, {"requirement": SHORT, "auto_approve": True})
    assert answer.status_code == 403
    assert api(teammate).post(URL, {"requirement": SHORT}).status_code == 403
    assert not Workflow.objects.exists()


def test_delegating_is_idempotent(owner, api):
    headers = {"Idempotency-Key": "k"}
    sent = [api(owner).post(URL, {"requirement": SHORT}, headers=headers) for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert Workflow.objects.count() == 1
    bad = api(owner).post(URL, {"requirement": ""}, headers={"Idempotency-Key": "bad"})
    assert bad.status_code == 422
    assert api(owner).post(URL, {"requirement": SHORT}, headers={"Idempotency-Key": "bad"}).status_code == 201
    assert (
        api(owner).post(URL, {"requirement": SHORT}, headers={"Idempotency-Key": "x" * 201}).status_code
        == 422
    )


@pytest.mark.django_db(transaction=True)
def test_the_same_key_sent_ten_times_at_once_delegates_once(owner, api):
    credentials = api(owner)._credentials

    def send(_number: int) -> tuple[int, str]:
        client = api(None)
        client.credentials(**credentials)
        try:
            made = client.post(URL, {"requirement": SHORT}, headers={"Idempotency-Key": "k"})
            return made.status_code, made.json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(10)))
    assert answers == {(201, str(Workflow.objects.get().pk))}
