"""Users and roles over the API: nobody hands out, or takes over, more than they hold."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from foundation.accounts import services
from foundation.accounts.models import Role, User
from foundation.accounts.roles import ALL_CODES, SEEDED
from foundation.activity.models import AuditEntry
from foundation.core.actors import SYSTEM
from foundation.core.errors import Conflict

pytestmark = pytest.mark.usefixtures("a_team")

type Api = Callable[[Any], APIClient]

NEW = {"username": "hanako", "password": "a long enough Passw0rd", "display_name": "花子", "language": "ja"}


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("chief", password=None)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_seeding_is_repeatable_and_keeps_changes(admin: User) -> None:
    viewer = Role.objects.get(name="viewer")
    services.role_update(admin, viewer, codes=["plan:view"])
    assert Role.objects.get(name="viewer").codes == ["plan:view"]
    assert set(Role.objects.values_list("name", flat=True)) == set(SEEDED)


def test_every_seeded_code_is_known() -> None:
    assert {each for codes in SEEDED.values() for each in codes} <= ALL_CODES
    assert "user:create" not in SEEDED["member"]
    assert all(each.endswith(":view") for each in SEEDED["viewer"])


def test_creating_a_user(api: Api, admin: User) -> None:
    made = api(admin).post("/api/v1/users/", NEW)
    assert made.status_code == 201
    assert "password" not in made.json()
    assert User.objects.get(username="hanako").check_password(NEW["password"])
    assert AuditEntry.objects.filter(action="user.created", object_id=made.json()["id"]).exists()


@pytest.mark.parametrize(
    "change",
    [
        {"username": ""},
        {"username": "ha nako"},
        {"password": "short"},
        {"password": "hanako12"},
        {"email": "x"},
    ],
)
def test_a_bad_user_is_refused(api: Api, admin: User, change: dict[str, str]) -> None:
    assert code(api(admin).post("/api/v1/users/", NEW | change)) == (422, "invalid")
    assert not User.objects.filter(display_name="花子").exists()


def test_a_name_is_taken_once(api: Api, admin: User) -> None:
    assert api(admin).post("/api/v1/users/", NEW).status_code == 201
    assert code(api(admin).post("/api/v1/users/", NEW)) == (422, "invalid")


def test_who_may_create_users(api: Api, owner: User, teammate: User, stranger: User) -> None:
    assert code(api(teammate).post("/api/v1/users/", NEW)) == (403, "forbidden")
    assert code(api(stranger).post("/api/v1/users/", NEW)) == (403, "forbidden")
    assert api(owner).post("/api/v1/users/", NEW).status_code == 201


def test_who_sees_whom(api: Api, owner: User, stranger: User) -> None:
    assert {row["username"] for row in api(owner).get("/api/v1/users/").json()["results"]} == {
        "owner",
        "stranger",
    }
    assert [row["username"] for row in api(stranger).get("/api/v1/users/").json()["results"]] == ["stranger"]
    assert code(api(stranger).get(f"/api/v1/users/{owner.pk}/")) == (404, "not_found")


def test_searching_and_paging_users(api: Api, owner: User) -> None:
    for number in range(5):
        User.objects.create_user(f"person-{number}")
    page = api(owner).get("/api/v1/users/?search=person&limit=3").json()
    assert len(page["results"]) == 3
    rest = api(owner).get(page["next"]).json()
    assert len(rest["results"]) == 2
    assert rest["next"] is None


def test_changing_oneself(api: Api, stranger: User) -> None:
    mine = f"/api/v1/users/{stranger.pk}/"
    assert api(stranger).patch(mine, {"display_name": "新しい名前"}).json()["display_name"] == "新しい名前"
    assert code(api(stranger).patch(mine, {"is_active": True})) == (403, "forbidden")
    assert code(api(stranger).patch(mine, {"language": "xx"})) == (422, "invalid")
    assert api(stranger).patch("/api/v1/auth/me/", {"language": "en"}).json()["language"] == "en"


def test_nobody_locks_themselves_out(api: Api, owner: User) -> None:
    assert code(api(owner).patch(f"/api/v1/users/{owner.pk}/", {"is_active": False})) == (409, "not_yourself")


def test_nobody_takes_over_a_stronger_account(api: Api, admin: User, owner: User) -> None:
    manager = User.objects.create_user("manager")
    manager.groups.add(Role.objects.get(name="manager").group)
    for target in (admin, owner):
        change = {"password": "a stolen Passw0rd"}
        assert code(api(manager).patch(f"/api/v1/users/{target.pk}/", change)) == (403, "forbidden")


def test_granting_and_revoking(api: Api, admin: User, stranger: User) -> None:
    viewer = Role.objects.get(name="viewer")
    for verb in ("grant", "grant", "revoke", "revoke"):
        assert (
            api(admin).post(f"/api/v1/roles/{viewer.pk}/{verb}/", {"user": str(stranger.pk)}).status_code
            == 200
        )
        held = api(stranger).get("/api/v1/auth/me/").json()["roles"]
        assert ("viewer" in held) is (verb == "grant")


def test_nobody_grants_more_than_they_hold(api: Api, owner: User, stranger: User) -> None:
    clerk = services.role_create(SYSTEM, name="clerk", codes=["role:grant", "role:view", "user:view"])
    stranger.groups.set([clerk.group])
    strong = Role.objects.get(name="owner")
    assert code(api(stranger).post(f"/api/v1/roles/{strong.pk}/grant/", {"user": str(stranger.pk)})) == (
        403,
        "forbidden",
    )
    assert code(api(stranger).post("/api/v1/roles/", {"name": "x", "codes": ["user:create"]})) == (
        403,
        "forbidden",
    )


def test_roles_are_checked(api: Api, admin: User) -> None:
    client = api(admin)
    assert code(client.post("/api/v1/roles/", {"name": "x", "codes": ["plan:fly"]})) == (422, "invalid")
    assert code(client.post("/api/v1/roles/", {"name": "viewer", "codes": []})) == (409, "name_taken")
    viewer = Role.objects.get(name="viewer")
    assert code(client.delete(f"/api/v1/roles/{viewer.pk}/")) == (409, "seeded_role")
    made = client.post("/api/v1/roles/", {"name": "guest", "codes": ["plan:view"]}).json()
    assert client.delete(f"/api/v1/roles/{made['id']}/").status_code == 204


def test_there_is_one_local_user(db: None, settings: Any) -> None:
    settings.SIGN_IN = "link"
    first = services.local_user()
    assert services.local_user() == first
    assert (first.username, str(first), first.is_superuser) == ("local", "ローカルユーザー", True)
    assert not first.has_usable_password()


def test_a_second_person_ends_signing_in_by_link(owner: User, settings: Any) -> None:
    settings.SIGN_IN = "link"
    with pytest.raises(Conflict, match="SIGN_IN=password"):
        services.local_user()
