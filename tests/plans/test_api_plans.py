"""`plans/` over HTTP: reading, editing, versions, differences."""

from uuid import uuid4

import pytest

from plans.models import Plan
from plans.services import plan_decide
from tests import factories
from tests.counting import queries
from tests.factories import content, item

URL = "/api/v1/plans/"


def at(plan: Plan, tail: str = "") -> str:
    return f"{URL}{plan.pk}/{tail}"


@pytest.fixture
def team(owner):
    return factories.team(owner)


@pytest.fixture
def plan(owner, team):
    return factories.plan(owner, of=team)


def test_a_plan_shows_its_content_and_hash(owner, plan, team, api):
    answer = api(owner).get(at(plan))
    body = answer.json()
    assert body["content_hash"] == plan.current.content_hash
    assert answer.headers["ETag"] == f'"{body["content_hash"]}"'
    assert (body["status"], body["version"], body["versions"]) == ("submitted", 1, 1)
    assert (body["workflow"], body["team"]) == (str(plan.subject_id), str(team.pk))
    assert [each["key"] for each in body["content"]["items"]] == ["a", "b"]


def test_plans_are_made_by_hand_too(owner, teammate, api):
    made = api(owner).post(URL, {"content": content()})
    assert (made.status_code, made.json()["status"], made.json()["workflow"]) == (201, "draft", None)
    for body in (
        {},
        {"content": content(), "template": str(owner.pk)},
        {"content": {"title": "x"}},
        {"template": str(owner.pk)},
    ):
        assert api(owner).post(URL, body).status_code == 422, body
    assert api(teammate).post(URL, {"content": content()}).status_code == 403


def test_filters(owner, plan, api):
    other = factories.plan(owner)

    def found(**query):
        return [each["id"] for each in api(owner).get(URL, query).json()["results"]]

    assert found(workflow=str(plan.subject_id)) == [str(plan.pk)]
    assert found(status="submitted") == [str(other.pk), str(plan.pk)]
    assert found(status="approved") == []
    assert found(search="研修") == [str(other.pk), str(plan.pk)]
    assert "content" not in api(owner).get(URL).json()["results"][0]
    assert api(owner).get(URL, {"workflow": "x"}).status_code == 422
    assert api(owner).get(URL, {"status": "x"}).status_code == 422


def test_an_edit_is_a_new_version_that_waits_again(owner, plan, api):
    client, first = api(owner), plan.current.content_hash
    answer = client.patch(at(plan), {"content": content(item("a"))}, headers={"If-Match": f'"{first}"'})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["version"], body["versions"], body["status"]) == (2, 2, "submitted")
    assert body["content_hash"] != first
    assert answer.headers["ETag"] == f'"{body["content_hash"]}"'
    waiting = client.get("/api/v1/approvals/").json()["results"]
    assert [(each["plan"], each["content_hash"]) for each in waiting] == [
        (str(plan.pk), body["content_hash"])
    ]


@pytest.mark.parametrize("match", ['"{}"', 'W/"{}"', "{}", "*"])
def test_if_match_in_all_its_forms(owner, plan, api, match):
    headers = {"If-Match": match.format(plan.current.content_hash)}
    assert api(owner).patch(at(plan), {"content": content(item("a"))}, headers=headers).status_code == 200


def test_a_stale_edit_changes_nothing(owner, plan, api):
    client, stale = api(owner), f'"{plan.current.content_hash}"'
    client.patch(at(plan), {"content": content(item("a"))}, headers={"If-Match": stale})
    answer = client.patch(at(plan), {"content": content(item("c"))}, headers={"If-Match": stale})
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "plan_changed"
    assert error["details"]["version"] == 2
    assert client.get(at(plan)).json()["versions"] == 2


@pytest.mark.parametrize(
    "bad",
    [
        content(item("a", depends_on=["b"]), item("b", depends_on=["a"])),
        content(item("a", depends_on=["a"])),
        content(item("a", depends_on=["nobody"])),
        content(item("a"), item("a")),
        content(item("a", role="宇宙飛行士")),
        content(item("A!")),
        content(item("a") | {"colour": "red"}),
        content(item("a") | {"title": ""}),
        content(item("a") | {"title": "x" * 301}),
        content(title=""),
        {"title": "x", "items": []},
        {"title": "x", "items": [item(f"k{number}") for number in range(501)]},
        {"title": "x"},
        {"items": "all"},
        {},
    ],
)
def test_an_unsound_plan_is_refused(owner, plan, api, bad):
    answer = api(owner).patch(at(plan), {"content": bad})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "plan_invalid"
    assert Plan.objects.get().current.number == 1


def test_the_refusal_says_what_is_wrong(owner, plan, api):
    circle = content(item("a", depends_on=["b"]), item("b", depends_on=["a"]))
    error = api(owner).patch(at(plan), {"content": circle}).json()["error"]
    assert "a" in error["message"]
    assert "→" in error["message"]
    error = api(owner).patch(at(plan), {"content": content(item("a", role="宇宙飛行士"))}).json()["error"]
    assert "宇宙飛行士" in error["message"]


