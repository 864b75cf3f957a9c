"""`/api/v1/discussions/` over HTTP: for the owner, for a teammate who may only read, for a stranger."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from tests.factories import persona, share
from tests.notes import tree
from tests.workflows.conftest import House
from tests.workflows.driving import fresh
from tests.workflows.talking import begin, said, talk
from workflows.models import Discussion, Workflow

URL = "/api/v1/discussions/"


@pytest.fixture
def mine(house: House, api: Callable[[Any], APIClient]) -> APIClient:
    return api(house.user)


def members(house: House, *roles: str) -> list[str]:
    rows = {each.role: str(each.pk) for each in house.team.members.all()}
    return [rows[role] for role in roles or rows]


def body(house: House, **fields: Any) -> dict[str, Any]:
    return {"topic": "新製品の納期", "participants": members(house), "vault": str(house.vault.pk)} | fields


def at(discussion: Discussion, rest: str = "") -> str:
    return f"{URL}{discussion.pk}/{rest}"


def test_it_is_begun_talks_and_can_be_read(house: House, mine: APIClient) -> None:
    answer = mine.post(URL, body(house, kind="debate", max_rounds=2))
    assert answer.status_code == 201
    made = answer.json()
    assert (made["status"], made["kind"], made["round"], made["max_rounds"]) == ("active", "debate", 1, 2)
    assert [each["persona"] for each in made["participants"]] == members(house)

    talk(Discussion.objects.get())
    read = mine.get(f"{URL}{made['id']}/").json()
    assert (read["status"], read["has_minutes"], read["speaker"]) == ("ended", True, None)
    messages = mine.get(f"{URL}{made['id']}/messages/").json()["results"]
    assert [each["number"] for each in messages] == list(range(1, read["message_count"] + 1))
    assert messages[0]["citations"][0].keys() >= {"note", "note_id", "heading", "line", "quote", "ref"}
    [row] = mine.get(URL).json()["results"]
    assert row["id"] == made["id"]


def test_messages_come_in_pages_in_order(house: House, mine: APIClient) -> None:
    discussion = talk(begin(house))
    first = mine.get(at(discussion, "messages/"), {"limit": 2}).json()
    second = mine.get(first["next"]).json()
    assert [each["number"] for each in first["results"] + second["results"]] == [1, 2, 3, 4]


def test_filters_and_search(house: House, mine: APIClient) -> None:
    begin(house, "新製品の価格", roles=("調査",), kind="debate")
    begin(house, "展示会", roles=("執筆",))
    found = {
        "search=展示": 1,
        "kind=debate": 1,
        "status=active": 2,
        "status=ended": 0,
        f"participant={members(house, '執筆')[0]}": 1,
        f"vault={house.vault.pk}": 2,
        f"project={uuid4()}": 0,
    }
    assert {query: len(mine.get(f"{URL}?{query}").json()["results"]) for query in found} == found


def test_the_same_key_begins_one_discussion(house: House, mine: APIClient) -> None:
    answers = [mine.post(URL, body(house), headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Discussion.objects.count() == 1


def test_the_commander_steers(house: House, mine: APIClient) -> None:
    discussion = talk(begin(house), turns=1)
    said_first = mine.post(
        at(discussion, "messages/"), {"text": "急いでください。", "client_msg_id": str(uuid4())}
    )
    assert (said_first.status_code, said_first.json()["number"], said_first.json()["kind"]) == (
        201,
        2,
        "interjection",
    )
    asked = {"persona": members(house, "企画")[0], "question": "なぜですか。"}
    assert mine.post(at(discussion, "clarify/"), asked).json()["asked"] == asked["persona"]
    assert mine.post(at(discussion, "redirect/"), {"topic": "在庫"}).json()["topic"] == "在庫"
    assert mine.post(at(discussion, "pause/")).json()["status"] == "paused"
    assert mine.post(at(discussion, "pause/")).status_code == 409
    assert mine.post(at(discussion, "resume/")).json()["status"] == "active"
    assert mine.post(at(discussion, "end/")).json()["status"] == "concluding"
    assert mine.get(at(discussion, "minutes/")).status_code == 404
    talk(discussion)
    assert (
        mine.post(at(discussion, "messages/"), {"text": "まだ"}).json()["error"]["code"] == "discussion_over"
    )


def test_a_repeated_message_is_the_same_message(house: House, mine: APIClient) -> None:
    discussion, sent = begin(house), {"text": "はい", "client_msg_id": str(uuid4())}
    first, again = (mine.post(at(discussion, "messages/"), sent).json() for _ in range(2))
    assert first == again
    assert len(said(discussion)) == 1


def test_minutes_as_markdown_and_as_json(house: House, mine: APIClient) -> None:
    discussion = talk(begin(house))
    text = mine.get(at(discussion, "minutes/"))
    assert text["Content-Type"] == "text/markdown; charset=utf-8"
    assert text.content.decode() == discussion.minutes.markdown
    data = mine.get(at(discussion, "minutes/"), headers={"Accept": "application/json"}).json()
    assert data["positions"] == discussion.minutes.positions
    assert data["actions"] == discussion.minutes.actions


def test_minutes_become_one_new_note(house: House, mine: APIClient) -> None:
    before = tree(house.folder)
    discussion = talk(begin(house))
    first, again = (mine.post(at(discussion, "minutes/save/")).json() for _ in range(2))

    assert first["note_path"] == again["note_path"]
    after = tree(house.folder)
    assert set(after) - set(before) == {first["note_path"]}
    assert first["note_path"].startswith("AI秘書/")
    assert after[first["note_path"]].decode() == discussion.minutes.markdown
    assert {path: after[path] for path in before} == before


def test_minutes_without_a_vault_stay_where_they_are(house: House, mine: APIClient) -> None:
    discussion = talk(begin(house, vault=None))
    assert mine.post(at(discussion, "minutes/save/")).json()["error"]["code"] == "no_vault"


def test_actions_become_the_tasks_of_one_draft(house: House, mine: APIClient) -> None:
    discussion = talk(begin(house), turns=1)
    mine.post(
        at(discussion, "messages/"),
        {"text": "企画さんは納期を確認してください。\n執筆さんは案内文を書いてください。"},
    )
    discussion = talk(discussion)
    house.team.members.filter(role="執筆").update(is_active=False)

    first, again = (mine.post(at(discussion, "workflow/")) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    workflow = Workflow.objects.get()
    assert (workflow.status, workflow.auto_generate_tasks, workflow.vault) == ("draft", False, house.vault)
    tasks = {task.title: task.persona for task in workflow.tasks.all()}
    assert tasks["企画さんは納期を確認してください。"] == house.team.members.get(role="企画")
    assert tasks["執筆さんは案内文を書いてください。"] is None, "who left is not given work"
    assert mine.post(f"/api/v1/workflows/{workflow.pk}/start/").json()["status"] == "planning"


def test_without_actions_there_is_no_workflow(house: House, mine: APIClient, stub) -> None:
    moderator = persona(house.user, "進行の森", "進行", model="openai:stub")
    stub(lambda asked: '{"summary": "なし"}' if asked.job == "minutes" else '{"stop": "agreed"}')
    discussion = talk(begin(house, moderator=moderator.pk))
    assert mine.post(at(discussion, "workflow/")).json()["error"]["code"] == "no_actions"
    assert mine.post(at(begin(house), "workflow/")).status_code == 404


def test_the_events_are_the_sockets(house: House, mine: APIClient) -> None:
    discussion = talk(begin(house))
    found = mine.get(at(discussion, "events/"), {"after": 1}).json()
    assert [each["seq"] for each in found["results"]] == list(range(2, found["seq"] + 1))
    posted = [each for each in found["results"] if each["event"]["type"] == "discussion.message_posted"]
    assert [each["event"]["data"]["number"] for each in posted] == [each.number for each in said(discussion)]
    assert [each["seq"] for each in posted] == [each.seq for each in said(discussion)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": "x" * 100_000}, "topic"),
        ({"topic": " "}, "topic"),
        ({"topic": None}, "topic"),
        ({"participants": []}, "participants"),
        ({"participants": [str(uuid4())]}, "participants"),
        ({"participants": "x"}, "participants"),
        ({"participants": [str(uuid4()) for _ in range(13)]}, "participants"),
        ({"kind": "ask"}, "kind"),
        ({"kind": "quarrel"}, "kind"),
        ({"max_rounds": 0}, "max_rounds"),
        ({"max_rounds": 10**12}, "max_rounds"),
        ({"moderator": str(uuid4())}, "moderator"),
        ({"vault": str(uuid4())}, "vault"),
        ({"sources": [str(uuid4())]}, "sources"),
        ({"project": str(uuid4())}, "project"),
        ({"status": "ended"}, "status"),
    ],
)
def test_what_cannot_be_begun(house: House, mine: APIClient, changes: dict[str, Any], field: str) -> None:
    answer = mine.post(URL, body(house) | changes)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert not Discussion.objects.exists()


@pytest.mark.parametrize(
    ("rest", "sent", "field"),
    [
        ("messages/", {"text": ""}, "text"),
        ("messages/", {"text": "x" * 8001}, "text"),
        ("messages/", {"text": "a", "client_msg_id": "1"}, "client_msg_id"),
        ("redirect/", {"topic": "x" * 100_000}, "topic"),
        ("redirect/", {}, "topic"),
        ("clarify/", {"persona": "x", "question": "?"}, "persona"),
        ("clarify/", {"persona": str(uuid4()), "question": "?"}, "persona"),
        ("clarify/", {"persona": str(uuid4())}, "question"),
    ],
)
def test_what_cannot_be_said(
    house: House, mine: APIClient, rest: str, sent: dict[str, Any], field: str
) -> None:
    discussion = begin(house)
    answer = mine.post(at(discussion, rest), sent)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert said(discussion) == []


def test_an_inactive_persona_takes_no_seat(house: House, mine: APIClient) -> None:
    house.team.members.update(is_active=False)
    assert mine.post(URL, body(house)).status_code == 422


STEERING = ["messages/", "pause/", "resume/", "end/", "redirect/", "clarify/", "minutes/save/", "workflow/"]


@pytest.mark.parametrize("rest", STEERING)
def test_a_reader_reads_and_a_stranger_sees_nothing(
    house: House, api: Callable[[Any], APIClient], teammate, stranger, rest: str
) -> None:
    discussion = talk(begin(house), turns=1)
    share(discussion, teammate)
    sent = {"text": "a", "topic": "a", "question": "a", "persona": members(house)[0]}

    assert api(teammate).post(at(discussion, rest), sent).status_code == 403
    assert api(stranger).post(at(discussion, rest), sent).status_code == 404
    assert api(None).post(at(discussion, rest), sent).status_code == 401
    assert len(said(discussion)) == 1
    assert fresh(discussion).status == "active"


def test_reading_and_deleting_follow_the_same_rule(
    house: House, api: Callable[[Any], APIClient], teammate, stranger
) -> None:
    discussion = talk(begin(house))
    share(discussion, teammate)
    for rest in ("", "messages/", "minutes/", "events/"):
        assert api(teammate).get(at(discussion, rest)).status_code == 200
        assert api(stranger).get(at(discussion, rest)).status_code == 404
    assert api(stranger).get(URL).json()["results"] == []
    assert api(teammate).delete(at(discussion)).status_code == 403
    assert api(stranger).delete(at(discussion)).status_code == 404
    assert api(house.user).delete(at(discussion)).status_code == 204


def test_who_may_not_begin_does_not(
    house: House, api: Callable[[Any], APIClient], teammate, stranger
) -> None:
    assert api(teammate).post(URL, body(house)).status_code == 403
    assert api(stranger).post(URL, body(house)).status_code == 422, "the personas are not theirs to see"
    asked = {"persona": members(house)[0], "question": "納期は？"}
    assert api(teammate).post(f"{URL}ask/", asked).status_code == 403
    assert api(stranger).post(f"{URL}ask/", asked).status_code == 422
    assert not Discussion.objects.exists()


def test_lists_cost_the_same_however_long(
    house: House, mine: APIClient, django_assert_max_num_queries
) -> None:
    for number in range(12):
        begin(house, f"新製品 {number}")
    with django_assert_max_num_queries(16):
        assert len(mine.get(URL).json()["results"]) == 12
