"""Every address of the API, as the OpenAPI document lists them, with bodies that nobody should send."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests import factories
from workflows.models import Workflow
from workflows.services import project_create, task_add

SIGNING_IN = "/api/v1/auth/"
DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000
MISSHAPEN = [
    b"",
    b"[]",
    b'"x"',
    b"1",
    b"null",
    b"true",
    b"{",
    b"\xff\xfe\x00",
    b'{"a": NaN}',
    b'{"a": 1e999}',
    b'{"a\\u0000": 1}',
    b'{"__proto__": {"x": 1}, "constructor": []}',
    DEEP,
]
WRONG = [None, True, 10**400, 1e308, "", "x" * 70_000, "\u202e\ufeff", [[[[]]]], {"a": {"b": [None]}}]


@cache
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def writing() -> Iterator[tuple[str, str, dict[str, Any]]]:
    return (each for each in operations() if each[1] in ("post", "put", "patch"))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            if not path.startswith(SIGNING_IN):
                yield path, method, operation


def fields_of(operation: dict[str, Any]) -> list[str]:
    shapes = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = shapes.get("$ref", "").rpartition("/")[2]
    return list(document()["components"]["schemas"].get(name, {}).get("properties", {}))


@pytest.fixture(autouse=True)
def _no_limits(settings):
    """Or most requests would end at the door."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**9)


@pytest.fixture
def things(owner) -> dict[str, Any]:
    """One of each kind, by the first part of its address."""
    team = factories.team(owner)
    workflow = factories.draft_workflow(owner, team=team.pk)
    task = task_add(owner, workflow, title="調べる", role="調査")
    plan = factories.plan(owner, of=team, subject_id=workflow.pk)
    Workflow.objects.filter(pk=workflow.pk).update(plan=plan)
    project = project_create(owner, name="研修")
    return {
        "personas": team.members.first().pk,
        "persona-teams": team.pk,
        "projects": project.pk,
        "workflows": workflow.pk,
        "tasks": task.pk,
        "plans": plan.pk,
        "approvals": plan.requests.get().pk,
    }


def address(path: str, things: dict[str, Any]) -> str:
    thing = things.get(path.split("/")[3], uuid4())
    return re.sub(r"{\w+}", "1", path.replace("{id}", str(thing)))


def check(answer: Any, what: str) -> None:
    assert answer.status_code < 500, what
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "details"}, what
        assert error["code"]
        assert error["message"]


@pytest.mark.security("S6")
@pytest.mark.slow
def test_misshapen_bodies_are_answered_in_the_one_shape(owner, api, things):
    client = api(owner)
    for path, method, _operation in writing():
        for body in MISSHAPEN:
            answer = getattr(client, method)(address(path, things), body, content_type="application/json")
            check(answer, f"{method} {path} {body[:40]!r}")


@pytest.mark.security("S6")
@pytest.mark.slow
def test_every_field_takes_every_wrong_value_with_a_shrug(owner, api, things):
    client = api(owner)
    for path, method, operation in writing():
        for field in fields_of(operation):
            for value in WRONG:
                answer = getattr(client, method)(address(path, things), {field: value})
                check(answer, f"{method} {path} {field}={str(value)[:40]}")


@pytest.mark.security("S6")
@pytest.mark.slow
def test_every_parameter_takes_every_wrong_value_with_a_shrug(owner, api, things):
    client = api(owner)
    for path, method, operation in operations():
        names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        for name in names if method == "get" else ():
            for value in ("", "x", "-1", "9" * 40, "\x00", "あ", "' OR 1=1 --", "2026-99-99"):
                answer = client.get(address(path, things), {name: value})
                check(answer, f"{path}?{name}={value}")


def test_every_address_asks_who_it_is(db, api, things):
    client = api(None)
    for path, method, _operation in operations():
        answer = getattr(client, method)(address(path, things))
        assert answer.status_code == 401, f"{method} {path}"
        check(answer, path)


@pytest.mark.security("S5")
def test_a_stranger_finds_nothing(stranger, api, things):
    """Whatever hangs below an object of somebody else is not there, for reading and for changing."""
    client = api(stranger)
    for path, method, _operation in operations():
        if "{id}" in path and path.split("/")[3] in things:
            answer = getattr(client, method)(address(path, things), {})
            assert answer.status_code == 404, f"{method} {path}"
