"""Every error has the one shape, whoever raised it: our code, DRF, Django or the router."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from foundation.accounts.models import User

pytestmark = pytest.mark.usefixtures("a_team")

type Api = Callable[[Any], APIClient]
USERS, NOBODY = "/api/v1/users/", "/api/v1/users/11111111-1111-1111-1111-111111111111/"


def shape(answer: Any) -> tuple[int, str]:
    """The status and the code, after checking that the body has the one shape."""
    body = answer.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message", "details"}
    assert isinstance(body["error"]["message"], str)
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v2/users/", "/api/v1/users/1/", f"{NOBODY}x/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_addresses(api: Api, owner: User, path: str, method: str) -> None:
    assert shape(getattr(api(owner), method)(path)) == (404, "not_found")


def test_things_that_are_not_there(api: Api, owner: User) -> None:
    assert shape(api(owner).get(NOBODY)) == (404, "not_found")
    assert shape(api(owner).get(USERS + "-" * 36 + "/")) == (404, "not_found")


def test_anonymous(api: Api, db: None) -> None:
    assert shape(api(None).get(USERS)) == (401, "not_authenticated")


def test_a_method_that_is_not_there(api: Api, owner: User) -> None:
    answer = api(owner).put(USERS, {})
    assert shape(answer) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "nonsense",
        "\x00",
        "[" * 100_000,
        '{"username": "\\ud800"}',
        '{"username": "a\\u0000b"}',
        '{"x": NaN}',
        "\ufeff{}",
    ],
)
def test_json_that_cannot_be_read(api: Api, owner: User, body: str) -> None:
    answer = api(owner).post(USERS, body, content_type="application/json")
    assert shape(answer) == (400, "bad_request")


def test_a_backslash_before_u0000_is_only_text(api: Api, owner: User) -> None:
    body = r'{"username": "a", "password": "a long Passw0rd", "display_name": "\\u0000 \ud83d\ude00"}'
    answer = api(owner).post(USERS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["display_name"]) == (201, "\\u0000 😀")


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "null"])
def test_json_that_is_no_object(api: Api, owner: User, body: str) -> None:
    assert shape(api(owner).post(USERS, body, content_type="application/json"))[0] == 422


def test_input_that_is_not_valid_names_the_fields(api: Api, owner: User) -> None:
    answer = api(owner).post(USERS, {"email": "x"})
    assert shape(answer) == (422, "invalid")
    assert answer.json()["error"]["details"].keys() == {"username", "password", "email"}


def test_another_content_type(api: Api, owner: User) -> None:
    answer = api(owner).post(USERS, "a=b", content_type="application/x-www-form-urlencoded")
    assert shape(answer) == (415, "unsupported_media_type")


def test_a_broken_cursor(api: Api, owner: User) -> None:
    assert shape(api(owner).get(f"{USERS}?cursor=nonsense")) == (404, "not_found")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=999999", "search=%00", "is_active=perhaps", "cursor=%00"],
)
def test_odd_queries_never_break(api: Api, owner: User, query: str) -> None:
    assert api(owner).get(f"{USERS}?{query}").status_code in {200, 400, 422}


def test_a_missing_last_slash_is_shown_the_way(api: Api, owner: User) -> None:
    answer = api(owner).post("/api/v1/users?a=1", {})
    assert (answer.status_code, answer["Location"]) == (307, "/api/v1/users/?a=1")
    assert shape(api(owner).get("/api/v1/nothing")) == (404, "not_found")


def test_messages_speak_the_asked_for_language(api: Api, owner: User) -> None:
    answer = api(owner).get(NOBODY, headers={"Accept-Language": "en"})
    assert answer.json()["error"]["message"] == "This does not exist, or you may not see it."


def test_a_page_that_is_not_there_is_a_page(client: Any, db: None) -> None:
    answer = client.get("/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<html" in answer.text
    assert shape(client.get("/nowhere", headers={"Accept": "application/json"})) == (404, "not_found")


def test_rate_limits_are_told_on_every_answer(api: Api, owner: User, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"default": 3}
    client = api(owner)
    answers = [client.get(USERS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert shape(answers[3]) == (429, "rate_limited")
    assert 0 < int(answers[3]["Retry-After"]) <= 60 + 60 / 3 + 2
    assert int(answers[0]["X-RateLimit-Reset"]) % 60 == 0


def test_limits_are_per_person(api: Api, owner: User, stranger: User, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"default": 1}
    assert api(owner).get(USERS).status_code == 200
    assert api(stranger).get(USERS).status_code == 200
    assert api(owner).get(USERS).status_code == 429


def test_without_a_cache_there_is_still_service(api: Api, owner: User, settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
    }
    assert api(owner).get(USERS).status_code == 200


def test_the_documents_describe_what_is_there(client: Any, db: None) -> None:
    document = client.get("/api/v1/schema/").json()
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"] == "AI秘書チーム・プラットフォーム（統合版）"
    assert {"/api/v1/auth/token/", "/api/v1/users/", "/api/v1/notifications/{id}/read/"} <= document[
        "paths"
    ].keys()
    for page in ("/docs", "/redoc", "/docs/"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "script>" in answer.text
        assert "https://" not in answer.text


def test_every_answer_carries_the_security_headers(client: Any, db: None) -> None:
    for path in ("/sign-in/", "/api/v1/auth/me/", "/health", "/static/css/base.css"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-XSS-Protection"] == "0"
        assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert client.get("/sign-in/").headers["X-Frame-Options"] == "DENY"
