"""`…/{id}/shares/` and `…/{id}/access/` over HTTP."""

from uuid import uuid4

import pytest

from foundation.accounts.models import Role
from foundation.activity.models import AuditEntry, Event, Notification
from tests.sharing.test_levels import KINDS

PLACES = {"personateam": "persona-teams"}


def at(kind: str, obj, rest: str = "shares/") -> str:
    return f"/api/v1/{PLACES.get(kind, f'{kind}s')}/{obj.pk}/{rest}"


@pytest.mark.parametrize("kind", KINDS)
def test_share_see_change_withdraw(things, owner, colleague, api, kind) -> None:
    obj, client = things[kind], api(owner)
    given = client.post(at(kind, obj), {"user": str(colleague.pk), "level": "comment"})
    row = {"kind": "user", "id": str(colleague.pk), "name": "colleague", "level": "comment"}
    assert (given.status_code, given.json()) == (200, row)
    assert api(colleague).get(at(kind, obj, "")).status_code == 200
    client.post(at(kind, obj), {"username": "colleague", "level": "operate"})
    assert client.get(at(kind, obj)).json() == {"results": [row | {"level": "operate"}]}
    assert client.delete(f"{at(kind, obj)}?user={colleague.pk}").status_code == 204
    assert client.get(at(kind, obj)).json() == {"results": []}
    assert api(colleague).get(at(kind, obj, "")).status_code == 404
    told = AuditEntry.objects.filter(action="access.changed", object_id=str(obj.pk)).order_by("at")
    assert [(each.data["from"], each.data["to"]) for each in told] == [
        ("none", "comment"), ("comment", "operate"), ("operate", "none"),
    ]  # fmt: skip
    assert {each.actor for each in told} == {owner}


@pytest.mark.parametrize("kind", KINDS)
def test_who_may_not_manage_does_not_share(things, owner, colleague, stranger, api, kind) -> None:
    obj, body = things[kind], {"username": "stranger", "level": "view"}
    withdrawn = f"{at(kind, obj)}?username=owner"
    for client, status in ((api(None), 401), (api(stranger), 404)):
        assert client.get(at(kind, obj)).status_code == status
        assert client.post(at(kind, obj), body).status_code == status
        assert client.delete(withdrawn).status_code == status
        assert client.get(at(kind, obj, "access/")).status_code == status
    api(owner).post(at(kind, obj), {"username": "colleague", "level": "operate"})
    client = api(colleague)
    assert client.get(at(kind, obj)).status_code == 403
    assert client.post(at(kind, obj), body).status_code == 403
    assert [each["user"]["name"] for each in client.get(at(kind, obj, "access/")).json()["results"]] == [
        "colleague"
    ]
    assert client.delete(f"{at(kind, obj)}?user={colleague.pk}").status_code == 204  # one's own


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"level": "view"}, "to"),
        ({"username": "colleague", "user": str(uuid4()), "level": "view"}, "to"),
        ({"username": "colleague"}, "level"),
        ({"username": "colleague", "level": "owner"}, "level"),
        ({"username": "nobody", "level": "view"}, "username"),
        ({"user": "x", "level": "view"}, "user"),
        ({"user": str(uuid4()), "level": "view"}, "user"),
        ({"role": str(uuid4()), "level": "view"}, "role"),
        ({"team": str(uuid4()), "level": "view"}, "team"),
        ({"username": "owner", "level": "view"}, "to"),
        ({"username": "colleague", "level": "view", "until": "2030"}, "until"),
    ],
)
def test_what_is_no_share_is_named(things, owner, colleague, api, body, field) -> None:
    refused = api(owner).post(at("project", things["project"]), body)
    assert refused.status_code == 422
    assert list(refused.json()["error"]["details"]) == [field]


def test_what_was_not_shared_is_not_withdrawn(things, owner, colleague, api) -> None:
    client = api(owner)
    for query in ("", "?user=x", f"?user={colleague.pk}", "?username=colleague", f"?role={uuid4()}", "?x=1"):
        assert client.delete(at("project", things["project"]) + query).status_code == 422


def test_roles_and_teams_are_shared_with_by_those_who_see_them(
    things, owner, colleague, people, stranger, api
) -> None:
    role, where = Role.objects.get(name="viewer"), at("project", things["project"])
    assert api(owner).post(where, {"role": str(role.pk), "level": "view"}).status_code == 200
    assert api(owner).post(where, {"team": str(people.pk), "level": "manage"}).status_code == 200
    kinds = [each["kind"] for each in api(owner).get(where).json()["results"]]
    assert kinds == ["role", "team"]
    client = api(colleague)  # may manage it now, is in the team, and has another role
    assert client.post(where, {"role": str(role.pk), "level": "view"}).status_code == 422
    assert client.post(where, {"team": str(people.pk), "level": "view"}).status_code == 200
    assert client.get(where).status_code == 403  # and has taken it from themselves


def test_it_says_why(things, owner, colleague, people, api) -> None:
    api(owner).post(at("project", things["project"]), {"team": str(people.pk), "level": "operate"})
    seen = api(owner).get(at("plan", things["plan"], "access/")).json()["results"]
    mine, theirs = seen[0], next(each for each in seen if each["user"]["name"] == "colleague")
    assert (mine["user"]["name"], mine["level"], mine["reasons"][0]["kind"]) == ("Owner", "manage", "owner")
    reason = theirs["reasons"][0]
    assert (theirs["level"], reason["kind"], reason["holder"]["kind"]) == ("operate", "inherited", "workflow")
    assert reason["because"]["holder"] == {"kind": "project", "id": str(things["project"].pk)}
    assert reason["because"]["because"] | {"because": None} == {
        "kind": "team", "level": "operate", "name": "営業部", "holder": None, "because": None,
    }  # fmt: skip


def test_the_person_is_told_and_nobody_else(things, owner, colleague, api) -> None:
    where = at("workflow", things["workflow"])
    api(owner).post(where, {"username": "colleague", "level": "view"})
    note = Notification.objects.get(user=colleague)
    assert (note.type, note.title) == ("access.changed", str(things["workflow"]))
    api(owner).delete(f"{where}?username=colleague")
    streams = Event.objects.filter(type="access.changed").values_list("stream", flat=True)
    assert list(streams) == [
        f"inbox:{colleague.pk}"
    ]  # with whom else it is shared is not everybody's business
    assert Notification.objects.filter(user=colleague).count() == 1


def test_people_teams(owner, colleague, stranger, teammate, api) -> None:
    made = api(colleague).post("/api/v1/teams/", {"name": "営業部", "members": [str(stranger.pk)]})
    assert made.status_code == 201
    where = f"/api/v1/teams/{made.json()['id']}/"
    assert {each["username"] for each in made.json()["members"]} == {"colleague", "stranger"}
    assert api(teammate).post("/api/v1/teams/", {"name": "x"}).status_code == 403
    assert api(teammate).get(where).status_code == 404
    assert api(stranger).get(where).status_code == 200
    assert api(stranger).patch(where, {"name": "x"}).status_code == 403
    assert api(colleague).patch(where, {"members": [str(uuid4())]}).status_code == 422
    assert api(colleague).patch(where, {"name": " "}).status_code == 422
    assert api(stranger).post(f"{where}leave/").status_code == 204
    assert api(stranger).get(where).status_code == 404
    assert api(owner).get(where).json()["members"][0]["username"] == "colleague"  # by role
    assert api(colleague).delete(where).status_code == 204
    kept = AuditEntry.objects.filter(action__startswith="people_team.").order_by("at")
    assert [each.action.partition(".")[2] for each in kept] == ["created", "left", "deleted"]
