"""What holds on every page: who may see it, what it may load, how many questions it asks."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.counting import queries
from tests.pages import assert_inert, html, signed_in
from tests.workflows import pages

PLACES = (
    "home",
    "delegate",
    "workflows",
    "approvals",
    "projects",
    "personas",
    "knowledge",
    "settings",
    "ai-models",
    "notifications",
    "search",
)
FORMS = ("project-new", "persona-new", "team-new", "vault-new", "source-new")
OBJECTS = ("workflow", "task", "plan", "approval", "project", "persona", "team", "vault", "note", "source")
ACTS = (
    ("workflow-act", "cancel"), ("workflow-act", "pause"), ("workflow-delete",), ("task-act", "retry"), ("plan-decision",),
    ("project-delete",), ("persona-delete",), ("team-delete",), ("vault-remove",), ("vault-sync-now",), ("source-delete",),
    ("notification-open",),
)  # fmt: skip


@pytest.fixture
def rows(owner):
    """One of each thing, by the name of its page."""
    team = factories.team(owner)
    plan = factories.plan(owner, of=team)
    workflow = pages.finished(owner)
    return {
        "workflow": workflow, "task": workflow.tasks.get(), "plan": plan, "approval": plan.requests.get(),
        "project": pages.project(owner), "persona": team.members.first(), "team": team,
    }  # fmt: skip


@pytest.mark.parametrize("name", PLACES + FORMS)
def test_who_is_not_signed_in_is_shown_how(db, name):
    answer = Client().get(reverse(name), follow=True)
    assert answer.redirect_chain[0][0] == f"/sign-in/?next={reverse(name)}"
    assert "python manage.py signin" in answer.content.decode()
    assert "data-streams" not in answer.content.decode()


@pytest.mark.parametrize("name", PLACES + FORMS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_places_are_shown_in_both_languages(owner, name, language):
    page = html(signed_in(owner, language), reverse(name))
    assert f'<html lang="{language}">' in page
    assert_inert(page)


def test_every_page_has_one_heading_and_one_main(owner, rows):
    client = signed_in(owner)
    addresses = [reverse(name) for name in PLACES + FORMS]
    addresses += [
        reverse(name, args=[row.pk]) for name, row in rows.items() if name not in ("task", "approval")
    ]
    for address in addresses:
        page = html(client, address)
        assert page.count("<h1") == 1, address
        assert page.count("<main") == 1, address
        assert_inert(page)


@pytest.mark.parametrize("name", OBJECTS)
def test_strangers_and_liars_get_404(owner, stranger, rows, name):
    assert signed_in(stranger).get(reverse(name, args=[uuid4()])).status_code == 404
    if name in rows:
        page = html(signed_in(stranger), reverse(name, args=[rows[name].pk]), 404)
        assert "見つからないか、見る権限がありません。" in page
        assert str(rows[name]) not in page


@pytest.mark.parametrize("act", ACTS)
def test_strangers_change_nothing(owner, stranger, rows, act):
    name, *rest = act
    row = rows.get(name.partition("-")[0])
    address = reverse(name, args=[row.pk if row else uuid4(), *rest])
    assert signed_in(stranger).post(address).status_code == 404
    assert signed_in(owner).get(address).status_code == 405
    assert Client().post(address).url.startswith("/sign-in/")


def test_a_forged_form_is_refused_in_the_look(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post(reverse("delegate"), {"requirement": "x"})
    assert answer.status_code == 403
    assert "<html" in answer.content.decode()


def test_pages_are_kept_by_nobody_else_and_loaded_from_here_alone(owner):
    answer = signed_in(owner).get(reverse("home"))
    assert "private" in answer["Cache-Control"]
    assert "'unsafe" not in answer["Content-Security-Policy"]


def test_the_frame_counts_what_waits(owner):
    factories.plan(owner)
    factories.plan(owner)
    client = signed_in(owner)
    page = html(client, reverse("home"))
    assert page.count('<span class="count">2</span>') == 4  # header, bell, sidebar, the phone's bar
    pieces = html(client, reverse("frame"), fragment="tools,side,below", at="/workflows/?q=1")
    assert pieces.count("data-fragment=") == 3
    assert 'name="next" value="/workflows/?q=1"' in pieces
    assert 'href="/workflows/" aria-current="page"' in pieces


def test_pages_ask_no_more_for_60_rows_than_for_5(owner):
    client, team = signed_in(owner), factories.team(owner)

    def fill(first: int, last: int) -> None:
        for number in range(first, last):
            pages.finished(owner, title=f"調査 {number}")
            pages.running(owner, title=f"調査 動き {number}", persona=team.members.first())
            factories.plan(owner)
            pages.project(owner, f"計画 {number}")
            factories.persona(owner, name=f"秘書 {number}")

    def asked() -> dict[str, int]:
        addresses = [reverse(name) + ("?q=調査" if name == "search" else "") for name in PLACES]
        return {address: queries(client, address) for address in addresses}

    fill(0, 5)
    asked()
    few = asked()
    fill(5, 60)
    many = asked()
    assert {address: number for address, number in many.items() if number > few[address]} == {}


def test_the_error_page_needs_nothing_that_may_be_broken(rf, settings):
    from foundation.core.views import server_error

    page = server_error(rf.get("/")).content.decode()  # a request without session, user or database
    assert_inert(page)
    assert "data-streams" not in page


def test_notifications_lead_to_what_they_are_about(owner):
    plan = factories.plan(owner)
    client = signed_in(owner)
    note = owner.notifications.get()
    answer = client.post(reverse("notification-open", args=[note.pk]))
    assert (answer.status_code, answer.url) == (303, reverse("approval", args=[plan.requests.get().pk]))
    note.refresh_from_db()
    assert note.read_at
    factories.plan(owner)
    assert client.post(reverse("notifications-read")).status_code == 303
    assert not owner.notifications.filter(read_at=None).exists()


def test_the_language_of_the_platform_is_japanese():
    assert settings.LANGUAGE_CODE == "ja"
