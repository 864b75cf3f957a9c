"""`personas/` over HTTP."""

import pytest

from personas.models import Persona
from tests import factories
from tests.counting import queries

URL = "/api/v1/personas/"
HOSTILE = "'; DROP TABLE personas; -- <script>alert(1)</script> {{7*7}} ${HOME} \u202e🦉"


def at(persona: Persona, tail: str = "") -> str:
    return f"{URL}{persona.pk}/{tail}"


def test_create_and_read(owner, api):
    client = api(owner)
    made = client.post(URL, {"name": "調査の水野", "role": "調査", "skills": ["検索"], "model": "builtin"})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["skills"], body["is_active"], body["owner"]) == (
        "調査の水野",
        ["検索"],
        True,
        str(owner.pk),
    )
    assert client.get(f"{URL}{body['id']}/").json() == body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", None),
        ("name", ["a"]),
        ("name", "a\u0000b"),
        ("role", "x" * 61),
        ("description", "x" * 2001),
        ("skills", "調査"),
        ("skills", ["x" * 61]),
        ("skills", ["x"] * 51),
        ("skills", [{"a": 1}]),
        ("tools", {"a": 1}),
        ("model", "nobody:gpt"),
        ("is_active", "perhaps"),
        ("owner", "5a1e0f34-51a1-4a57-a7c8-8d0f8a5f4b9b"),
        ("colour", "red"),
    ],
)
def test_bad_fields_are_named(owner, api, field, value):
    answer = api(owner).post(URL, {"name": "水野", "role": "調査", field: value})
    assert answer.status_code in (400, 422)
    error = answer.json()["error"]
    if answer.status_code == 422:
        assert error["code"] == "invalid"
        assert field in error["details"]
    assert not Persona.objects.exists()


def test_hostile_words_are_data(owner, api):
    client = api(owner)
    made = client.post(URL, {"name": HOSTILE, "role": "調査", "description": HOSTILE}).json()
    assert client.get(f"{URL}{made['id']}/").json()["description"] == HOSTILE
    assert [each["id"] for each in client.get(URL, {"search": "DROP TABLE"}).json()["results"]] == [
        made["id"]
    ]


def test_a_name_is_taken_once_per_owner(owner, stranger, api):
    factories.persona(owner, name="水野")
    assert api(stranger).post(URL, {"name": "水野", "role": "調査"}).status_code == 201
    answer = api(owner).post(URL, {"name": "水野", "role": "調査"})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "name_taken"


def test_change_replace_delete(owner, api):
    client, persona = api(owner), factories.persona(owner, description="古い", skills=["検索"])
    changed = client.patch(at(persona), {"description": "新しい"}).json()
    assert (changed["description"], changed["skills"]) == ("新しい", ["検索"])
    replaced = client.put(at(persona), {"name": "水野", "role": "司書"}).json()
    assert (replaced["description"], replaced["skills"], replaced["role"]) == ("", [], "司書")
    assert client.put(at(persona), {"name": "水野"}).status_code == 422
    assert client.delete(at(persona)).status_code == 204
    assert client.get(at(persona)).status_code == 404


def test_rights(owner, teammate, stranger, api):
    persona = factories.persona(owner)
    factories.share(persona, teammate)
    reader, outsider = api(teammate), api(stranger)
    assert reader.get(at(persona)).status_code == 200
    assert outsider.get(at(persona)).status_code == 404
    for send, tail, body in (
        (reader.patch, "", {"name": "x"}),
        (reader.put, "", {"name": "x", "role": "y"}),
        (reader.delete, "", None),
        (reader.post, "icon/", {"preset": "owl"}),
    ):
        assert send(at(persona, tail), body).status_code == 403
    for send, tail in (
        (outsider.patch, ""),
        (outsider.delete, ""),
        (outsider.post, "icon/"),
        (outsider.get, "export/"),
    ):
        assert send(at(persona, tail), {}).status_code == 404
    assert reader.post(URL, {"name": "x", "role": "y"}).status_code == 403
    assert api(None).get(URL).status_code == 401
    assert Persona.objects.get().name == persona.name


def test_filters_and_search(owner, api):
    mizuno = factories.persona(owner, name="水野", role="調査", description="保管庫を調べます")
    kasuga = factories.persona(owner, name="春日", role="執筆", is_active=False)

    def found(**query):
        return [each["id"] for each in api(owner).get(URL, query).json()["results"]]

    assert found(role="調査") == [str(mizuno.pk)]
    assert found(is_active="false") == [str(kasuga.pk)]
    assert found(search="保管庫") == [str(mizuno.pk)]
    assert found(search="水野", is_active="false") == []


@pytest.mark.parametrize("search", ["x " * 150, "x" * 401, "%00"])
def test_endless_searches_are_refused(owner, api, search):
    assert api(owner).get(f"{URL}?search={search}").status_code == 422


@pytest.mark.parametrize(("limit", "shown"), [("", 50), ("7", 7), ("1000", 60)])
def test_limits_are_sane(owner, api, limit, shown):
    for number in range(60):
        factories.persona(owner, name=f"p{number}")
    page = api(owner).get(URL, {"limit": limit} if limit else {}).json()
    assert len(page["results"]) == shown


