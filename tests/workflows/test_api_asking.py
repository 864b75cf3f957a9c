"""One question to one persona over HTTP; and words that are meant to do harm."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.workflows.conftest import House
from tests.workflows.talking import begin, said, saying, talk
from workflows.models import Discussion

URL = "/api/v1/discussions/"
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![](http://evil.example/a.png) {{7*7}} [[納期]] \"'; DROP"


@pytest.fixture
def mine(house: House, api: Callable[[Any], APIClient]) -> APIClient:
    return api(house.user)


def members(house: House, *roles: str) -> list[str]:
    rows = {each.role: str(each.pk) for each in house.team.members.all()}
    return [rows[role] for role in roles or rows]


def at(discussion: Discussion, rest: str = "") -> str:
    return f"{URL}{discussion.pk}/{rest}"


def test_one_question_is_answered_at_once(house: House, mine: APIClient) -> None:
    asked = {
        "persona": members(house, "調査")[0],
        "question": "新製品の納期は？",
        "vault": str(house.vault.pk),
    }
    answer = mine.post(f"{URL}ask/", asked, headers={"Idempotency-Key": "q"})

    assert answer.status_code == 201
    made = answer.json()
    assert (made["kind"], made["status"], made["stop"]) == ("ask", "ended", "answered")
    assert "3週間" in made["answer"]["text"]
    assert made["answer"]["citations"][0]["note"] == "納期.md"
    again = mine.post(f"{URL}ask/", asked, headers={"Idempotency-Key": "q"}).json()
    assert again == made
    assert Discussion.objects.count() == 1
    assert mine.post(at(Discussion.objects.get(), "messages/"), {"text": "それから？"}).status_code == 409


def test_a_question_that_the_notes_do_not_answer(house: House, mine: APIClient) -> None:
    asked = {
        "persona": members(house, "調査")[0],
        "question": "火星の温泉旅館の料金は？",
        "vault": str(house.vault.pk),
    }
    made = mine.post(f"{URL}ask/", asked).json()
    assert made["answer"]["citations"] == []
    assert "見つかりませんでした" in made["answer"]["text"]


def test_a_question_whose_model_fails_says_so(house: House, mine: APIClient, stub) -> None:
    house.use("openai:stub")
    server = stub(lambda asked: "garbage")
    asked = {"persona": members(house, "調査")[0], "question": "納期は？"}
    answer = mine.post(f"{URL}ask/", asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "not_answered")
    discussion = Discussion.objects.get(pk=answer.json()["error"]["details"]["discussion"])
    assert discussion.status == "failed"

    server.script = saying("3週間です。")
    assert mine.post(at(discussion, "resume/")).status_code == 200
    assert talk(discussion).status == "ended"


def test_hostile_words_stay_words(house: House, mine: APIClient) -> None:
    discussion = talk(begin(house, HOSTILE), turns=1)
    mine.post(at(discussion, "messages/"), {"text": HOSTILE})
    discussion = talk(discussion)

    assert said(discussion)[1].text == HOSTILE
    for message in said(discussion, "speech"):
        assert "<script" not in message.text
        assert "](javascript:" not in message.text
        assert "![](" not in message.text
    assert "<script" not in discussion.minutes.summary
    assert mine.post(at(discussion, "minutes/save/")).status_code == 200
