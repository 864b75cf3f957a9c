"""Tokens from the attacker's side: forged, borrowed, reused, outlived."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from foundation.accounts import services
from foundation.accounts.models import TokenFamily, User
from foundation.core.errors import NotAuthenticated

PASSWORD = "a long enough Passw0rd"
pytestmark = pytest.mark.security("S7")


@pytest.fixture(autouse=True)
def _passwords(settings: Any) -> None:
    settings.SIGN_IN = "password"


@pytest.fixture
def user(owner: User) -> User:
    owner.set_password(PASSWORD)
    owner.save()
    return owner


@pytest.fixture
def pair(user: User) -> dict[str, str]:
    return signed_in(user).json()


def signed_in(user: User, password: str = PASSWORD) -> Any:
    return APIClient().post("/api/v1/auth/token/", {"username": user.username, "password": password})


def me(token: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/api/v1/auth/me/").status_code


def refresh(token: str) -> Any:
    return APIClient().post("/api/v1/auth/token/refresh/", {"refresh": token})


def test_name_and_password_give_a_pair_that_works(pair: dict[str, str]) -> None:
    assert pair.keys() == {"access", "refresh"}
    assert me(pair["access"]) == 200


@pytest.mark.parametrize(("username", "password"), [("owner", "wrong"), ("nobody", PASSWORD), ("owner", "")])
def test_wrong_credentials_are_refused_in_the_same_words(user: User, username: str, password: str) -> None:
    answer = APIClient().post("/api/v1/auth/token/", {"username": username, "password": password or "x"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "bad_credentials"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_passwords_are_refused_where_links_sign_in(user: User, settings: Any) -> None:
    settings.SIGN_IN = "link"
    assert signed_in(user).status_code == 401


@pytest.mark.security("S18")
def test_guessing_is_slowed_down_whatever_the_forwarded_address(user: User) -> None:
    statuses = []
    for attempt in range(15):
        client = APIClient(headers={"X-Forwarded-For": f"203.0.113.{attempt}"})
        answer = client.post("/api/v1/auth/token/", {"username": "owner", "password": f"guess {attempt}"})
        statuses.append(answer.status_code)
    assert statuses == [401] * 10 + [429] * 5
    assert answer.json()["error"]["code"] == "rate_limited"
    assert int(answer["Retry-After"]) > 0
    assert answer["X-RateLimit-Remaining"] == "0"


def _forged(claims: dict[str, Any], header: dict[str, str], key: str = "", algorithm: str = "HS256") -> str:
    if header.get("alg") != "none":
        return jwt.encode(claims, key, algorithm=algorithm)
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)
    ]
    return ".".join([*parts, ""])


def test_forged_tokens_are_refused(pair: dict[str, str]) -> None:
    claims = jwt.decode(pair["access"], options={"verify_signature": False})
    lasting = claims | {"exp": claims["exp"] + 10_000_000}
    forged = {
        "none": _forged(lasting, {"alg": "none", "typ": "JWT"}),
        "other key": _forged(lasting, {}, "x" * 64),
        "other algorithm": _forged(lasting, {}, settings.SECRET_KEY, "HS512"),
        "changed": _with_claims(pair["access"], lasting),
        "unsigned": pair["access"].rpartition(".")[0] + ".",
        "garbage": "abc.def.ghi",
        "empty": "",
        "binary": "\u0000\u00ff",
    }
    assert {name: me(token) for name, token in forged.items()} == dict.fromkeys(forged, 401)


def _with_claims(token: str, claims: dict[str, Any]) -> str:
    header, _, signature = token.split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{header}.{body}.{signature}"


@pytest.mark.parametrize("missing", ["user_id", "family", "print", "jti", "exp", "token_type"])
def test_a_token_that_lacks_a_claim_is_refused(pair: dict[str, str], missing: str) -> None:
    claims = jwt.decode(pair["access"], options={"verify_signature": False})
    del claims[missing]
    assert me(jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")) == 401


def test_one_kind_of_token_is_not_the_other(pair: dict[str, str]) -> None:
    assert me(pair["refresh"]) == 401
    assert refresh(pair["access"]).status_code == 401


def test_an_expired_token_is_refused(user: User) -> None:
    old = services.access_token_create(user, user=user, lifetime=timedelta(seconds=-1))
    assert me(old) == 401


def test_refreshing_rotates(pair: dict[str, str]) -> None:
    following = refresh(pair["refresh"]).json()
    assert me(following["access"]) == 200
    assert refresh(following["refresh"]).status_code == 200


def test_a_reused_refresh_token_ends_the_family(pair: dict[str, str]) -> None:
    thief = refresh(pair["refresh"]).json()
    reused = refresh(pair["refresh"])
    assert (reused.status_code, reused.json()["error"]["code"]) == (401, "token_reused")
    assert me(thief["access"]) == 401
    assert refresh(thief["refresh"]).status_code == 401
    assert me(pair["access"]) == 401


@pytest.mark.django_db(transaction=True)
def test_of_eight_refreshes_at_once_one_wins(user: User) -> None:
    token = services.token_pair_create(user).refresh

    def one(_: int) -> bool:
        try:
            services.token_pair_refresh(token)
        except NotAuthenticated:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(8))) == 1
    assert TokenFamily.objects.get().revoked_at is not None


def test_logging_out_ends_this_sign_in_only(user: User, pair: dict[str, str]) -> None:
    other = signed_in(user).json()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert client.post("/api/v1/auth/logout/").status_code == 204
    assert me(pair["access"]) == 401
    assert refresh(pair["refresh"]).status_code == 401
    assert me(other["access"]) == 200


@pytest.mark.parametrize("by", ["command", "elsewhere"])
def test_a_changed_password_ends_every_token(user: User, pair: dict[str, str], by: str) -> None:
    if by == "command":
        services.user_update(user, user, password="another long Passw0rd", current_password=PASSWORD)
    else:
        user.set_password("another long Passw0rd")  # as manage.py changepassword does
        user.save()
    assert me(pair["access"]) == 401
    assert refresh(pair["refresh"]).status_code == 401


def test_a_disabled_user_is_out_at_once(user: User, pair: dict[str, str]) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert me(pair["access"]) == 401
    assert refresh(pair["refresh"]).status_code == 401
    assert signed_in(user).status_code == 401


def test_a_role_taken_away_counts_from_the_next_request(
    owner: User, api: Callable[[Any], APIClient], commander_with_passwords: User
) -> None:
    client = api(owner)
    body = {"name": "night-shift", "codes": ["plan:view"]}
    assert client.post("/api/v1/roles/", body).status_code == 201
    role = owner.groups.get().role
    commander_with_passwords.groups.add(role.group)  # the last owner would stay one
    services.role_revoke(commander_with_passwords, role, user=owner)
    assert client.post("/api/v1/roles/", body | {"name": "day-shift"}).status_code == 403


@pytest.fixture
def commander_with_passwords(db: None) -> User:
    return User.objects.create_superuser("chief", password=None)


def test_a_ticket_belongs_to_its_sign_in(user: User, pair: dict[str, str]) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    ticket = client.post("/api/v1/auth/ws-ticket/").json()["ticket"]
    TokenFamily.objects.update(revoked_at=timezone.now())
    with pytest.raises(NotAuthenticated):
        services.socket_ticket_use(ticket)


def test_anonymous_is_told_how_to_sign_in(db: None) -> None:
    answer = APIClient().get("/api/v1/auth/me/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="hisho"'