@pytest.mark.security("S6")
@pytest.mark.parametrize(
    "asked",
    [{"limit": limit} for limit in ("0", "-1", "x", "", "1.5", "null", "٣", "9" * 500)]
    + [{"team": ""}, {"team": "x"}, {"is_active": ""}, {"is_active": "null"}, {"is_active": "perhaps"}],
)
def test_what_means_nothing_is_refused_and_not_passed_over(owner, api, asked):
    """A client that lost its value must not get everything."""
    answer = api(owner).get(URL, asked)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["details"]) == set(asked)


@pytest.mark.security("S6")
@pytest.mark.parametrize(
    "wrong",
    [{"name": 0}, {"name": 1.5}, {"name": True}, {"skills": [1]}, {"is_active": "true"}, {"is_active": 1}],
)
def test_json_is_taken_by_its_types(owner, api, wrong):
    answer = api(owner).post(URL, {"name": "n", "role": "r"} | wrong)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["details"]) == set(wrong)


@pytest.mark.security("S6")
def test_only_what_takes_files_takes_forms(owner, api):
    answer = api(owner).post(URL, {"name": "n", "role": "r"}, format="multipart")
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_pages_follow_each_other(owner, api):
    made = {str(factories.persona(owner, name=f"p{number}").pk) for number in range(25)}
    client, address, seen = api(owner), f"{URL}?limit=10", []
    while address:
        page = client.get(address).json()
        seen += [each["id"] for each in page["results"]]
        address = page["next"]
    assert len(seen) == 25
    assert set(seen) == made


@pytest.mark.parametrize("cursor", ["x", "cD1hYmM=", "%00", "bz05OTk5OTk5OTk5OTk5OTk5"])
def test_a_broken_cursor_is_refused(owner, api, cursor):
    factories.persona(owner)
    assert api(owner).get(f"{URL}?cursor={cursor}").status_code in (200, 404, 422)


@pytest.mark.parametrize("pk", ["x", "1", "../../etc/passwd", "%00", "5a1e0f34-51a1-4a57-a7c8-8d0f8a5f4b9b"])
def test_garbage_in_the_address_is_not_found(owner, api, pk):
    answer = api(owner).get(f"{URL}{pk}/")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_export_and_import(owner, stranger, api):
    persona = factories.persona(owner, skills=["検索"], description="調べます", icon="preset:owl")
    exported = api(owner).get(at(persona, "export/")).json()
    assert "owner" not in str(exported)
    assert "id" not in exported["persona"]
    made = api(stranger).post(f"{URL}import/", exported)
    assert made.status_code == 201
    assert made.json()["owner"] == str(stranger.pk)
    copy = Persona.objects.get(owner=stranger)
    assert (copy.name, copy.skills, copy.icon) == (persona.name, ["検索"], "preset:owl")
    assert api(stranger).post(f"{URL}import/", exported).status_code == 409


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"version": 2},
        {"persona": {"name": "x"}},
        {"persona": {"name": "x", "role": "y", "owner": "z"}},
        {"persona": {"name": "x", "role": "y", "icon": "file:///etc/passwd"}},
        {"persona": []},
        {"extra": 1},
    ],
)
def test_a_strange_import_is_refused(owner, api, change):
    whole = {"format": "hisho.persona", "version": 1, "persona": {"name": "x", "role": "y"}}
    assert api(owner).post(f"{URL}import/", whole | change).status_code == 422
    assert not Persona.objects.exists()


def test_icon_presets(owner, api):
    client, persona = api(owner), factories.persona(owner)
    presets = client.get(f"{URL}icon-presets/").json()["results"]
    assert len(presets) == 12
    chosen = client.post(at(persona, "icon/"), {"preset": presets[0]["name"]})
    assert chosen.status_code == 200
    assert chosen.json()["icon"] == f"preset:{presets[0]['name']}"
    for body in ({"preset": "nobody"}, {}, {"preset": "owl", "x": 1}):
        assert client.post(at(persona, "icon/"), body).status_code == 422


def test_creation_is_idempotent(owner, api):
    client, headers = api(owner), {"Idempotency-Key": "k1"}
    first = client.post(URL, {"name": "水野", "role": "調査"}, headers=headers)
    again = client.post(URL, {"name": "水野", "role": "調査"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = client.post(URL, {"name": "青木", "role": "企画"}, headers=headers)
    assert other.json()["error"]["code"] == "idempotency_key_reused"
    assert Persona.objects.count() == 1


def test_eleven_creations_in_a_minute_are_one_too_many(owner, api):
    client = api(owner)
    statuses = [client.post(URL, {"name": f"p{number}", "role": "調査"}).status_code for number in range(12)]
    assert statuses[:10] == [201] * 10
    late = client.post(URL, {"name": "late", "role": "調査"})
    assert late.status_code == 429
    assert late.json()["error"]["code"] == "rate_limited"
    assert int(late.headers["Retry-After"]) > 0
    assert late.headers["X-RateLimit-Limit"] == "10"
    assert late.headers["X-RateLimit-Remaining"] == "0"


def test_the_list_costs_the_same_however_long(owner, api):
    client, team = api(owner), factories.team(owner)
    costs = []
    for count in (10, 60):
        team.members.set([factories.persona(owner, name=f"{count} {number}") for number in range(count)])
        costs.append(queries(client, f"{URL}?limit=200"))
    assert costs[0] == costs[1]