@pytest.mark.parametrize(
    "body", [{"content": []}, {"content": "x"}, {"content": None}, {}, {"title": "x"}, [], "x", 1, None]
)
def test_a_body_of_the_wrong_shape_is_refused(owner, plan, api, body):
    answer = api(owner).patch(at(plan), body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b'{"content": {"title": "a\\u0000b", "items": []}}', 400),
        (b'{"content": {"title": "\\ud800", "items": []}}', 400),
        (b'{"content": {"title": NaN}}', 400),
        (b'{"content": {"title": "' + b"x" * 11_000_000 + b'"}}', 413),
    ],
)
def test_bodies_that_are_no_json(owner, plan, api, raw, status):
    answer = api(owner).patch(at(plan), raw, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["error"]["code"]


def test_only_json_is_taken(owner, plan, api):
    assert api(owner).patch(at(plan), b"content=x", content_type="text/plain").status_code == 415


def test_a_decided_plan_is_not_edited(owner, plan, api):
    plan_decide(owner, plan, "approve", content_hash=plan.current.content_hash)
    answer = api(owner).patch(at(plan), {"content": content(item("a"))})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "illegal_transition"


def test_while_the_team_revises_nobody_edits(owner, plan, api):
    plan_decide(owner, plan, "request_changes", content_hash=plan.current.content_hash, comment="短く")
    answer = api(owner).patch(at(plan), {"content": content(item("a"))})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "being_revised"


def test_versions_and_their_difference(owner, plan, api):
    client = api(owner)
    client.patch(
        at(plan), {"content": content(item("a", instructions="丁寧に"), item("c"), title="別の計画")}
    )
    listed = client.get(at(plan, "versions/")).json()["results"]
    assert [each["number"] for each in listed] == [2, 1]
    assert (listed[0]["author"]["kind"], listed[1]["author"]["kind"]) == ("user", "engine")
    assert listed[0]["author"]["id"] == str(owner.pk)
    assert client.get(at(plan, "versions/1/")).json()["content"]["title"] == "研修の計画"
    changes = client.get(at(plan, "diff/")).json()
    assert (changes["from"]["number"], changes["to"]["number"]) == (1, 2)
    assert changes["fields"] == {"title": ["研修の計画", "別の計画"]}
    assert [each["key"] for each in changes["added"]] == ["c"]
    assert [each["key"] for each in changes["removed"]] == ["b"]
    assert changes["changed"] == [{"key": "a", "title": "項目 a", "fields": {"instructions": ["", "丁寧に"]}}]
    backwards = client.get(at(plan, "diff/?from=2&to=1")).json()
    assert [each["key"] for each in backwards["added"]] == ["b"]


def test_the_first_version_differs_from_nothing(owner, plan, api):
    changes = api(owner).get(at(plan, "diff/")).json()
    assert (changes["from"]["number"], changes["to"]["number"], changes["added"]) == (1, 1, [])


@pytest.mark.parametrize(
    ("query", "status"),
    [("from=1&to=9", 404), ("from=0", 404), ("from=x", 422), ("to=-1", 422), ("to=" + "9" * 30, 422)],
)
def test_versions_that_do_not_exist(owner, plan, api, query, status):
    assert api(owner).get(at(plan, f"diff/?{query}")).status_code == status


def test_version_pages_that_do_not_exist(owner, plan, api):
    for number in ("0", "9", "x", "9" * 30):
        assert api(owner).get(at(plan, f"versions/{number}/")).status_code == 404


def test_rights(owner, teammate, stranger, plan, api):
    factories.share(plan, teammate)
    reader, outsider = api(teammate), api(stranger)
    for tail in ("", "versions/", "versions/1/", "diff/"):
        assert reader.get(at(plan, tail)).status_code == 200
        assert outsider.get(at(plan, tail)).status_code == 404
    decision = {"content_hash": plan.current.content_hash, "comment": "x"}
    posts = {
        "submit/": {},
        "request-approval/": {"approver": str(owner.pk)},
        "approve/": decision,
        "reject/": decision,
        "request-changes/": decision,
    }
    for tail, body in posts.items():
        assert reader.post(at(plan, tail), body).status_code == 403
        assert outsider.post(at(plan, tail), body).status_code == 404
    assert reader.patch(at(plan), {"content": content()}).status_code == 403
    assert outsider.patch(at(plan), {"content": content()}).status_code == 404
    assert outsider.get(URL).json()["results"] == []
    assert Plan.objects.get().status == "submitted"


def test_a_plan_that_does_not_exist(owner, api):
    assert api(owner).get(f"{URL}{uuid4()}/").status_code == 404


def test_lists_cost_the_same_however_long(owner, team, plan, api):
    client, costs, versions = api(owner), [], []
    for count in (10, 60):
        for number in range(count):
            factories.plan(owner, of=team)
            client.patch(at(plan), {"content": content(item("a", instructions=f"{count} {number}"))})
        costs.append(queries(client, f"{URL}?limit=200"))
        versions.append(queries(client, at(plan, "versions/?limit=200")))
    assert costs[0] == costs[1]
    assert versions[0] == versions[1]
