"""What an installation is like before anybody has set anything, and what a setting may not say."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform import ROOT, Platform

TEAM = {
    "SIGN_IN": "password",
    "PUBLIC_URL": "https://hisho.example.jp",
    "DATABASE_URL": "postgres://hisho:x@127.0.0.1:5432/hisho",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
MAIL = {"EMAIL_URL": "smtp+tls://hisho:x@mail.example.jp:587", "EMAIL_FROM": "秘書 <hisho@example.jp>"}


def manage(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return Platform(folder).manage(*arguments, **environment)


@pytest.mark.security("S20")
@pytest.mark.parametrize("mail", [{}, MAIL], ids=["without mail", "with mail"])
def test_djangos_own_check_of_a_deployment_has_nothing_to_say(tmp_path: Path, mail: dict[str, str]) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **TEAM, **mail)
    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr


@pytest.mark.security("S20")
def test_there_is_no_default_user_and_no_default_secret(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        assert manage(folder, "migrate", SIGN_IN="password").returncode == 0
    kept = [json.loads((folder / "secrets.json").read_text()) for folder in (first, second)]
    assert kept[0]["SECRET_KEY"] != kept[1]["SECRET_KEY"]
    assert len(kept[0]["SECRET_KEY"]) >= 50
    assert kept[0]["ENCRYPTION_KEYS"] != kept[1]["ENCRYPTION_KEYS"]
    if os.name == "posix":
        assert stat.S_IMODE((first / "secrets.json").stat().st_mode) == 0o600
    people = "from foundation.accounts.models import User; print(User.objects.count())"
    platform = Platform(first, SIGN_IN="password")
    assert platform.python(people).strip() == "0"
    platform.close()


@pytest.mark.security("S3")
@pytest.mark.parametrize(
    "environment",
    [
        {"HOST": "0.0.0.0"},
        {"HOST": "::"},
        {"HOST": "192.0.2.1"},
        {"HOST": "hisho.example.jp"},
        {"PUBLIC_URL": "https://hisho.example.jp"},
        {"PUBLIC_URL": "http://192.0.2.1:8000"},
        {"TRUSTED_PROXIES": "127.0.0.1"},
    ],
    ids=str,
)
def test_the_link_lets_nobody_in_from_elsewhere(tmp_path: Path, environment: dict[str, str]) -> None:
    """It does not start, whichever way it is started."""
    name = next(iter(environment))
    for command in (["up", "--no-browser", "--port", "0"], ["check"], ["signin"]):
        done = manage(tmp_path, *command, **environment)
        assert done.returncode != 0, command
        assert name in done.stderr
        assert "SIGN_IN=password" in done.stderr
        assert done.stdout == ""


@pytest.mark.security("S3")
def test_nor_under_another_server(tmp_path: Path) -> None:
    environment = Platform(tmp_path).environment | {
        "HOST": "0.0.0.0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import config.asgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "HOST" in done.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TRUSTED_PROXIES": "everybody"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "trusts everybody"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "TRUSTED_PROXIES"),
        ({"EMAIL_URL": "mail.example.jp"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp+tls://"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp://hisho:hush-hush@mail.example.jp"}, "in clear"),
        ({"EMAIL_URL": "smtps://mail.example.jp:99999"}, "EMAIL_URL"),
        ({"EMAIL_URL": "imap://mail.example.jp"}, "EMAIL_URL"),
        ({"EMAIL_FROM": ""}, "EMAIL_FROM"),
        ({"EMAIL_FROM": "nobody"}, "EMAIL_FROM"),
        ({"EMAIL_FROM": "a@b.c\nBcc: x@y.z"}, "EMAIL_FROM"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"RATE_LIMIT_SIGN_IN": "0"}, "RATE_LIMIT_SIGN_IN"),
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_refused_in_a_sentence(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    done = manage(tmp_path, "check", **(TEAM | MAIL | environment))
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush-hush" not in done.stderr
