"""The pages of discussions without a browser: they work without JavaScript, and show nothing that acts."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from tests.factories import share
from tests.pages import HOSTILE, HOSTILE_MARKDOWN, assert_inert, assert_shown, html, signed_in
from tests.workflows.conftest import House
from tests.workflows.driving import fresh
from tests.workflows.talking import begin, said, speech, talk
from workflows.models import Discussion, Workflow
from workflows.services import discussion_interject


@pytest.fixture
def mine(house: House) -> Any:
    return signed_in(house.user)


def at(discussion: Discussion, action: str = "") -> str:
    if action:
        return reverse("discussion-act", args=[discussion.pk, action])
    return reverse("discussion", args=[discussion.pk])


def test_a_form_begins_a_discussion_once(house: House, mine) -> None:
    page = html(mine, reverse("discussion-new"))
    assert_inert(page)
    people = [str(each.pk) for each in house.team.members.order_by("created_at")[:2]]
    sent = {
        "topic": "新製品の納期",
        "kind": "debate",
        "participants": people,
        "max_rounds": 2,
        "vault": str(house.vault.pk),
        "once": "x",
    }
    first = mine.post(reverse("discussion-new"), sent)
    made = Discussion.objects.get()
    assert (first.status_code, first["Location"]) == (303, at(made))
    assert mine.post(reverse("discussion-new"), sent)["Location"] == reverse("discussions")
    assert Discussion.objects.count() == 1
    assert (made.kind, made.max_rounds, made.vault) == ("debate", 2, house.vault)
    assert [str(seat.persona_id) for seat in made.seats.all()] == people


@pytest.mark.parametrize(
    "wrong",
    [{"topic": ""}, {"participants": []}, {"max_rounds": 99}, {"kind": "ask"}, {"topic": "x" * 100_000}],
)
def test_a_form_says_what_is_wrong(house: House, mine, wrong: dict[str, Any]) -> None:
    person = str(house.team.members.first().pk)
    sent = {"topic": "納期", "kind": "debate", "participants": [person], "max_rounds": 2} | wrong
    answer = mine.post(reverse("discussion-new"), sent)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    assert not Discussion.objects.exists()


def test_the_page_says_who_speaks_what_was_said_and_where_all_stand(house: House, mine) -> None:
    discussion = talk(begin(house))
    page = html(mine, at(discussion))
    assert_inert(page)
    for message in said(discussion):
        assert f'id="message-{message.pk}"' in page
    assert_shown(page, said(discussion)[0].position)
    assert_shown(page, discussion.reason)
    note = said(discussion)[0].citations[0]["note_id"]
    assert reverse("note", args=[note]) in page, "a citation opens the note"
    assert page.count('id="fn-1-1"') == 1, "footnotes of two messages have two names"
    assert "決定事項" in page


def test_only_what_happened_is_fetched_again(house: House, mine) -> None:
    discussion = talk(begin(house), turns=1)
    page = html(mine, at(discussion), fragment="talk,seats")
    assert page.count("data-fragment=") == 2
    assert "<html" not in page


def test_the_commander_steers_without_javascript(house: House, mine) -> None:
    discussion, mark = talk(begin(house), turns=1), str(uuid4())
    for _ in range(2):
        answer = mine.post(at(discussion, "say"), {"text": "急いでください。", "client_msg_id": mark})
        assert answer.status_code == 303
    writer = house.team.members.get(role="執筆")
    mine.post(at(discussion, "clarify"), {"persona": str(writer.pk), "question": "なぜですか。"})
    mine.post(at(discussion, "redirect"), {"topic": "在庫"})
    assert [each.kind for each in said(discussion)] == ["speech", "interjection", "clarification", "redirect"]
    mine.post(at(discussion, "pause"))
    assert fresh(discussion).status == "paused"
    mine.post(at(discussion, "resume"))
    mine.post(at(discussion, "end"))
    assert talk(discussion).stop == "commander"


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("say", {"text": ""}),
        ("say", {"text": "x" * 8001}),
        ("clarify", {"persona": "", "question": "なぜ？"}),
        ("clarify", {"persona": str(uuid4()), "question": "なぜ？"}),
        ("redirect", {}),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(
    house: House, mine, action: str, sent: dict[str, str]
) -> None:
    discussion = begin(house)
    answer = mine.post(at(discussion, action), sent, follow=True)
    assert 'class="toast error"' in answer.content.decode()
    assert said(discussion) == []


def test_asking_one_who_is_gone_is_refused_in_words(house: House, mine) -> None:
    discussion = begin(house)
    house.team.members.get(role="執筆").delete()
    answer = mine.post(at(discussion, "clarify"), {"persona": "", "question": "なぜ？"}, follow=True)
    assert 'class="toast error"' in answer.content.decode()


def test_minutes_are_saved_downloaded_and_made_into_tasks(house: House, mine) -> None:
    discussion = talk(begin(house), turns=1)
    discussion_interject(house.user, discussion, text="企画さんは納期を確認してください。")
    discussion = talk(discussion)
    file = mine.get(reverse("discussion-minutes-file", args=[discussion.pk]))
    assert file.content.decode() == discussion.minutes.markdown
    mine.post(at(discussion, "save"))
    assert_shown(html(mine, at(discussion)), fresh(discussion.minutes).note_path)
    answer = mine.post(reverse("discussion-tasks", args=[discussion.pk]))
    assert answer["Location"] == reverse("workflow", args=[Workflow.objects.get().pk])
    assert reverse("workflow", args=[Workflow.objects.get().pk]) in html(mine, at(discussion))


def test_a_question_is_answered_on_the_next_page(house: House, mine) -> None:
    assert_inert(html(mine, reverse("ask")))
    person = house.team.members.get(role="調査")
    sent = {
        "persona": str(person.pk),
        "question": "新製品の納期は？",
        "vault": str(house.vault.pk),
        "once": "q",
    }
    answer = mine.post(reverse("ask"), sent, follow=True)
    page = answer.content.decode()
    assert "3週間" in page
    assert 'id="say"' not in page
    assert mine.post(reverse("ask"), sent)["Location"] == reverse("discussions"), "sent twice, asked once"


def test_a_question_that_failed_can_be_tried_again(house: House, mine, stub) -> None:
    house.use("openai:stub")
    server = stub(lambda asked: "garbage")
    sent = {"persona": str(house.team.members.first().pk), "question": "納期は？"}
    page = mine.post(reverse("ask"), sent, follow=True).content.decode()
    discussion = Discussion.objects.get()
    assert at(discussion, "resume") in page
    server.script = lambda asked: speech("三週間です。")
    mine.post(at(discussion, "resume"))
    talk(discussion)
    assert_shown(html(mine, at(discussion)), "三週間です。")


def test_the_list_narrows(house: House, mine) -> None:
    begin(house, "新製品の価格")
    talk(begin(house, "展示会の準備"))
    page = html(mine, reverse("discussions"))
    assert_inert(page)
    assert "新製品の価格" in page
    assert "展示会の準備" in page
    assert "新製品の価格" not in html(mine, reverse("discussions"), q="展示会")
    assert "展示会の準備" not in html(mine, reverse("discussions"), status="active")
    assert "展示会の準備" in html(mine, reverse("discussions"), status="nonsense")


@pytest.mark.security("S10")
def test_hostile_words_are_shown_as_words(house: House, mine, stub) -> None:
    house.use("openai:stub")
    stub(lambda asked: speech(HOSTILE_MARKDOWN, position=HOSTILE))
    discussion = talk(begin(house, HOSTILE, max_rounds=1, roles=("調査",)))
    discussion = begin(house, HOSTILE, max_rounds=2, roles=("調査",))
    talk(discussion, turns=1)
    discussion_interject(house.user, discussion, text=HOSTILE)
    page = html(mine, at(discussion))
    assert_inert(page)
    assert_shown(page, HOSTILE)
    assert_inert(html(mine, at(talk(discussion))))
    assert_inert(html(mine, reverse("discussions")))


def test_a_reader_sees_no_forms_and_a_stranger_no_page(house: House, teammate, stranger) -> None:
    discussion = talk(begin(house), turns=1)
    share(discussion, teammate)
    page = html(signed_in(teammate), at(discussion))
    assert 'id="say"' not in page
    assert at(discussion, "end") not in page
    html(signed_in(stranger), at(discussion), 404)
    assert signed_in(stranger).post(at(discussion, "say"), {"text": "a"}).status_code == 404
    signed_in(teammate).post(at(discussion, "say"), {"text": "a"})
    assert len(said(discussion)) == 1
    assert html(signed_in(stranger), reverse("discussions")).count("row-") == 0


def test_who_is_not_signed_in_is_asked_to(client, house: House) -> None:
    for address in (reverse("discussions"), reverse("discussion-new"), reverse("ask"), at(begin(house))):
        assert client.get(address).status_code == 302


def test_english_pages(house: House) -> None:
    page = html(signed_in(house.user, "en"), at(talk(begin(house))))
    assert "Participants" in page
    assert "Why it ended:" in page


def test_a_long_talk_shows_its_end(house: House, mine) -> None:
    discussion = begin(house)
    for number in range(310):
        discussion_interject(house.user, discussion, text=f"発言 {number}")
    page = html(mine, at(discussion))
    assert "発言 309" in page
    assert ">発言 9<" not in page
    assert len(page) < 600_000
