"""People, roles, sign-ins, and who may do what with one thing."""

from collections.abc import Callable

import pytest
from django.test import Client
from guardian.shortcuts import get_user_perms

from foundation.accounts.models import Role, TokenFamily, User
from foundation.accounts.services import token_pair_create
from foundation.activity.models import AuditEntry
from personas.models import Persona
from tests import factories
from tests.admin.conftest import act, address, audited
from tests.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded", "a_team")]


def test_people_get_roles_and_lose_them(admin: Client) -> None:
    new = {
        "username": "hanako",
        "password": "a-long-enough-secret-1",
        "display_name": "",
        "email": "",
        "language": "ja",
    }
    assert admin.post(address(User, "add"), new).status_code == 302
    hanako = User.objects.get(username="hanako")
    assert hanako.check_password("a-long-enough-secret-1")
    viewer = Role.objects.get(name="viewer")
    profile = {"display_name": "花子", "email": "", "language": "ja", "is_active": "on", "is_staff": "on"}
    admin.post(address(User, "change", hanako.pk), profile | {"roles": [str(viewer.pk)]})
    hanako = User.objects.get(pk=hanako.pk)
    assert (hanako.display_name, hanako.is_staff, hanako.is_superuser) == ("花子", True, False)
    assert hanako.groups.get().role == viewer
    admin.post(address(User, "change", hanako.pk), profile)
    assert not hanako.groups.exists()
    assert [audited(f"role.{what}") for what in ("granted", "revoked")] == [1, 1]


def test_a_weak_password_is_refused_in_the_form(admin: Client) -> None:
    new = {"username": "hanako", "password": "hanako", "display_name": "", "email": "", "language": "ja"}
    answer = admin.post(address(User, "add"), new)
    assert "too short" in answer.content.decode()
    assert not User.objects.filter(username="hanako").exists()


def test_nobody_hands_out_more_than_they_hold(staff: Callable[..., User], stranger: User) -> None:
    manager = staff("manager")
    owner_role = Role.objects.get(name="owner")
    client = signed_in(manager, "en")
    profile = {"display_name": "", "email": "", "language": "ja", "is_active": "on", "is_superuser": "on"}
    answer = client.post(
        address(User, "change", stranger.pk), profile | {"roles": [str(owner_role.pk)], "is_staff": "on"}
    )
    assert answer.status_code in (200, 403)
    stranger = User.objects.get(pk=stranger.pk)
    assert (stranger.is_staff, stranger.is_superuser) == (False, False)
    assert not stranger.groups.filter(role=owner_role).exists()


def test_a_role_is_made_changed_and_deleted(admin: Client) -> None:
    admin.post(address(Role, "add"), {"name": "reader", "codes": ["persona:view"]})
    role = Role.objects.get(name="reader")
    admin.post(address(Role, "change", role.pk), {"codes": ["persona:view", "plan:view"]})
    role.refresh_from_db()
    assert role.codes == ["persona:view", "plan:view"]
    admin.post(address(Role, "delete", role.pk), {"post": "yes"})
    assert not Role.objects.filter(name="reader").exists()
    seeded = Role.objects.get(name="viewer")
    answer = admin.post(address(Role, "delete", seeded.pk), {"post": "yes"}, follow=True)
    assert "belongs to the platform" in answer.content.decode()


def test_a_sign_in_is_ended(admin: Client, owner: User) -> None:
    token_pair_create(owner)
    family = TokenFamily.objects.get()
    assert "Done: 1." in act(admin, family, "revoke")
    family.refresh_from_db()
    assert family.revoked_at is not None


def test_one_thing_is_shared_with_one_person(admin: Client, administrator: User, stranger: User) -> None:
    persona = factories.persona(administrator)
    where = address(Persona, "permissions_manage_user", persona.pk, stranger.pk)
    assert admin.post(where, {"permissions": ["operate_persona"]}).status_code == 302
    assert set(get_user_perms(stranger, persona)) == {"operate_persona"}
    assert Persona.objects.permitted(stranger, "view").get() == persona
    assert Persona.objects.permitted(stranger, "operate").get() == persona
    admin.post(where, {"permissions": [], "csrfmiddlewaretoken": "x"})
    assert not set(get_user_perms(stranger, persona))
    told = AuditEntry.objects.filter(action="access.changed").order_by("at")
    assert [(entry.data["from"], entry.data["to"]) for entry in told] == [
        ("none", "operate"),
        ("operate", "none"),
    ]
    assert told[0].data["data"]["with"] == {"kind": "user", "id": str(stranger.pk), "name": str(stranger)}


def test_one_thing_is_shared_with_everybody_of_a_role(
    admin: Client, administrator: User, teammate: User, staff: Callable[..., User]
) -> None:
    plan = factories.plan(administrator)
    teammate = staff("approver")
    group = teammate.groups.get()
    where = address(type(plan), "permissions_manage_group", plan.pk, group.pk)
    assert admin.post(where, {"permissions": ["view_plan"]}).status_code == 302
    assert not type(plan).objects.permitted(teammate, "approve").exists()
    assert admin.post(where, {"permissions": ["view_plan", "operate_plan"]}).status_code == 302
    assert type(plan).objects.permitted(teammate, "approve").get() == plan


def test_only_whoever_manages_a_thing_shares_it(
    staff: Callable[..., User], owner: User, stranger: User
) -> None:
    editor = staff("member")
    persona = factories.persona(owner)
    factories.share(persona, editor, "operate")
    client = signed_in(editor, "en")
    where = address(Persona, "permissions_manage_user", persona.pk, stranger.pk)
    assert client.post(where, {"permissions": ["view_persona"]}).status_code == 403
    assert client.post(where, {"permissions": ["delete_persona"]}, follow=True).status_code == 403
    assert not set(get_user_perms(stranger, persona))
    factories.share(persona, editor, "change")
    client.post(where, {"permissions": ["operate_persona"]})
    assert set(get_user_perms(stranger, persona)) == {"operate_persona"}
