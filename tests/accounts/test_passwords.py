"""Passwords: guessed, changed, lost, and given anew."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as platform
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from foundation.accounts import services
from foundation.accounts.models import OneTimeSecret, User
from foundation.activity.models import AuditEntry
from tests.accounts.test_invitations import post  # noqa: F401 - a fixture
from tests.post_office import PostOffice

pytestmark = pytest.mark.usefixtures("a_team")

type Api = Callable[[Any], APIClient]
PASSWORD, OTHER = "a long enough Passw0rd", "another long Passw0rd"


@pytest.fixture
def user(owner: User) -> User:
    owner.set_password(PASSWORD)
    owner.email = "owner@example.jp"
    owner.save()
    return owner


@pytest.fixture
def no_rates(settings: Any) -> None:
    """So that only the lock is seen."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**6)


def sign_in(
    username: str = "owner", password: str = PASSWORD, *, at: str = "192.0.2.1", **cookies: str
) -> Any:
    client = APIClient(REMOTE_ADDR=at)
    client.cookies.load(cookies)
    return client.post("/api/v1/auth/token/", {"username": username, "password": password})


def guess(times: int, **fields: Any) -> list[int]:
    return [sign_in(password=f"guess {number}", **fields).status_code for number in range(times)]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_passwords_are_kept_by_argon2_with_djangos_four_rules(user: User) -> None:
    assert user.password.startswith("argon2$argon2id$")
    assert len(platform.AUTH_PASSWORD_VALIDATORS) == 4


@pytest.mark.usefixtures("no_rates")
def test_the_eleventh_guess_in_a_row_is_not_even_looked_at(user: User) -> None:
    assert guess(12) == [401] * 10 + [429] * 2
    locked = sign_in()
    assert code(locked) == (429, "too_many_attempts")
    assert 0 < int(locked["Retry-After"]) <= 15 * 60
    assert AuditEntry.objects.filter(action="sign_in.locked", object_id=str(user.pk)).count() == 1


@pytest.mark.usefixtures("no_rates")
def test_a_name_that_nobody_has_is_locked_in_the_same_way(user: User) -> None:
    for name in ("owner", "nobody"):
        seen = [sign_in(name, f"guess {number}") for number in range(12)]
        shapes = [(each.status_code, each.json()["error"]["message"]) for each in seen]
        if name == "owner":
            first = shapes
    assert shapes == first


@pytest.mark.usefixtures("no_rates")
def test_whoever_locks_a_name_locks_it_for_themselves(user: User) -> None:
    guess(70, at="203.0.113.9")
    assert sign_in(at="203.0.113.9").status_code == 429
    assert sign_in(at="192.0.2.1").status_code == 200


@pytest.mark.usefixtures("no_rates")
def test_writing_the_name_otherwise_does_not_begin_anew(user: User) -> None:
    names = ["owner", "OWNER", "Owner", "ｏｗｎｅｒ"] * 4
    assert [sign_in(name, "x").status_code for name in names] == [401] * 10 + [429] * 6


@pytest.mark.usefixtures("no_rates")
def test_many_addresses_lock_a_name_for_strange_browsers_only(user: User) -> None:
    """One that signed in before is known: nobody can keep its owner out."""
    browser = Client()
    assert _by_form(browser).status_code == 303
    for number in range(60):
        sign_in(password="guess", at=f"203.0.113.{number}")
    assert sign_in(at="198.51.100.7").status_code == 429
    known = browser.cookies["hisho_known"].value
    assert sign_in(at="203.0.113.1", hisho_known=known).status_code == 200
    assert sign_in(at="203.0.113.1", hisho_known=known[:-2] + "xx").status_code == 429
    assert sign_in("teammate", "x", at="198.51.100.8", hisho_known=known).status_code == 401


def _by_form(browser: Client, password: str = PASSWORD) -> Any:
    return browser.post("/sign-in/", {"username": "owner", "password": password})


@pytest.mark.usefixtures("no_rates")
def test_a_known_browser_is_no_way_to_guess(user: User) -> None:
    browser = Client()
    _by_form(browser)
    known = browser.cookies["hisho_known"].value
    assert guess(12, hisho_known=known) == [401] * 10 + [429] * 2


@pytest.mark.usefixtures("no_rates")
def test_a_lock_ends_by_itself_however_many_try_meanwhile(user: User) -> None:
    guess(40)
    ends = {key: cache.ttl(key) for key in _lock_keys()} if hasattr(cache, "ttl") else _ends_in_process()
    assert ends
    assert all(0 < seconds <= 15 * 60 for seconds in ends.values())
    cache.clear()  # as time does
    assert sign_in().status_code == 200


def _lock_keys() -> list[str]:
    return list(cache.keys("attempt:*"))


def _ends_in_process() -> dict[str, float]:
    now = timezone.now().timestamp()
    return {key: ends - now for key, ends in cache._expire_info.items() if "attempt:" in key}


@pytest.mark.usefixtures("no_rates")
def test_the_right_password_forgets_the_wrong_ones(user: User) -> None:
    for _ in range(3):
        assert guess(9) == [401] * 9
        assert sign_in().status_code == 200


@pytest.mark.security("S18")
@pytest.mark.django_db(transaction=True)
def test_two_hundred_tries_fifty_at_once_pass_the_limit_at_most(user: User) -> None:
    def one(number: int) -> int:
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        try:
            client = APIClient(headers=headers)
            body = {"username": "owner", "password": f"guess {number}"}
            return client.post("/api/v1/auth/token/", body).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(one, range(200)))
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 10


