"""The table of roles: seeded, mapped to Django's permissions, described, and never without an owner."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from foundation.accounts import services
from foundation.accounts.models import Role, User
from foundation.accounts.roles import ACTIONS, ALL_CODES, SEEDED, django_permission
from foundation.core.actors import SYSTEM
from foundation.core.errors import Conflict, Forbidden
from tests.architecture.source import ROOT

RIGHTS = ROOT / "docs" / "rights.md"


def test_every_code_is_a_permission_of_djangos(db: None) -> None:
    there = set(Permission.objects.values_list("content_type__app_label", "codename"))
    assert {code for code in ALL_CODES if django_permission(code) not in there} == set()
    assert len({django_permission(code) for code in ALL_CODES}) == len(ALL_CODES)


@pytest.mark.parametrize("name", sorted(SEEDED))
def test_a_role_gives_its_people_djangos_permissions(db: None, name: str) -> None:
    Group.objects.all().delete()  # and the roles with them
    services.roles_seed()
    user = User.objects.create_user("somebody", password=None)
    user.groups.add(Role.objects.get(name=name).group)
    held = {code for code in ALL_CODES if user.has_perm(".".join(django_permission(code)))}
    assert held == set(SEEDED[name])


def test_a_changed_role_changes_them_too(owner: User, stranger: User) -> None:
    role = Role.objects.get(name="member")
    assert stranger.has_perm("personas.add_persona")
    services.role_update(owner, role, codes=["persona:view", "log:view"])
    again = User.objects.get(pk=stranger.pk)
    assert again.has_perm("personas.view_persona")
    assert again.has_perm("accounts.view_log")
    assert not again.has_perm("personas.add_persona")


def refused(command: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Conflict) as refusal:
        command(*args, **kwargs)
    return refusal.value.code


def test_the_last_owner_stays(owner: User, stranger: User) -> None:
    chief = User.objects.create_superuser("chief", password=None)
    role = Role.objects.get(name="owner")
    assert refused(services.role_revoke, chief, role, user=owner) == "last_owner"
    assert refused(services.role_revoke, owner, role, user=owner) == "last_owner"
    assert refused(services.user_update, chief, owner, is_active=False) == "last_owner"
    services.role_revoke(chief, role, user=stranger)  # who is none
    services.role_grant(chief, role, user=stranger)
    services.user_update(chief, stranger, is_active=False)
    assert refused(services.role_revoke, chief, role, user=owner) == "last_owner", "a closed account is none"
    services.user_update(chief, stranger, is_active=True)
    services.role_revoke(chief, role, user=owner)
    assert not owner.groups.filter(pk=role.group_id).exists()


def test_over_http_the_last_owner_is_a_conflict(owner: User, api) -> None:
    role = Role.objects.get(name="owner")
    answer = api(owner).post(f"/api/v1/roles/{role.pk}/revoke/", {"user": str(owner.pk)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_owner")


def test_owners_may_do_everything_whatever_this_version_adds(owner: User) -> None:
    role = Role.objects.get(name="owner")
    with pytest.raises(Conflict):
        services.role_update(owner, role, codes=[])
    Role.objects.filter(pk=role.pk).update(codes=["persona:view"])
    services.roles_seed()
    role.refresh_from_db()
    assert set(role.codes) == ALL_CODES


def test_what_one_does_not_hold_one_does_not_give(db: None, stranger: User) -> None:
    manager = User.objects.create_user("manager", password=None)
    manager.groups.add(Role.objects.get(name="manager").group)
    for name in SEEDED:
        with pytest.raises(Forbidden):  # a manager has no `role:grant`
            services.role_grant(manager, Role.objects.get(name=name), user=stranger)
    granter = services.role_create(SYSTEM, name="granter", codes=["role:grant", *SEEDED["viewer"]])
    manager.groups.set([granter.group])
    fresh = User.objects.get(pk=manager.pk)
    services.role_grant(fresh, Role.objects.get(name="viewer"), user=stranger)
    with pytest.raises(Forbidden):
        services.role_grant(fresh, Role.objects.get(name="member"), user=stranger)


def test_the_table_in_the_documents_is_the_table_in_the_code() -> None:
    rows = [line.strip("|").split("|") for line in _lines(RIGHTS) if line.startswith("| `")]
    told = {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in rows if ":" in row[0]}
    assert told.keys() == ALL_CODES
    for code, (*holders, meaning) in told.items():
        marks = {name for name, cell in zip(SEEDED, holders, strict=True) if cell == "●"}
        assert marks == {name for name, codes in SEEDED.items() if code in codes}, code
        assert len(meaning) > 10, code
    assert list(ACTIONS)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_a_role_that_is_made_twice_with_one_key_is_made_once(owner, api):
    given = {"name": "readers", "codes": ["workflow:view"]}
    first, again = (
        api(owner).post("/api/v1/roles/", given, headers={"Idempotency-Key": "r"}) for _time in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201), first.content
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
