"""設定 › 人, › トークン, › パスワード, and the pages of whoever arrives."""

import re
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from foundation.accounts import services
from foundation.accounts.models import Invitation, PersonalToken, Role, User
from tests.accounts.test_invitations import post  # noqa: F401 - a fixture
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.post_office import PostOffice

pytestmark = pytest.mark.usefixtures("a_team")

PEOPLE, TOKENS = "/settings/people/", "/settings/tokens/"
PASSWORD = "a long enough Passw0rd"


@pytest.fixture
def chief(owner: User) -> Client:
    return signed_in(owner, "en")


def shown_once(page: str) -> str:
    return re.search(r'readonly value="([^"]+)"', page)[1]


def link_from(page: str) -> str:
    return shown_once(page).partition("testserver")[2]


def test_inviting_and_joining_by_hand(chief: Client, owner: User) -> None:
    answer = chief.post(PEOPLE, {"role": "viewer", "email": ""})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    assert_inert(page)
    link = link_from(page)
    assert link not in html(chief, PEOPLE)
    guest = Client(headers={"accept-language": "en"})
    assert_shown(html(guest, link), f"{owner} invites you")
    weak = guest.post(link, {"username": "hanako", "password": "hanako", "display_name": ""})
    assert weak.status_code == 422
    assert "too short" in weak.content.decode()
    joined = guest.post(link, {"username": "hanako", "password": PASSWORD, "display_name": "花子"})
    assert (joined.status_code, joined["Location"]) == (303, "/")
    assert_shown(html(guest, "/settings/"), "花子")
    assert guest.cookies["hisho_known"]["httponly"]
    again = Client().get(link)
    assert again.status_code == 410
    assert User.objects.get(username="hanako").groups.get().role.name == "viewer"
    assert_shown(html(chief, PEOPLE), "花子")


def test_an_invitation_is_renewed_and_withdrawn(chief: Client) -> None:
    first = link_from(chief.post(PEOPLE, {"role": "member", "email": "hanako@example.jp"}).content.decode())
    invitation = Invitation.objects.get()
    assert_shown(html(chief, PEOPLE), "hanako@example.jp")
    second = link_from(chief.post(f"{PEOPLE}invitations/{invitation.pk}/link/").content.decode())
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200
    assert chief.post(f"{PEOPLE}invitations/{invitation.pk}/revoke/").status_code == 303
    assert Client().get(second).status_code == 410


def test_by_mail_no_link_is_shown(chief: Client, post: Any) -> None:  # noqa: F811
    with PostOffice() as office:
        post(office)
        answer = chief.post(PEOPLE, {"role": "viewer", "email": "hanako@example.jp"}, follow=True)
    page = answer.content.decode()
    assert "readonly" not in page
    assert_shown(page, "on its way to hanako@example.jp")


@pytest.mark.parametrize("given", [{"role": "king"}, {"role": ""}, {"role": "viewer", "email": "x"}])
def test_a_bad_invitation_says_so(chief: Client, given: dict[str, str]) -> None:
    answer = chief.post(PEOPLE, given)
    assert answer.status_code == 422
    assert "errors" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_who_sees_the_page(chief: Client, stranger: User, teammate: User) -> None:
    assert chief.get(PEOPLE).status_code == 200
    assert "People" in html(chief, "/settings/")
    for other in (stranger, teammate):
        client = signed_in(other, "en")
        assert client.get(PEOPLE).status_code == 403
        assert client.post(PEOPLE, {"role": "viewer"}).status_code == 403
        assert PEOPLE not in html(client, "/settings/")
    assert Client().get(PEOPLE).status_code == 302


def test_roles_are_given_and_taken(chief: Client, stranger: User) -> None:
    viewer, member = (Role.objects.get(name=name) for name in ("viewer", "member"))
    where = f"{PEOPLE}{stranger.pk}/roles/"
    assert chief.post(where, {"roles": [str(viewer.pk)]}).status_code == 303
    assert [group.role for group in stranger.groups.all()] == [viewer]
    chief.post(where, {"roles": [str(viewer.pk), str(member.pk), "nonsense", "x" * 36]})
    assert {group.role for group in stranger.groups.all()} == {viewer, member}


