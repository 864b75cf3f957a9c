"""The page of sharing, and the pages of people's teams."""

import pytest
from django.urls import reverse

from foundation.accounts.models import Team
from foundation.accounts.services import access_grant
from foundation.core.actors import SYSTEM
from foundation.core.permissions import may
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.sharing.test_levels import KINDS
from workflows.contexts.sharing import KINDS as PAGES


def at(kind: str, obj, page: str = "sharing") -> str:
    return reverse(page, args=[kind, obj.pk])


@pytest.mark.parametrize("kind", KINDS)
def test_each_things_page_leads_to_it(things, owner, kind) -> None:
    client, obj = signed_in(owner, "en"), things[kind]
    page = PAGES[kind][1]
    own = html(client, reverse(page, args=[obj.pk]) if page else reverse("ai-models"))
    assert at(kind, obj) in own
    shown = html(client, at(kind, obj))
    assert_inert(shown)
    assert_shown(shown, "Who can see this, and why")
    assert_shown(shown, "It belongs to them.")


def test_share_and_withdraw(things, owner, colleague) -> None:
    client, obj = signed_in(owner, "en"), things["project"]
    done = client.post(at("project", obj), {"username": "colleague", "level": "operate"}, follow=True)
    page = done.content.decode()
    assert_shown(page, "Shared with them in person: may work with it.")
    assert may(colleague, "operate", things["workflow"])
    told = html(client, at("plan", things["plan"]))
    assert_shown(told, f"Through “{things['workflow']}”: may work with it.")
    assert_shown(told, "There: Through “Project”: may work with it.")
    given = {"kind": "user", "id": str(colleague.pk)}
    assert client.post(at("project", obj, "sharing-withdraw"), given).status_code == 303
    assert not may(colleague, "view", things["workflow"])


def test_roles_and_teams_are_offered(things, owner, people) -> None:
    client = signed_in(owner, "ja")
    page = html(client, at("project", things["project"]))
    for words in ("ロール", "営業部", "viewer", "approver"):
        assert_shown(page, words)
    posted = {"group": f"team:{people.pk}", "level": "view"}
    assert client.post(at("project", things["project"]), posted).status_code == 303
    assert_shown(html(client, at("project", things["project"])), "チーム「営業部」と共有されています")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"level": "view"},
        {"username": "nobody", "level": "view"},
        {"username": "owner", "level": "view"},
        {"username": "colleague", "level": "all"},
        {"username": "colleague", "group": "team:x", "level": "view"},
        {"group": "role:00000000-0000-4000-8000-000000000000", "level": "view"},
        {"username": HOSTILE, "level": "view"},
    ],
)
def test_a_wrong_form_says_so_and_shares_nothing(things, owner, colleague, given) -> None:
    answer = signed_in(owner, "en").post(at("vault", things["vault"]), given)
    assert answer.status_code == (422 if given else 200)
    assert_inert(answer.content.decode())
    assert not may(colleague, "view", things["vault"])


def test_others_are_told_only_why_they_see_it(things, owner, colleague, stranger) -> None:
    access_grant(SYSTEM, things["workflow"], to=colleague, level="operate")
    access_grant(SYSTEM, things["workflow"], to=stranger, level="view")
    page = html(signed_in(colleague, "en"), at("workflow", things["workflow"]))
    assert_shown(page, "Why you can see this")
    assert "Stranger" not in page
    assert "Share it" not in page
    own = {"kind": "user", "id": str(colleague.pk)}
    left = signed_in(colleague).post(at("workflow", things["workflow"], "sharing-withdraw"), own)
    assert left.headers["Location"] == "/"
    assert not may(colleague, "view", things["workflow"])


def test_an_unknown_kind_is_an_unknown_address(things, owner) -> None:
    pk = things["project"].pk
    for kind in ("user", "auditentry", "x"):
        assert signed_in(owner).get(reverse("sharing", args=[kind, pk])).status_code == 404


def test_teams_of_people(owner, colleague, stranger, teammate) -> None:
    client = signed_in(colleague, "en")
    wrong = client.post(reverse("people-team-new"), {"name": HOSTILE, "members": "nobody at all"})
    assert wrong.status_code == 422
    assert_inert(wrong.content.decode())
    client.post(reverse("people-team-new"), {"name": "Sales", "members": "stranger\ncolleague"})
    team = Team.objects.get()
    assert {each.username for each in team.group.user_set.all()} == {"stranger", "colleague"}
    assert_shown(html(signed_in(stranger, "en"), reverse("people-teams")), "Sales")
    assert_shown(html(signed_in(stranger, "en"), reverse("people-team", args=[team.pk])), "Leave")
    signed_in(stranger).post(reverse("people-team-act", args=[team.pk, "leave"]))
    assert "Sales" not in html(signed_in(stranger, "en"), reverse("people-teams"))
    assert signed_in(teammate).get(reverse("people-team-new")).status_code == 403
    client.post(reverse("people-team-act", args=[team.pk, "delete"]))
    assert not Team.objects.exists()
