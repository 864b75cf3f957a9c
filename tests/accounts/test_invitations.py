"""Invitations, from the side of whoever invites, of whoever is invited, and of whoever finds the link."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from config import env
from foundation.accounts import services
from foundation.accounts.models import Invitation, Role, User
from foundation.activity.models import AuditEntry, Notification
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError
from tests.post_office import PostOffice

pytestmark = pytest.mark.usefixtures("a_team")

type Api = Callable[[Any], APIClient]
INVITATIONS, JOIN = "/api/v1/invitations/", "/api/v1/auth/join/"
CHOSEN = {"username": "hanako", "password": "a long enough Passw0rd", "display_name": "花子"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def secret(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def invited(api: Api, by: User, role: str = "member", **fields: str) -> str:
    answer = api(by).post(INVITATIONS, {"role": role} | fields)
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    return secret(answer.json()["link"])


def join(token: str, **fields: str) -> Any:
    return APIClient().post(JOIN, CHOSEN | {"token": token} | fields)


def test_an_invitation_lets_one_person_in_with_its_role(api: Api, owner: User) -> None:
    token = invited(api, owner, "viewer")
    assert token not in str(list(Invitation.objects.values()))
    answer = join(token)
    assert answer.status_code == 201
    client = APIClient(headers={"Authorization": f"Bearer {answer.json()['access']}"})
    me = client.get("/api/v1/auth/me/").json()
    assert (me["username"], me["display_name"], me["roles"]) == ("hanako", "花子", ["viewer"])
    assert AuditEntry.objects.filter(action="invitation.accepted").exists()
    assert Notification.objects.get(user=owner).title == "花子"


def test_it_opens_once(api: Api, owner: User) -> None:
    token = invited(api, owner)
    assert join(token).status_code == 201
    assert code(join(token, username="taro")) == (401, "link_closed")


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_gets_in(api: Api, owner: User) -> None:
    token = invited(api, owner)

    def one(number: int) -> bool:
        try:
            services.invitation_accept(token, username=f"person{number}", password=CHOSEN["password"])
        except DomainError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(8))) == 1
    assert User.objects.filter(username__startswith="person").count() == 1


def test_a_weak_password_or_a_taken_name_does_not_use_it_up(api: Api, owner: User) -> None:
    token = invited(api, owner)
    for wrong in (
        {"password": "12345678901"},
        {"password": "hanako12"},
        {"username": "owner"},
        {"username": "a b"},
    ):
        answer = join(token, **wrong)
        assert code(answer) == (422, "invalid"), wrong
        assert answer.json()["error"]["details"].keys() == wrong.keys()
    assert join(token).status_code == 201


@pytest.mark.parametrize("token", ["", "x", "x" * 201, "x" * 43, "\u3042"])
def test_an_invented_link_opens_nothing(db: None, token: str) -> None:
    assert join(token).status_code in (401, 422)
    assert not User.objects.exists()


def test_it_ends_by_itself_and_can_be_withdrawn(api: Api, owner: User) -> None:
    late, withdrawn, renewed = (invited(api, owner) for _ in range(3))
    first, second, third = Invitation.objects.order_by("created_at")
    Invitation.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api(owner).delete(f"{INVITATIONS}{second.pk}/").status_code == 204
    link = api(owner).post(f"{INVITATIONS}{third.pk}/link/").json()["link"]
    for closed in (late, withdrawn, renewed):
        assert code(join(closed)) == (401, "link_closed")
    assert api(owner).delete(f"{INVITATIONS}{second.pk}/").status_code == 409
    assert api(owner).post(f"{INVITATIONS}{second.pk}/link/").status_code == 409
    assert join(secret(link)).status_code == 201


def test_who_may_invite(api: Api, owner: User, stranger: User, teammate: User) -> None:
    invited(api, owner)
    pk = Invitation.objects.get().pk
    for other in (stranger, teammate):
        assert api(other).get(INVITATIONS).json()["results"] == []
        assert api(other).post(INVITATIONS, {"role": "viewer"}).status_code in (403, 422)
        assert code(api(other).delete(f"{INVITATIONS}{pk}/")) == (404, "not_found")
        assert code(api(other).post(f"{INVITATIONS}{pk}/link/")) == (404, "not_found")
    assert APIClient().post(INVITATIONS, {"role": "viewer"}).status_code == 401
    assert Invitation.objects.count() == 1


def test_nobody_invites_to_more_than_they_hold(api: Api, owner: User) -> None:
    manager = User.objects.create_user("manager")
    manager.groups.add(Role.objects.get(name="manager").group)
    assert code(api(manager).post(INVITATIONS, {"role": "owner"})) == (422, "invalid")
    with pytest.raises(DomainError):
        services.invitation_create(manager, role=Role.objects.get(name="owner"))
    assert join(invited(api, manager, "viewer")).status_code == 201


@pytest.mark.parametrize("after", ["disabled", "demoted", "the role grew"])
def test_what_the_inviter_lost_meanwhile_their_link_gives_no_more(api: Api, owner: User, after: str) -> None:
    manager = User.objects.create_user("manager")
    manager.groups.add(Role.objects.get(name="manager").group)
    token = invited(api, manager, "member")
    if after == "disabled":
        User.objects.filter(pk=manager.pk).update(is_active=False)
    elif after == "demoted":
        manager.groups.clear()
    else:
        role = Role.objects.get(name="member")
        services.role_update(SYSTEM, role, codes=[*role.codes, "role:grant"])
    assert code(join(token)) == (401, "link_closed")


def test_unknown_fields_and_roles_are_refused(api: Api, owner: User) -> None:
    for body in (
        {},
        {"role": "king"},
        {"role": "viewer", "email": "x"},
        {"role": "viewer", "is_superuser": True},
    ):
        assert code(api(owner).post(INVITATIONS, body)) == (422, "invalid"), body
    answer = APIClient().post(JOIN, CHOSEN | {"token": invited(api, owner), "is_superuser": True})
    assert code(answer) == (422, "invalid")


def test_one_person_on_one_pc_is_asked_to_switch_first(api: Api, owner: User, settings: Any) -> None:
    token = invited(api, owner)
    settings.SIGN_IN = "link"
    assert code(api(owner).post(INVITATIONS, {"role": "viewer"})) == (409, "switch_sign_in_first")
    assert code(join(token)) == (409, "switch_sign_in_first")
    answer = api(owner).post("/api/v1/users/", CHOSEN)
    assert code(answer) == (409, "switch_sign_in_first")
    assert "SIGN_IN=password" in answer.json()["error"]["message"]
    assert not User.objects.filter(username="hanako").exists()


@pytest.fixture
def post(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[PostOffice], None]:
    """Send mail to this office from now on, as the environment would say."""

    def through(office: PostOffice) -> None:
        monkeypatch.setenv("EMAIL_URL", office.url)
        monkeypatch.setenv("EMAIL_FROM", "hisho@example.jp")
        settings.PUBLIC_URL = "https://hisho.example.jp"
        settings.EMAIL_ON, settings.MAILERS, settings.DEFAULT_FROM_EMAIL = env.mail(settings.PUBLIC_URL)

    return through


def test_where_mail_is_set_up_the_link_is_mailed_and_nobody_else_sees_it(
    api: Api, owner: User, post: Callable[[PostOffice], None]
) -> None:
    with PostOffice() as office:
        post(office)
        answer = api(owner).post(INVITATIONS, {"role": "viewer", "email": "hanako@example.jp"})
        assert (answer.json()["link"], answer.json()["delivery"]) == ("", "waiting")
        services.invitation_send(answer.json()["id"])
        services.invitation_send(answer.json()["id"])  # a message that the queue delivers twice
    assert [mail["To"] for mail in office.mails] == ["hanako@example.jp"]
    link = next(
        word for word in office.text().split() if word.startswith("https://hisho.example.jp/invitation/")
    )
    assert Invitation.objects.get().delivery == "sent"
    assert join(secret(link)).status_code == 201
    assert User.objects.get(username="hanako").email == "hanako@example.jp"


def test_a_mail_that_nobody_takes_is_seen(api: Api, owner: User, post: Callable[[PostOffice], None]) -> None:
    with PostOffice(refusing=True) as office:
        post(office)
        made = api(owner).post(INVITATIONS, {"role": "viewer", "email": "hanako@example.jp"}).json()
        with pytest.raises(OSError, match="nobody of this name"):
            services.invitation_send(made["id"])
    assert api(owner).get(f"{INVITATIONS}{made['id']}/").json()["delivery"] == "failed"
    link = api(owner).post(f"{INVITATIONS}{made['id']}/link/").json()["link"]
    assert join(secret(link)).status_code == 201
