"""Every route × everybody: whoever may not see a thing does not learn that it is there, and nobody does what they may not."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from foundation.activity import authorisers
from foundation.activity.frames import Said
from foundation.core.errors import Forbidden, NotFound
from tests.matrix.rules import PEOPLE, SHARED_KINDS, On
from tests.matrix.table import API, PAGES, SPEAKING, STREAMS
from tests.matrix.world import CANARY, World, build
from workflows.consumers import _interject
from workflows.routing import websocket_urlpatterns

pytestmark = [pytest.mark.security("S5"), pytest.mark.django_db]
METHODS = ("get", "post", "put", "patch", "delete")
TOLD_APART = {"in": (302, 401), "no": (404,), "not": (403,)}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[World]:
    """Seeded once; what a request changes is taken back at once (`asked`)."""
    folder = tmp_path_factory.mktemp("matrix")
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=folder / "media", SIGN_IN="password", VAULT_ROOTS=[folder.resolve()]),
        transaction.atomic(),
    ):
        yield build(folder)
        transaction.set_rollback(True)


def routes() -> dict[str, URLPattern]:
    """Every named route outside the admin, and the unnamed ones by their pattern."""
    found: dict[str, URLPattern] = {}

    def walk(patterns: Any, prefix: str, namespace: str) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                walk(each.url_patterns, prefix + str(each.pattern), each.namespace or namespace)
            elif namespace != "admin":
                name = each.name or prefix + str(each.pattern)
                assert name not in found, (
                    f"two routes are called {name}: one of them cannot be reached by its name"
                )
                found[name] = each

    walk(get_resolver().url_patterns, "", "")
    return found


ROUTES = routes()


def methods_of(route: URLPattern) -> set[str]:
    """The methods that an API view has; pages are asked."""
    chosen = getattr(route.callback, "actions", None)
    view = getattr(route.callback, "cls", None) or getattr(route.callback, "view_class", None)
    return set(chosen or {name for name in METHODS if hasattr(view, name)})


def cases() -> Iterator[Any]:
    for table in (API, PAGES):
        for name, row in table.items():
            for more in row.also:
                for method, rule in row.rules.items():
                    for kind in SHARED_KINDS if row.thing == "any" else (row.thing,):
                        label = "-".join(
                            [name, *map(str, more.values()), method, *([kind] if row.thing == "any" else [])]
                        )
                        yield pytest.param(table is API, name, row, kind, more, method, rule, id=label)


def address(world: World, name: str, row: On, kind: str, more: dict[str, Any]) -> str:
    given = dict(more)
    if kind:
        given["pk"] = world.things[kind].pk
    if row.thing == "any":
        given["kind"] = kind
    return reverse(name, kwargs=given) + row.query


def asked(world: World, person: str, method: str, where: str, *, rest: bool) -> Any:
    client = world.api(person) if rest else world.browser(person)
    cache.clear()
    with transaction.atomic():
        answer = getattr(client, method)(where)
        transaction.set_rollback(True)
    return answer


def text_of(answer: Any) -> str:
    return "" if answer.streaming else answer.content.decode(errors="replace")


def test_every_route_is_in_the_matrix() -> None:
    known = API.keys() | PAGES.keys() | {"api/"}  # the last: whatever is not an address of the API
    assert ROUTES.keys() - known == set(), "new routes: say in tests/matrix/table.py who gets what there"
    assert known - ROUTES.keys() == set()


def test_every_method_is_in_the_matrix() -> None:
    missing = {name: methods_of(ROUTES[name]) - row.rules.keys() for name, row in API.items()}
    assert {name: methods for name, methods in missing.items() if methods} == {}


@pytest.mark.parametrize(("rest", "name", "row", "kind", "more", "method", "rule"), list(cases()))
def test_who_gets_what(world, rest, name, row, kind, more, method, rule) -> None:
    where = address(world, name, row, kind, more)
    got = {}
    for person, expected in zip(PEOPLE, rule, strict=True):
        answer = asked(world, person, method, where, rest=rest)
        got[person] = _as_expected(answer, expected)
        hidden = (person in ("anonymous", "stranger") and expected != "ok") or person == "stranger"
        if hidden and kind not in ("role", "user") and CANARY in text_of(answer):
            got[person] = "shows what is hidden"
        if row.shows and person in ("viewer", "member", "owner") and method == "get":
            assert str(world.things[row.shows].pk) in text_of(answer), f"{person} misses what was shared"
    assert got == dict(zip(PEOPLE, rule, strict=True))


def _as_expected(answer: Any, expected: str) -> str:
    """The word for what was answered: `expected` where that fits."""
    status = answer.status_code
    if expected == "ok":
        signing_in = status == 302 and "/sign-in/" in answer.headers.get("Location", "")
        return str(status) if status in (401, 403, 404, 405) or status >= 500 or signing_in else "ok"
    if expected == "in" and status == 302:
        return "in" if "/sign-in/" in answer.headers["Location"] else answer.headers["Location"]
    return expected if status in TOLD_APART[expected] else str(status)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_answers_no_other_method(world, name) -> None:
    row = PAGES[name]
    kind = "project" if row.thing == "any" else row.thing
    for method in set(METHODS) - row.rules.keys():
        answer = asked(world, "owner", method, address(world, name, row, kind, row.also[0]), rest=False)
        assert answer.status_code in (405, 501), f"{method} {answer.status_code}"


def test_every_stream_is_in_the_matrix() -> None:
    assert authorisers._authorisers.keys() == STREAMS.keys()
    assert [str(each.pattern) for each in websocket_urlpatterns] == ["^ws/?$", ""]


@pytest.mark.parametrize("kind", sorted(STREAMS))
def test_who_follows_which_stream(world, kind) -> None:
    pk = (
        world.people["owner"].pk
        if kind == "inbox"
        else world.things["workflow" if kind == "system" else kind].pk
    )
    stream = "system" if kind == "system" else f"{kind}:{pk}"
    followed = {person: authorisers.may_follow(user, stream) for person, user in world.people.items()}
    assert followed == {
        person: rule == "ok"
        for person, rule in zip(PEOPLE, STREAMS[kind], strict=True)
        if person != "anonymous"
    }
    assert not any(authorisers.may_follow(user, f"{kind}:{CANARY}") for user in world.people.values())


def test_who_speaks_over_the_socket(world) -> None:
    said = Said(f"discussion:{world.things['discussion'].pk}", world.things["plan"].pk, "はい")
    for person, rule in zip(PEOPLE, SPEAKING, strict=True):
        if person == "anonymous":
            continue  # opens no socket: tests/server/test_doors.py
        with transaction.atomic():
            try:
                _interject(world.people[person], said)
            except NotFound:
                assert rule == "no", person
            except Forbidden:
                assert rule == "not", person
            except Exception:  # noqa: BLE001 - it was let through; the discussion is over
                assert rule == "ok", person
            else:
                assert rule == "ok", person
            transaction.set_rollback(True)


WRITING = ("add", "change", "delete", "permissions")
ADMIN = {"changelist": False, "add": False, "change": True, "delete": True, "history": True}


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=str), ids=lambda model: model.__name__)
def test_the_admin_is_for_staff_and_shows_staff_no_more_than_they_may_see(world, model) -> None:
    row = model._default_manager.first()
    names = (
        {**ADMIN, "permissions": True}
        if hasattr(admin.site._registry[model], "obj_perms_manage_view")
        else ADMIN
    )
    for page, needs_row in names.items():
        if needs_row and row is None:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
        where = reverse(name, args=[row.pk] if needs_row else [])
        for method in ("get", "post") if page in WRITING else ("get",):
            for person in ("anonymous", "owner"):
                answer = asked(world, person, method, where, rest=False)
                assert answer.status_code in (302, 403), (page, person)
                assert CANARY not in text_of(answer)
            _staff(world, page, method, where)


def _staff(world: World, page: str, method: str, where: str) -> None:
    """A stranger among the staff is shown nothing of it; whoever may only look changes nothing."""
    with transaction.atomic():
        for person in ("stranger", "viewer"):
            user = world.people[person]
            type(user).objects.filter(pk=user.pk).update(is_staff=True)
        stranger = asked(world, "stranger", method, where, rest=False)
        assert CANARY not in text_of(stranger), page
        if page in ("change", "delete", "history", "permissions"):
            assert stranger.status_code in (302, 403, 404), page
        if method == "post" and page != "add":
            assert asked(world, "viewer", method, where, rest=False).status_code in (302, 403, 404), page
        transaction.set_rollback(True)


def test_the_admin_has_no_other_routes() -> None:
    """What is not the admin's own, or guardian's, would have to be tried too."""
    known = {*ADMIN, "permissions", "permissions_manage_user", "permissions_manage_group"}
    found: set[str] = set()

    def walk(patterns: Any) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                walk(each.url_patterns)
            elif each.name:
                found.add(each.name)

    walk(admin.site.get_urls())
    models = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    of_models = {f"{model}_{page}" for model in models for page in known}
    own = {
        "index",
        "login",
        "logout",
        "password_change",
        "password_change_done",
        "autocomplete",
        "jsi18n",
        "view_on_site",
        "app_list",
    }
    assert found - of_models - own == set()
