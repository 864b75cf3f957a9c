"""`manage.py token` and `manage.py signin`."""

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from foundation.accounts.models import User


def status(token: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/api/v1/auth/me/").status_code


def test_token_prints_a_token_and_nothing_else(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("token")
    printed = capsys.readouterr().out
    assert len(printed.split()) == 1
    assert status(printed.strip()) == 200


def test_token_for_somebody(owner: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("token", "--user", "owner", "--hours", "1")
    assert status(capsys.readouterr().out.strip()) == 200


@pytest.mark.parametrize("arguments", [["--user", "nobody"], ["--hours", "0"], ["--hours", "721"]])
def test_token_refuses_nonsense(db: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("token", *arguments)


def test_token_for_the_disabled_is_refused(owner: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="owner"):
        call_command("token", "--user", "owner")


def test_signin_prints_a_link_for_the_port(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("signin", "--port", "8765")
    assert capsys.readouterr().out.startswith("http://127.0.0.1:8765/sign-in/?token=")


def test_signin_is_refused_when_somebody_else_could_sign_in(owner: User) -> None:
    with pytest.raises(CommandError, match="SIGN_IN=password"):
        call_command("signin")


@pytest.mark.usefixtures("a_team")
def test_invite_prints_a_link_that_lets_one_in(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite", "--role", "owner", "--port", "8765")
    link = capsys.readouterr().out.strip()
    assert link.startswith("http://127.0.0.1:8765/invitation/?token=")
    body = {"token": link.partition("=")[2], "username": "first", "password": "a long enough Passw0rd"}
    assert APIClient().post("/api/v1/auth/join/", body).status_code == 201
    assert User.objects.get().groups.get().role.name == "owner"


@pytest.mark.parametrize("arguments", [["--role", "king"], ["--email", "nonsense"]])
@pytest.mark.usefixtures("a_team")
def test_invite_refuses_nonsense(db: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("invite", *arguments)


def test_invite_asks_to_switch_first(db: None) -> None:
    with pytest.raises(CommandError, match="SIGN_IN=password"):
        call_command("invite")


@pytest.mark.usefixtures("a_team")
def test_unlock_prints_a_link_and_forgets_the_attempts(
    owner: User, capsys: pytest.CaptureFixture[str], settings: pytest.FixtureRequest
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**6)
    for number in range(60):
        client = APIClient(REMOTE_ADDR=f"192.0.2.{number}")
        last = client.post("/api/v1/auth/token/", {"username": "owner", "password": "x"})
    assert last.status_code == 429
    call_command("unlock", "owner")
    token = capsys.readouterr().out.strip().partition("token=")[2]
    body = {"token": token, "password": "another long Passw0rd"}
    assert APIClient().post("/api/v1/auth/password/", body).status_code == 204
    given = {"username": "owner", "password": "another long Passw0rd"}
    assert APIClient(REMOTE_ADDR="198.51.100.1").post("/api/v1/auth/token/", given).status_code == 200


@pytest.mark.usefixtures("a_team")
def test_unlock_knows_whom(db: None) -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("unlock", "nobody")
