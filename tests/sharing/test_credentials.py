"""Who keeps keys of providers, and whose work they serve."""

from typing import Any

import pytest

from ai_integration.selectors import connections_for
from ai_integration.services import credential_create
from foundation.accounts.models import Role
from foundation.accounts.services import access_grant, access_withdraw
from foundation.core.actors import SYSTEM

URL = "/api/v1/credentials/"
BODY = {"provider": "openai", "api_key": "sk-0123456789abcdef"}


@pytest.fixture(autouse=True)
def passwords(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SIGN_IN = "password"
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def ways(user: Any) -> int:
    return len(connections_for(user.pk, "openai"))


def test_the_roles_say_who_keeps_keys(colleague, teammate, api) -> None:
    made = api(colleague).post(URL, BODY)
    assert made.status_code == 201
    assert api(teammate).post(URL, BODY).status_code == 403
    assert api(colleague).post(URL, BODY | {"label": "all", "shared": True}).status_code == 403
    where = f"{URL}{made.json()['id']}/"
    assert api(colleague).patch(where, {"label": "mine"}).status_code == 200
    assert api(teammate).get(where).status_code == 404
    assert (ways(colleague), ways(teammate)) == (1, 0)
    Role.objects.filter(name="member").update(codes=[])
    assert api(colleague).post(URL, BODY | {"label": "new"}).status_code == 403
    assert api(colleague).delete(where).status_code == 204  # one's own one may always take back


def test_a_shared_one_serves_by_level(owner, colleague, stranger, api) -> None:
    key = credential_create(owner, **BODY)
    access_grant(SYSTEM, key, to=colleague, level="view")
    assert api(colleague).get(f"{URL}{key.pk}/").status_code == 200
    assert ways(colleague) == 0  # seen, not used
    access_grant(SYSTEM, key, to=colleague, level="operate")
    assert (ways(colleague), ways(stranger)) == (1, 0)
    assert api(colleague).patch(f"{URL}{key.pk}/", {"label": "x"}).status_code == 403
    access_withdraw(SYSTEM, key, to=colleague)
    assert ways(colleague) == 0


def test_one_for_everybody_is_changed_by_roles_that_say_so(owner, colleague, teammate, api) -> None:
    key = credential_create(owner, **BODY, shared=True)
    where = f"{URL}{key.pk}/"
    assert (ways(colleague), ways(teammate)) == (1, 1)
    assert api(colleague).get(where).status_code == 404
    colleague.groups.add(Role.objects.get(name="manager").group)
    assert api(colleague).get(where).status_code == 200
    assert api(colleague).patch(where, {"label": "x"}).status_code == 200
    assert "sk-" not in api(colleague).get(where).content.decode()
