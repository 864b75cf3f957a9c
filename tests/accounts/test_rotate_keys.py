"""`manage.py rotate_keys`: everything readable at every moment, and the old key done with at the end."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from ai_integration.models import Credential
from foundation.accounts.models import User
from foundation.accounts.services import keys_rotate
from foundation.activity.models import AuditEntry
from foundation.core import crypto
from foundation.core.actors import SYSTEM
from foundation.core.errors import Forbidden
from foundation.monitoring import diagnosis

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
KEY = "sk-canary-{number}"


@pytest.fixture
def stored(owner: User, settings: Any, tmp_path: Path) -> list[Credential]:
    """Credentials written while OLD was the only key; from now on NEW comes first. No graph has run yet."""
    settings.CHECKPOINT_DATABASE, settings.CHECKPOINT_SCHEMA = tmp_path / "none", "none"
    settings.ENCRYPTION_KEYS = [OLD]
    made = [
        Credential.objects.create(
            owner=owner, provider="openai", label=f"n{number}", api_key=KEY.format(number=number)
        )
        for number in range(12)
    ]
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    return made


def keys() -> list[str]:
    return [each.api_key for each in Credential.objects.order_by("created_at", "label")]


def tokens() -> list[str]:
    return [token for _pk, token in crypto.stored_tokens(Credential, "api_key")]


@pytest.mark.security("S16")
def test_afterwards_the_old_key_is_needed_no_longer(
    stored: list[Credential], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    before = keys()
    assert diagnosis.keys()[0] == diagnosis.WARNING
    call_command("rotate_keys")
    assert "12" in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = [NEW]
    assert sorted(keys()) == sorted(before)
    assert diagnosis.keys()[0] == diagnosis.OK
    entry = AuditEntry.objects.get(action="keys.rotated")
    assert entry.data == {"data": {"field": "api_key", "values": 12}}


def test_a_second_run_changes_nothing(stored: list[Credential]) -> None:
    keys_rotate(SYSTEM)
    before = tokens()
    again = keys_rotate(SYSTEM)
    assert (again.rotated, again.current, tokens()) == (0, 12, before)
    assert AuditEntry.objects.filter(action="keys.rotated").count() == 1


@pytest.mark.security("S16")
def test_what_no_key_opens_is_named_and_the_rest_is_done(stored: list[Credential], settings: Any) -> None:
    stranger = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    crypto.token_replace(Credential, "api_key", stored[3].pk, old=tokens_of(stored[3]), new=stranger)
    with pytest.raises(CommandError, match=str(stored[3].pk)):
        call_command("rotate_keys")
    assert sum(map(crypto.is_current, tokens())) == 11
    assert diagnosis.keys()[0] == diagnosis.BAD


def tokens_of(row: Credential) -> str:
    return dict(crypto.stored_tokens(Credential, "api_key"))[row.pk]


@pytest.mark.security("S16")
def test_what_was_written_meanwhile_stays(stored: list[Credential], monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody enters another key between the reading and the writing of a row."""
    anew = crypto.encrypted_again

    def slow(token: str) -> str:
        row = next(each for each in stored if tokens_of(each) == token)
        if row == stored[5]:
            row.api_key = "sk-entered-meanwhile"
            row.save()
        return anew(token)

    monkeypatch.setattr(crypto, "encrypted_again", slow)
    assert keys_rotate(SYSTEM).rotated == 11
    assert Credential.objects.get(pk=stored[5].pk).api_key == "sk-entered-meanwhile"


def test_who_may_not_touch_credentials_may_not_rotate(stored: list[Credential], teammate: User) -> None:
    with pytest.raises(Forbidden):
        keys_rotate(teammate)


@pytest.mark.security("S16")
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_kill_nine_in_the_middle_leaves_everything_readable(stored: list[Credential], settings: Any) -> None:
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {str(connection.settings_dict['NAME'])!r}\n"
        "from foundation.accounts.services import keys\n"
        "from foundation.core import crypto\n"
        "replace = crypto.token_replace\n"
        "def told(*args, **kwargs):\n"
        "    print(replace(*args, **kwargs), flush=True)\n"
        "    input()\n"
        "    return True\n"
        "crypto.token_replace = told\n"
        "from foundation.core.actors import SYSTEM\n"
        "keys.keys_rotate(SYSTEM)\n"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ENCRYPTION_KEYS": f"{NEW},{OLD}",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(4):
        assert process.stdout.readline().strip() == "True"
        process.stdin.write("\n")
        process.stdin.flush()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    done = sum(map(crypto.is_current, tokens()))
    assert 4 <= done < 12
    assert sorted(keys()) == sorted(KEY.format(number=number) for number in range(12))
    assert keys_rotate(SYSTEM).current == done
    settings.ENCRYPTION_KEYS = [NEW]
    assert len(keys()) == 12