def test_somebody_is_disabled_and_let_in_again(chief: Client, stranger: User) -> None:
    theirs = signed_in(stranger)
    assert chief.post(f"{PEOPLE}{stranger.pk}/disable/").status_code == 303
    assert theirs.get("/").status_code == 302
    assert "disabled" in html(chief, PEOPLE)
    chief.post(f"{PEOPLE}{stranger.pk}/enable/")
    assert User.objects.get(pk=stranger.pk).is_active


def test_nobody_disables_themselves_or_somebody_stronger(owner: User, chief: Client) -> None:
    chief.post(f"{PEOPLE}{owner.pk}/disable/")
    manager = User.objects.create_user("manager")
    manager.groups.add(Role.objects.get(name="manager").group)
    client = signed_in(manager, "en")
    page = html(client, PEOPLE)
    assert f"{owner.pk}/disable/" not in page
    for action in ("disable", "roles", "password-link"):
        client.post(f"{PEOPLE}{owner.pk}/{action}/", {"roles": []})
    owner.refresh_from_db()
    assert owner.is_active
    assert owner.groups.exists()


def test_a_link_to_a_new_password_is_handed_over(chief: Client, stranger: User) -> None:
    answer = chief.post(f"{PEOPLE}{stranger.pk}/password-link/")
    link = link_from(answer.content.decode())
    guest = Client(headers={"accept-language": "en"})
    assert_inert(html(guest, link))
    assert guest.post(link, {"password": "12345678"}).status_code == 422
    assert guest.post(link, {"password": PASSWORD}).status_code == 303
    assert guest.post(link, {"password": PASSWORD}).status_code == 410
    assert guest.post("/sign-in/", {"username": "stranger", "password": PASSWORD}).status_code == 303


def test_a_lost_password_by_mail(owner: User, post: Any, celery_now: list[str]) -> None:  # noqa: F811
    User.objects.filter(pk=owner.pk).update(email="owner@example.jp")
    guest = Client(headers={"accept-language": "en"})
    assert guest.get("/password/ask/").status_code == 404
    with PostOffice() as office:
        post(office)
        assert "/password/ask/" in html(guest, "/sign-in/")
        pages = [
            guest.post("/password/ask/", {"email": each}).content.decode()
            for each in ("owner@example.jp", "x@y.jp")
        ]
    strip = re.compile(r'value="\w{64}"')
    assert strip.sub("", pages[0]) == strip.sub("", pages[1])
    assert len(office.mails) == 1
    assert guest.post("/password/ask/", {"email": "nonsense"}).status_code == 422


def test_search_finds_people(chief: Client, stranger: User) -> None:
    page = html(chief, PEOPLE, 200, q="strang")
    assert f"p-{stranger.pk}" in page
    assert "Nobody matches" in html(chief, PEOPLE, 200, q="zzz")


def test_many_people_come_in_pages_with_the_same_number_of_queries(
    chief: Client, django_assert_max_num_queries: Any
) -> None:
    User.objects.bulk_create(User(username=f"person{number:03}", password="!") for number in range(70))
    with django_assert_max_num_queries(25):
        page = html(chief, PEOPLE)
    assert page.count('id="p-') == 30
    older = re.search(r'href="([^"]+)" rel="next"', page)[1].replace("&amp;", "&")
    assert html(chief, PEOPLE + older).count('id="p-') == 30


def test_hostile_names_are_text(chief: Client, stranger: User) -> None:
    User.objects.filter(pk=stranger.pk).update(display_name=HOSTILE[:100], email="x@example.jp")
    Invitation.objects.create(
        role=Role.objects.first(),
        digest="0",
        email="a@b.jp",
        expires_at=stranger.date_joined.replace(year=2099),
    )
    page = html(chief, PEOPLE)
    assert_inert(page)
    assert_shown(page, HOSTILE[:100])


