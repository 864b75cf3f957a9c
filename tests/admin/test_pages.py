"""Every model has its pages; they answer, obey the content security policy, and cost the same however many rows there are."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from guardian.models.models import BaseObjectPermission

from ai_integration.models import CallRecord
from config.api import ROOMS
from foundation.accounts.admin import Sharing
from foundation.accounts.models import User
from foundation.activity.services import record
from foundation.core.actors import SYSTEM
from foundation.core.admin import PlatformAdmin
from tests import factories
from tests.admin.conftest import address
from tests.counting import queries
from tests.pages import Faults, html, signed_in
from workflows.models import Task

pytestmark = pytest.mark.django_db
SITE = django_admin.site
OWN_SCRIPTS = {"<script src=/admin/jsi18n/>"}


def test_every_model_is_registered() -> None:
    """Those of guardian's rows are shown on the pages of the things they are about."""
    rooms = {app.partition(".")[0] for app in ROOMS}
    missing = [
        model.__name__
        for model in apps.get_models()
        if model.__module__.partition(".")[0] in rooms
        and not issubclass(model, BaseObjectPermission)
        and model not in SITE._registry
    ]
    assert missing == []
    assert all(isinstance(each, PlatformAdmin) for each in SITE._registry.values())


def test_every_page_answers_and_obeys_the_policy(
    full_house: None, administrator: User, admin: Client
) -> None:
    faults = {}
    for model, page in SITE._registry.items():
        first = page.get_queryset(asked_by(administrator)).first()
        assert first is not None, f"there is no {model.__name__} to look at"
        for where in pages(page, first, asked_by(administrator)):
            if found := set(Faults(html(admin, where)).found) - OWN_SCRIPTS:
                faults[where] = found
    assert faults == {}


def pages(page: PlatformAdmin, first: Model, request: HttpRequest) -> list[str]:
    model = page.model
    found = [address(model, name, first.pk) for name in ("change", "history")]
    found += [address(model, "changelist"), f"{address(model, 'changelist')}?q=a"]
    if page.has_add_permission(request):
        found.append(address(model, "add"))
    if page.has_delete_permission(request):
        found.append(address(model, "delete", first.pk))
    if isinstance(page, Sharing):
        found.append(address(model, "permissions", first.pk))
        found.append(address(model, "permissions_manage_user", first.pk, request.user.pk))
    return found


def asked_by(user: User) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def test_it_speaks_both_languages(administrator: User) -> None:
    assert "Administration" in html(signed_in(administrator, "en"), "/admin/")
    assert "ログアウト" in html(signed_in(administrator, "ja"), "/admin/")


def _personas(owner: User, count: int) -> None:
    for number in range(count):
        factories.persona(owner, name=f"persona {count} {number}")


def _workflows(owner: User, count: int) -> None:
    for number in range(count):
        factories.draft_workflow(owner, f"requirement {count} {number}")


def _tasks(owner: User, count: int) -> None:
    workflow = factories.draft_workflow(owner)
    who = factories.persona(owner, name=f"worker {count}")
    Task.objects.bulk_create(
        Task(workflow=workflow, persona=who, key=f"t{n}", title="t", position=n) for n in range(count)
    )


def _calls(owner: User, count: int) -> None:
    CallRecord.objects.bulk_create(
        CallRecord(key=f"{count}:{n}", owner=owner, job="work") for n in range(count)
    )


def _plans(owner: User, count: int) -> None:
    for _ in range(count):
        factories.plan(owner)


def _audit(owner: User, count: int) -> None:
    for _ in range(count):
        record(SYSTEM, "test.happened", owner, notify=[owner], title="t")


@pytest.mark.parametrize(
    ("made", "where"),
    [
        (_personas, "personas_persona"),
        (_workflows, "workflows_workflow"),
        (_workflows, "workflows_run"),
        (_tasks, "workflows_task"),
        (_calls, "ai_integration_callrecord"),
        (_plans, "plans_plan"),
        (_plans, "plans_planversion"),
        (_plans, "plans_approvalrequest"),
        (_audit, "activity_auditentry"),
        (_audit, "activity_notification"),
        (_audit, "activity_event"),
    ],
)
def test_lists_cost_the_same_however_long(
    administrator: User, admin: Client, made: Callable[[User, int], None], where: str
) -> None:
    listed = reverse(f"admin:{where}_changelist")
    made(administrator, 5)
    queries(admin, listed)
    few = queries(admin, listed)
    made(administrator, 60)
    assert queries(admin, listed) == few
