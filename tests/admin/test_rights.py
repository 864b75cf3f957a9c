"""Nobody gets round a rule: who may not see does not see, and what happened cannot be made undone."""

from collections.abc import Callable

import pytest
from django.contrib import admin as django_admin
from django.test import Client

from foundation.accounts.models import OneTimeSecret, TokenFamily, User
from foundation.accounts.services import socket_ticket_create, token_pair_create
from foundation.activity.models import AuditEntry, Event
from foundation.core.admin import ReadOnlyAdmin
from knowledge.models import Passage
from personas.models import Persona
from tests import factories
from tests.admin.conftest import address
from tests.pages import html, signed_in
from workflows.models import Workflow

pytestmark = pytest.mark.django_db
SITE = django_admin.site


def test_whoever_is_not_signed_in_is_sent_to_the_platforms_door(client: Client) -> None:
    for model in SITE._registry:
        answer = client.get(address(model, "changelist"))
        assert answer.status_code == 302
        after = client.get(answer.headers["Location"])
        assert after.headers["Location"].startswith("/sign-in/?next=")


def test_whoever_is_no_staff_is_refused(owner: User) -> None:
    client = signed_in(owner)
    for model in SITE._registry:
        assert client.get(address(model, "changelist"), follow=True).status_code == 403


def test_djangos_own_password_forms_are_closed(admin: Client) -> None:
    assert admin.get("/admin/password_change/").status_code == 404
    assert admin.post("/admin/login/", {"username": "administrator", "password": "x"}).status_code == 403


def test_signing_out_is_the_platforms(admin: Client) -> None:
    answer = admin.post("/admin/logout/", follow=True)
    assert answer.redirect_chain[0] == ("/sign-out/", 307)
    assert admin.get("/admin/").status_code == 302


def test_staff_without_a_role_may_look_at_nothing(staff: Callable[..., User]) -> None:
    client = signed_in(staff())
    assert client.get("/admin/").status_code == 200
    for model, page in SITE._registry.items():
        assert client.get(address(model, "changelist")).status_code == 403
        assert client.get(address(model, "add")).status_code == 403, page


def test_staff_see_and_change_what_is_theirs(staff: Callable[..., User], owner: User) -> None:
    member = staff("member")
    client = signed_in(member)
    mine = factories.persona(member, name="私の秘書")
    foreign = factories.persona(owner, name="他人の秘書")

    listed = html(client, address(Persona, "changelist"))
    assert "私の秘書" in listed
    assert "他人の秘書" not in listed
    assert client.get(address(Persona, "change", mine.pk)).status_code == 200
    for page in ("change", "delete", "history", "permissions"):
        assert client.get(address(Persona, page, foreign.pk)).status_code in (302, 404)
    assert client.post(address(Persona, "delete", foreign.pk), {"post": "yes"}).status_code in (302, 404)
    assert Persona.objects.filter(pk=foreign.pk).exists()


def test_what_is_shared_to_see_cannot_be_changed(staff: Callable[..., User], owner: User) -> None:
    viewer = staff("member")
    shown = factories.persona(owner, name="見せた秘書")
    factories.share(shown, viewer)
    client = signed_in(viewer, "en")
    assert "_save" not in html(client, address(Persona, "change", shown.pk))
    posted = client.post(address(Persona, "change", shown.pk), {"name": "x", "role": "x"})
    assert posted.status_code == 403
    assert client.post(address(Persona, "permissions_manage_user", shown.pk, viewer.pk)).status_code == 403


def test_choices_and_search_offer_only_what_may_be_seen(staff: Callable[..., User], owner: User) -> None:
    factories.persona(owner, name="他人の秘書")
    team = {"app_label": "personas", "model_name": "personateam", "field_name": "members", "term": ""}
    found = signed_in(staff("member")).get("/admin/autocomplete/", team).json()
    assert found["results"] == []


def test_history_can_be_neither_added_nor_changed_nor_deleted(full_house: None, admin: Client) -> None:
    kept = 0
    for model, page in SITE._registry.items():
        if not isinstance(page, ReadOnlyAdmin):
            continue
        kept += 1
        first = model._default_manager.first()
        assert admin.post(address(model, "add")).status_code == 403, model
        assert admin.post(address(model, "change", first.pk)).status_code == 403, model
        assert admin.post(address(model, "delete", first.pk), {"post": "yes"}).status_code == 403, model
        bulk = {"action": "delete_selected", "_selected_action": [str(first.pk)], "post": "yes"}
        admin.post(address(model, "changelist"), bulk)
        assert model._default_manager.filter(pk=first.pk).exists(), model
    assert kept > 15


def test_many_are_not_deleted_at_once_behind_the_commands_back(administrator: User, admin: Client) -> None:
    workflow = factories.draft_workflow(administrator)
    bulk = {"action": "delete_selected", "_selected_action": [str(workflow.pk)], "post": "yes"}
    admin.post(address(Workflow, "changelist"), bulk)
    assert Workflow.objects.filter(pk=workflow.pk).exists()
    assert "delete_selected" not in html(admin, address(Workflow, "changelist"))


@pytest.mark.security("S15")
def test_no_secret_is_shown(administrator: User, admin: Client) -> None:
    administrator.set_password("canary-password-4711")
    administrator.save()
    admin.force_login(administrator)
    token_pair_create(administrator)
    socket_ticket_create(administrator, credential="session:canary")
    family, secret = TokenFamily.objects.first(), OneTimeSecret.objects.first()
    secrets = [administrator.password, family.refresh_id, secret.digest, secret.credential]
    shown = "".join(
        html(admin, where)
        for row in (administrator, family, secret)
        for where in (address(type(row), "changelist"), address(type(row), "change", row.pk))
    )
    assert [each for each in secrets if each in shown] == []


def test_a_foreign_host_does_not_get_in(admin: Client) -> None:
    assert admin.get("/admin/", headers={"host": "evil.example"}).status_code == 400
    policy = admin.get("/admin/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_the_index_of_search_and_the_events_are_for_administrators(staff: Callable[..., User]) -> None:
    client = signed_in(staff("manager"))
    for model in (Event, Passage):
        assert client.get(address(model, "changelist")).status_code == 403
    assert client.get(address(AuditEntry, "changelist")).status_code == 200