def test_one_person_is_told_how_to_become_a_team(commander: User, settings: Any) -> None:
    settings.SIGN_IN = "link"
    page = html(signed_in(commander, "en"), PEOPLE)
    assert_shown(page, "start it with SIGN_IN=password")
    assert 'name="role"' not in page


@pytest.fixture
def commander(db: None, settings: Any) -> User:
    settings.SIGN_IN = "link"
    return services.local_user()


def test_a_token_is_made_shown_once_used_and_revoked(chief: Client) -> None:
    assert_shown(html(chief, TOKENS), "You have no token yet.")
    answer = chief.post(TOKENS, {"name": "weekly <b>report</b>", "scopes": ["read"], "days": "7"})
    page = answer.content.decode()
    assert_inert(page)
    token = shown_once(page)
    assert token not in html(chief, TOKENS)
    assert_shown(html(chief, TOKENS), "weekly <b>report</b>")
    script = APIClient(headers={"Authorization": f"Bearer {token}"})
    assert script.get("/api/v1/personas/").status_code == 200
    assert chief.post(f"{TOKENS}{PersonalToken.objects.get().pk}/revoke/").status_code == 303
    assert script.get("/api/v1/personas/").status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        {"name": "", "scopes": ["read"], "days": "7"},
        {"name": "x", "days": "7"},
        {"name": "x", "scopes": ["everything"], "days": "7"},
        {"name": "x", "scopes": ["read"], "days": "8"},
        {"name": "x", "codes": ["nothing:known"], "days": "7"},
    ],
)
def test_a_bad_token_form_says_so(chief: Client, given: dict[str, Any]) -> None:
    answer = chief.post(TOKENS, given)
    assert answer.status_code == 422
    assert not PersonalToken.objects.exists()


def test_one_token_page_does_not_reach_anothers(chief: Client, stranger: User) -> None:
    row, _raw = services.personal_token_create(stranger, name="theirs", scopes=["read"], days=1)
    assert "theirs" not in html(chief, TOKENS)
    assert chief.post(f"{TOKENS}{row.pk}/revoke/").status_code == 404


def test_changing_ones_password_keeps_this_browser_and_ends_the_others(owner: User) -> None:
    owner.set_password(PASSWORD)
    owner.save()
    here, there = signed_in(owner, "en"), signed_in(owner, "en")
    wrong = here.post(
        "/settings/password/", {"current_password": "wrong", "password": "another long Passw0rd"}
    )
    assert wrong.status_code == 422
    assert "not your present password" in wrong.content.decode()
    right = here.post(
        "/settings/password/", {"current_password": PASSWORD, "password": "another long Passw0rd"}
    )
    assert right.status_code == 303
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 302


def test_whoever_has_no_password_has_none_to_change(chief: Client) -> None:
    assert chief.get("/settings/password/").status_code == 404
    assert "/settings/password/" not in html(chief, "/settings/")


def test_pages_count_towards_the_same_limits_as_the_api(chief: Client, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"persona_create": 2, "search": 1}
    made = [
        chief.post("/personas/new/", {"name": f"n{number}", "role": "x"}).status_code for number in range(3)
    ]
    assert made[2] == 429
    assert 429 not in made[:2]
    found = [chief.get("/search/", {"q": "x"}) for _ in range(2)]
    assert [each.status_code for each in found] == [200, 429]
    assert int(found[1]["Retry-After"]) > 0
    assert chief.get("/").status_code == 200


def test_the_arriving_pages_speak_both_languages(chief: Client) -> None:
    link = link_from(chief.post(PEOPLE, {"role": "viewer", "email": ""}).content.decode())
    assert 'lang="ja"' in html(Client(headers={"accept-language": "ja"}), link)
    assert "ようこそ" in html(Client(headers={"accept-language": "ja"}), link)