def ask(email: str) -> Any:
    return APIClient().post("/api/v1/auth/password/ask/", {"email": email})


def reset(token: str, password: str = OTHER) -> Any:
    return APIClient().post("/api/v1/auth/password/", {"token": token, "password": password})


def mailed(office: PostOffice) -> str:
    link = next(word for word in office.text().split() if "/password/new/" in word)
    return parse_qs(urlsplit(link).query)["token"][0]


def test_a_lost_password_is_set_anew_by_mail_once(user: User, post: Any, celery_now: list[str]) -> None:  # noqa: F811
    before = sign_in().json()
    _row, personal = services.personal_token_create(user, name="script", scopes=["read"], days=1)
    browser = Client()
    _by_form(browser)
    with PostOffice() as office:
        post(office)
        assert ask("OWNER@example.jp").status_code == 202
        assert celery_now == ["accounts.send_reset_links"]
    token = mailed(office)
    assert office.mails[0]["To"] == "owner@example.jp"
    assert token not in str(list(OneTimeSecret.objects.values()))
    assert code(reset(token, "12345678901")) == (422, "invalid")
    assert reset(token).status_code == 204
    assert code(reset(token, PASSWORD)) == (401, "link_closed")
    assert sign_in().status_code == 401
    assert sign_in(password=OTHER).status_code == 200
    for old in (before["access"], personal):
        assert (
            APIClient(headers={"Authorization": f"Bearer {old}"}).get("/api/v1/auth/me/").status_code == 401
        )
    assert browser.get("/").status_code == 302


def test_asking_tells_nobody_who_is_here(user: User, post: Any, celery_now: list[str]) -> None:  # noqa: F811
    User.objects.create_user("gone", email="gone@example.jp", is_active=False)
    with PostOffice() as office:
        post(office)
        answers = [ask(each) for each in ("owner@example.jp", "nobody@example.jp", "gone@example.jp")]
    assert {(each.status_code, each.content) for each in answers} == {(202, b"")}
    assert len(celery_now) == 3
    assert [mail["To"] for mail in office.mails] == ["owner@example.jp"]


@pytest.mark.usefixtures("no_rates")
def test_nobody_is_flooded_with_mails(user: User, post: Any, celery_now: list[str]) -> None:  # noqa: F811
    with PostOffice() as office:
        post(office)
        for _ in range(8):
            ask("owner@example.jp")
    assert len(office.mails) == 3
    assert reset(mailed(office)).status_code == 204  # the newest one


def test_a_mail_that_was_not_taken_is_not_counted(user: User, post: Any) -> None:  # noqa: F811
    with PostOffice(refusing=True) as office:
        post(office)
        for _ in range(5):
            with pytest.raises(OSError, match="nobody of this name"):
                services.password_reset_send("owner@example.jp")
    assert not OneTimeSecret.objects.filter(used_at=None).exists()


def test_a_link_is_too_old_after_an_hour_and_dies_with_the_next(user: User) -> None:
    chief = User.objects.create_superuser("chief", password=None)
    old, new = (services.password_reset_link_create(chief, user).partition("token=")[2] for _ in range(2))
    assert code(reset(old)) == (401, "link_closed")
    OneTimeSecret.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert code(reset(new)) == (401, "link_closed")


def test_where_no_mail_is_sent_an_administrator_hands_over_a_link(
    api: Api, user: User, stranger: User
) -> None:
    assert code(ask("owner@example.jp")) == (409, "no_mail")
    answer = api(user).post(f"/api/v1/users/{stranger.pk}/password-link/")
    assert answer["Cache-Control"] == "no-store"
    assert reset(answer.json()["link"].partition("token=")[2]).status_code == 204
    assert sign_in("stranger", OTHER).status_code == 200


def test_nobody_makes_a_link_to_a_stronger_account(api: Api, user: User, stranger: User) -> None:
    chief = User.objects.create_superuser("chief", password=None)
    assert api(user).post(f"/api/v1/users/{chief.pk}/password-link/").status_code == 403
    assert api(stranger).post(f"/api/v1/users/{stranger.pk}/password-link/").status_code == 403
    assert api(stranger).post(f"/api/v1/users/{user.pk}/password-link/").status_code == 404
    assert not OneTimeSecret.objects.exists()


@pytest.mark.parametrize("change", [{"password": OTHER}, {"email": "thief@example.jp"}])
def test_a_session_left_open_is_not_enough_to_take_an_account(
    api: Api, user: User, change: dict[str, str]
) -> None:
    client = api(user)
    for address in ("/api/v1/auth/me/", f"/api/v1/users/{user.pk}/"):
        for wrong in ({}, {"current_password": "wrong"}):
            answer = client.patch(address, change | wrong)
            assert code(answer) == (422, "invalid")
            assert answer.json()["error"]["details"].keys() == {"current_password"}
    assert client.patch("/api/v1/auth/me/", change | {"current_password": PASSWORD}).status_code in (200, 401)
    user.refresh_from_db()
    assert user.email == change.get("email", "owner@example.jp")
    assert user.check_password(change.get("password", PASSWORD))


def test_the_present_password_cannot_be_guessed_there_either(api: Api, user: User) -> None:
    client = api(user)
    answers = [
        client.patch("/api/v1/auth/me/", {"password": OTHER, "current_password": f"{number}"})
        for number in range(12)
    ]
    assert [each.status_code for each in answers] == [422] * 10 + [429] * 2
