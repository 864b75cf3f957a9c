"""`persona-teams/` over HTTP."""

from uuid import uuid4

import pytest

from personas.models import PersonaTeam
from tests import factories
from tests.counting import queries

URL = "/api/v1/persona-teams/"


def at(team: PersonaTeam, tail: str = "") -> str:
    return f"{URL}{team.pk}/{tail}"


def names(answer) -> list[str]:
    return sorted(each["name"] for each in answer.json()["members"])


def test_create_with_members(owner, api):
    member = factories.persona(owner)
    made = api(owner).post(URL, {"name": "秘書室", "members": [str(member.pk)], "is_default": True})
    assert made.status_code == 201
    assert names(made) == [member.name]
    assert made.json()["is_default"] is True
    assert api(owner).post(URL, {"name": "秘書室"}).json()["error"]["code"] == "name_taken"


def test_a_new_default_takes_the_place_of_the_old(owner, api):
    client = api(owner)
    client.post(URL, {"name": "旧", "is_default": True})
    assert client.post(URL, {"name": "新", "is_default": True}).status_code == 201
    assert [team.name for team in PersonaTeam.objects.filter(is_default=True)] == ["新"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 101},
        {"name": "x", "members": "all"},
        {"name": "x", "members": ["nobody"]},
        {"name": "x", "members": [str(uuid4())]},
        {"name": "x", "members": [str(uuid4())] * 201},
        {"name": "x", "leader": "me"},
    ],
)
def test_bad_teams_are_refused(owner, api, body):
    answer = api(owner).post(URL, body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]
    assert not PersonaTeam.objects.exists()


def test_nobody_takes_another_persons_persona(owner, stranger, api):
    theirs = factories.persona(owner)
    body = {"name": "x", "members": [str(theirs.pk)]}
    assert api(stranger).post(URL, body).status_code == 422
    factories.share(theirs, stranger)
    assert api(stranger).post(URL, body).status_code == 403
    factories.share(theirs, stranger, "operate")
    assert api(stranger).post(URL, body).status_code == 201


def test_members_are_read_replaced_and_added(owner, api):
    client, team = api(owner), factories.team(owner, "調査", "執筆")
    new = factories.persona(owner, name="新人", role="司書")
    listed = client.get(at(team, "members/")).json()["results"]
    assert {each["role"] for each in listed} == {"調査", "執筆"}
    assert names(client.post(at(team, "members/"), {"members": [str(new.pk)]})) == [
        "新人",
        "秘書室 執筆",
        "秘書室 調査",
    ]
    assert names(client.put(at(team, "members/"), {"members": [str(new.pk)]})) == ["新人"]
    assert client.put(at(team, "members/"), {"members": [str(uuid4())]}).status_code == 422
    assert client.put(at(team, "members/"), {}).status_code == 422
    assert team.members.get() == new


def test_change_replace_delete(owner, api):
    client, team = api(owner), factories.team(owner)
    assert names(client.patch(at(team), {"description": "新しい"}))
    replaced = client.put(at(team), {"name": "室"}).json()
    assert (replaced["name"], replaced["description"], replaced["members"]) == ("室", "", [])
    assert client.delete(at(team)).status_code == 204
    assert owner.personas.count() == 3


def test_rights(owner, teammate, stranger, api):
    team = factories.team(owner)
    factories.share(team, teammate)
    reader, outsider = api(teammate), api(stranger)
    assert len(reader.get(at(team)).json()["members"]) == 3
    assert reader.get(at(team, "members/")).status_code == 200
    assert outsider.get(at(team)).status_code == outsider.get(at(team, "members/")).status_code == 404
    for method, tail in (
        ("patch", ""),
        ("put", ""),
        ("delete", ""),
        ("put", "members/"),
        ("post", "members/"),
    ):
        assert getattr(reader, method)(at(team, tail), {}).status_code == 403
        assert getattr(outsider, method)(at(team, tail), {}).status_code == 404
    assert reader.post(URL, {"name": "x"}).status_code == 403


def test_a_shared_persona_does_not_tell_of_teams_that_are_not_shared(owner, teammate, api):
    team = factories.team(owner, "調査")
    member = team.members.get()
    factories.share(member, teammate)
    address = f"/api/v1/personas/{member.pk}/"
    assert [each["name"] for each in api(owner).get(address).json()["teams"]] == [team.name]
    assert api(teammate).get(address).json()["teams"] == []


def test_lists_cost_the_same_however_long(owner, api):
    client, costs = api(owner), []
    for count in (10, 60):
        for number in range(count):
            factories.team(owner, "調査", name=f"{count} {number}")
        costs.append(queries(client, f"{URL}?limit=200"))
    assert costs[0] == costs[1]


def test_members_cost_the_same_however_many(owner, api):
    client, team, costs = api(owner), factories.team(owner), []
    for count in (10, 60):
        team.members.set([factories.persona(owner, name=f"{count} {number}") for number in range(count)])
        costs.append(queries(client, at(team, "members/?limit=200")))
    assert costs[0] == costs[1]
