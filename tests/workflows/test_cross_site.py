"""Every address that changes something, as the OpenAPI document lists them, asked by another site's page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from foundation.activity.models import AuditEntry
from tests.admin.conftest import WRITES
from tests.workflows.test_api_abuse import _no_limits, address, document, things  # noqa: F401 - fixtures

pytestmark = pytest.mark.security("S4")

CHANGING = ("post", "put", "patch", "delete")
KINDS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
# That somebody took the audit out of the house is itself written into the audit, and sealed.
BESIDE = {"activity_auditentry", "activity_auditchain"}


def changing() -> Iterator[tuple[str, str]]:
    for path, methods in document()["paths"].items():
        yield from ((path, method) for method in CHANGING if method in methods)


def reading() -> Iterator[str]:
    return (path for path, methods in document()["paths"].items() if "get" in methods)


def browser(user: Any) -> Client:
    made = Client(enforce_csrf_checks=True)
    made.force_login(user)
    return made


def test_the_document_lists_many() -> None:
    assert len(list(changing())) > 60
    assert len(list(reading())) > 40


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:3000", "null", "file://"])
def test_another_sites_page_changes_nothing(owner: Any, things: dict[str, Any], origin: str) -> None:  # noqa: F811
    client = browser(owner)
    before = AuditEntry.objects.count()
    for path, method in changing():
        for kind in KINDS:
            headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
            answer = client.generic(
                method.upper(), address(path, things), b"{}", content_type=kind, headers=headers
            )
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site"), (
                method,
                path,
                kind,
            )
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_nor_does_one_that_hides_its_origin(owner: Any, things: dict[str, Any], site: str) -> None:  # noqa: F811
    client = browser(owner)
    for path, method in changing():
        headers = {"Sec-Fetch-Site": site}
        answer = client.generic(
            method.upper(), address(path, things), b"{}", content_type="text/plain", headers=headers
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site"), (method, path)


def test_the_session_cookie_alone_changes_nothing(owner: Any, things: dict[str, Any]) -> None:  # noqa: F811
    """An old browser that says nothing about where it comes from: the CSRF token is missing."""
    client = browser(owner)
    before = AuditEntry.objects.count()
    open_doors = {"/api/v1/auth/token/", "/api/v1/auth/token/refresh/", "/api/v1/auth/join/"}
    open_doors |= {"/api/v1/auth/password/", "/api/v1/auth/password/ask/"}  # they know no session
    for path, method in changing():
        for kind in ("application/json", *KINDS):
            answer = client.generic(method.upper(), address(path, things), b"{}", content_type=kind)
            if path in open_doors:
                assert 400 <= answer.status_code < 500, (method, path)
            else:
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf_failed"), (
                    method,
                    path,
                    kind,
                )
    assert AuditEntry.objects.count() == before


def test_no_get_changes_anything(owner: Any, things: dict[str, Any]) -> None:  # noqa: F811
    client = browser(owner)
    written: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if (found := WRITES.match(sql)) and found[1] not in BESIDE:
            written.append(f"{asked}: {sql[:80]}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        for path in reading():
            for asked in (address(path, things), f"{address(path, things)}?action=delete&_method=DELETE"):
                answer = client.get(asked, headers={"X-HTTP-Method-Override": "DELETE"})
                assert answer.status_code < 500, asked
        for asked in pages(things):
            assert client.get(asked).status_code < 500, asked
    assert written == []


def pages(things: dict[str, Any]) -> Iterator[str]:  # noqa: F811
    """Every page's address that takes no more than one id; the things stand in for it one after the other."""
    for route in _routes(get_resolver()):
        if route.startswith(("api/", "admin/", "sign-in", "health", "metrics")):
            continue
        if "<uuid:pk>" in route and route.count("<") == 1:
            yield from (f"/{route.replace('<uuid:pk>', str(pk))}" for pk in things.values())
        elif "<" not in route and "(" not in route:
            yield "/" + route.strip("^$?")


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from _routes(entry, route)


def test_no_page_takes_a_change_without_its_token(owner: Any, things: dict[str, Any]) -> None:  # noqa: F811
    client = browser(owner)
    before = AuditEntry.objects.count()
    for asked in pages(things):
        answer = client.post(asked, {"name": "x"})
        assert answer.status_code in (403, 404, 405), asked
        answer = client.post(asked, {"name": "x"}, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403, asked
    assert AuditEntry.objects.count() == before
