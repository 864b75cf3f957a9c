"""Personal tokens: for scripts and MCP clients, limited, ending, and never more than their owner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from foundation.accounts import selectors, services
from foundation.accounts.models import PersonalToken, Role, User
from foundation.activity.models import AuditEntry
from foundation.core.errors import DomainError, Forbidden
from foundation.core.permissions import require_permission
from personas.models import Persona
from tests import factories

type Api = Callable[[Any], APIClient]
TOKENS, PERSONAS = "/api/v1/auth/tokens/", "/api/v1/personas/"
NEW = {"name": "調査の水野", "role": "調査"}


def made(user: User, *scopes: str, days: int = 30) -> str:
    return services.personal_token_create(user, name="script", scopes=scopes, days=days)[1]


def using(token: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {token}"})


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_it_is_shown_once_and_kept_as_a_digest(api: Api, owner: User) -> None:
    answer = api(owner).post(TOKENS, {"name": "週報", "scopes": ["read"], "days": 7})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    token = answer.json()["token"]
    assert token.startswith("hisho_pat_")
    assert token[-4:] == answer.json()["hint"]
    listed = api(owner).get(TOKENS)
    assert token not in listed.content.decode() + str(list(PersonalToken.objects.values()))
    assert token not in str(list(AuditEntry.objects.values("data")))
    assert [row["name"] for row in listed.json()["results"]] == ["週報"]
    assert listed.json()["results"][0]["last_used_at"] is None
    assert using(token).get(PERSONAS).status_code == 200
    assert api(owner).get(TOKENS).json()["results"][0]["last_used_at"] is not None


def test_a_token_that_reads_changes_nothing(owner: User) -> None:
    persona = factories.persona(owner)
    client = using(made(owner, "read"))
    one = f"{PERSONAS}{persona.pk}/"
    assert client.get(one).status_code == 200
    answers = [
        client.post(PERSONAS, NEW),
        client.patch(one, {"name": "x"}),
        client.delete(one),
        client.patch("/api/v1/auth/me/", {"display_name": "x"}),
        client.post("/api/v1/auth/logout/"),
    ]
    assert {code(each) for each in answers} == {(403, "forbidden")}
    assert Persona.objects.get().name == persona.name


def test_single_rights_reach_no_further(owner: User) -> None:
    persona = factories.persona(owner, name="執筆の森")
    client = using(made(owner, "persona:view", "persona:create"))
    assert client.get(PERSONAS).status_code == 200
    assert client.post(PERSONAS, NEW).status_code == 201
    assert code(client.patch(f"{PERSONAS}{persona.pk}/", {"name": "x"})) == (403, "forbidden")
    assert code(client.delete(f"{PERSONAS}{persona.pk}/")) == (403, "forbidden")
    workflow = factories.draft_workflow(owner)
    assert code(client.get(f"/api/v1/workflows/{workflow.pk}/")) == (403, "forbidden")
    for other in (
        "users/",
        "audit/",
        "approvals/",
        "notifications/",
        "credentials/",
        "knowledge/search/?q=x",
    ):
        assert code(client.get(f"/api/v1/{other}")) == (403, "forbidden"), other
    assert client.get("/api/v1/auth/me/").json()["permissions"] == ["persona:create", "persona:view"]
    with pytest.raises(Forbidden):
        require_permission(selectors.bearer(made(owner, "persona:view"))[0], "persona:create")


def test_writing_is_not_administering(owner: User, stranger: User, settings: Any) -> None:
    settings.SIGN_IN = "password"
    client = using(made(owner, "write"))
    assert client.post(PERSONAS, NEW).status_code == 201
    viewer = Role.objects.get(name="viewer")
    answers = [
        client.post("/api/v1/invitations/", {"role": "viewer"}),
        client.post("/api/v1/users/", {"username": "x", "password": "a long enough Passw0rd"}),
        client.patch(f"/api/v1/users/{stranger.pk}/", {"is_active": False}),
        client.post(f"/api/v1/users/{stranger.pk}/password-link/"),
        client.post("/api/v1/roles/", {"name": "x", "codes": []}),
        client.post(f"/api/v1/roles/{viewer.pk}/grant/", {"user": str(stranger.pk)}),
        client.post("/api/v1/credentials/", {"provider": "openai", "api_key": "sk-x"}),
        client.patch("/api/v1/auth/me/", {"email": "thief@example.jp"}),
    ]
    assert {each.status_code for each in answers} <= {403, 422}
    assert not User.objects.filter(username="x").exists()
    assert User.objects.get(pk=stranger.pk).is_active
    named = using(made(owner, "read", "user:create"))
    assert named.post("/api/v1/invitations/", {"role": "viewer"}).status_code == 201


def test_a_superusers_token_is_limited_too(db: None) -> None:
    chief = User.objects.create_superuser("chief", password=None)
    factories.persona(chief)
    client = using(made(chief, "persona:view"))
    assert len(client.get(PERSONAS).json()["results"]) == 1
    assert code(client.post(PERSONAS, NEW)) == (403, "forbidden")
    assert code(client.get("/api/v1/audit/")) == (403, "forbidden")
    user, _credential = selectors.bearer(made(chief, "persona:view"))
    assert not user.is_superuser
    assert user.permission_codes == {"persona:view"}
    assert list(Persona.objects.permitted(user, "view"))
    assert not Persona.objects.permitted(user, "change").exists()
    with pytest.raises(RuntimeError):
        user.save()
    everything = using(made(chief, "read"))
    assert everything.get("/api/v1/audit/").json()["results"]
    assert code(everything.post(PERSONAS, NEW)) == (403, "forbidden")


def test_no_token_makes_or_ends_tokens(api: Api, owner: User) -> None:
    token = made(owner, "write", "read")
    client = using(token)
    assert code(client.post(TOKENS, {"name": "x", "scopes": ["write"]})) == (403, "forbidden")
    row = PersonalToken.objects.get()
    assert code(client.delete(f"{TOKENS}{row.pk}/")) == (403, "forbidden")
    user, _credential = selectors.bearer(token)
    with pytest.raises(DomainError):
        services.personal_token_create(user, name="x", scopes=["read"], days=1)


def test_nobody_gives_a_token_more_than_they_hold(api: Api, stranger: User) -> None:
    for scopes in (["audit:view"], ["read", "user:create"]):
        answer = api(stranger).post(TOKENS, {"name": "x", "scopes": scopes})
        assert code(answer) == (422, "invalid")
        assert scopes[-1] in answer.json()["error"]["details"]["scopes"][0]
    token = made(stranger, "write", "persona:create")
    stranger.groups.clear()  # what its owner loses, it loses
    assert code(using(token).post(PERSONAS, NEW)) == (403, "forbidden")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": ["*"]},
        {"name": "x", "scopes": ["read"], "days": 0},
        {"name": "x", "scopes": ["read"], "days": 366},
        {"name": "x", "scopes": ["read"], "expires_at": "2099-01-01"},
        {"name": "x" * 101, "scopes": ["read"]},
    ],
)
def test_nonsense_makes_no_token(api: Api, owner: User, body: dict[str, Any]) -> None:
    assert code(api(owner).post(TOKENS, body)) == (422, "invalid")
    assert not PersonalToken.objects.exists()


@pytest.mark.parametrize("end", ["revoked", "expired", "disabled", "password", "unknown", "cut", "elsewhere"])
def test_it_ends(api: Api, owner: User, end: str) -> None:
    token = made(owner, "read")
    row = PersonalToken.objects.get()
    if end == "revoked":
        assert api(owner).delete(f"{TOKENS}{row.pk}/").status_code == 204
    elif end == "expired":
        PersonalToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "disabled":
        User.objects.update(is_active=False)
    elif end == "password":
        owner.set_password("another long Passw0rd")  # as manage.py changepassword does
        owner.save()
    elif end == "cut":
        token = token[:-1]
    elif end == "unknown":
        token = "hisho_pat_" + "x" * 43
    else:
        PersonalToken.objects.all().delete()
    assert code(using(token).get(PERSONAS)) == (401, "bad_token")


def test_one_does_not_see_or_end_anothers(api: Api, owner: User, stranger: User) -> None:
    made(owner, "read")
    row = PersonalToken.objects.get()
    assert api(stranger).get(TOKENS).json()["results"] == []
    assert code(api(stranger).delete(f"{TOKENS}{row.pk}/")) == (404, "not_found")
    assert APIClient().get(TOKENS).status_code == 401


def test_it_is_no_session_and_no_refresh_token(client: Any, owner: User) -> None:
    token = made(owner, "write")
    answer = APIClient().post("/api/v1/auth/token/refresh/", {"refresh": token})
    assert code(answer) == (401, "bad_token")
    client.cookies["hisho_session"] = token
    assert client.get("/").status_code == 302
    assert client.get("/", headers={"Authorization": f"Bearer {token}"}).status_code == 302


def test_there_is_an_end_to_them(owner: User) -> None:
    for _ in range(50):
        made(owner, "read")
    with pytest.raises(DomainError, match="50"):
        made(owner, "read")
