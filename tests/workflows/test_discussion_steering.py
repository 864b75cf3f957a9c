"""The commander speaks, asks, turns the topic, pauses and ends, also in the middle of somebody's turn."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from foundation.activity.models import Notification
from foundation.core.errors import Conflict, Forbidden, Invalid
from tests.factories import share
from tests.stub import Asked, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import fresh
from tests.workflows.talking import begin, said, speakers, speech, statuses, talk, told, turn
from workflows.models import Discussion
from workflows.services import (
    discussion_clarify,
    discussion_delete,
    discussion_end,
    discussion_interject,
    discussion_pause,
    discussion_redirect,
    discussion_resume,
)


def while_speaking(act: Callable[[], Any], *, at: int = 1) -> Callable[[Asked], str]:
    """A script: `act` is done while the model thinks about its `at`-th speech."""
    spoken = 0

    def script(asked: Asked) -> str:
        nonlocal spoken
        if asked.job != "speak":
            return secretary(asked)
        spoken += 1
        if spoken == at:
            act()
        return speech(f"発言 {spoken}")

    return script


@pytest.fixture
def spoken(house: House, stub) -> Callable[..., Discussion]:
    """`spoken(act)`: a discussion in whose first turn the commander does something."""

    def begun(act: Callable[[Discussion], Any], **fields: Any) -> Discussion:
        house.use("openai:stub")
        discussion = begin(house, **fields)
        stub(while_speaking(lambda: act(discussion)))
        return turn(discussion)

    return begun


def test_a_word_thrown_in_is_heard_by_the_next_speaker(house: House) -> None:
    discussion = talk(begin(house, "新製品の納期"), turns=1)
    discussion_interject(house.user, discussion, text="大阪の倉庫の在庫は何個ですか。")
    discussion = talk(discussion, turns=1)

    answer = said(discussion)[-1]
    assert "大阪の倉庫には在庫が40個あります" in answer.text
    assert "大阪の倉庫の在庫は何個ですか" in answer.text
    assert answer.heard == 2


def test_a_word_thrown_in_while_somebody_speaks_is_heard_after_it(house: House, spoken) -> None:
    discussion = spoken(lambda it: discussion_interject(house.user, it, text="大阪の在庫は？"))
    first, second = said(discussion)
    assert (first.kind, first.number) == ("interjection", 1)
    assert (second.kind, second.number, second.heard) == ("speech", 2, 0)

    discussion = turn(discussion)
    assert said(discussion)[-1].heard == 2


def test_after_the_last_round_the_commander_is_still_heard(house: House, spoken) -> None:
    discussion = spoken(
        lambda it: discussion_interject(house.user, it, text="もう一つ。"), max_rounds=1, roles=("調査",)
    )
    discussion = talk(discussion)

    assert [each.kind for each in said(discussion)] == ["interjection", "speech", "speech"]
    assert discussion.stop == "rounds_used"


def test_who_is_asked_to_clarify_has_the_word_next(house: House) -> None:
    discussion = talk(begin(house, max_rounds=2), turns=1)
    writer = house.team.members.get(role="レビュー")
    discussion_clarify(house.user, discussion, persona=writer.pk, question="納期は何週間ですか。")
    discussion = talk(discussion, turns=1)

    question, answer = said(discussion)[-2:]
    assert (answer.persona, answer.reply_to) == (writer, question)
    assert "3週間" in answer.text
    discussion = talk(discussion)
    assert speakers(discussion)[2:5] == ["執筆", "企画", "レビュー"], "its own turn of the round is not lost"


def test_the_places_are_named_to_who_asks_for_them(house: House) -> None:
    discussion = talk(begin(house, roles=("調査", "企画")), turns=1)
    asked = house.team.members.get(role="調査")
    discussion_clarify(house.user, discussion, persona=asked.pk, question="それはどこに書いてありますか？")
    discussion = talk(discussion, turns=1)

    answer = said(discussion)[-1]
    assert "価格.md 5行目" in answer.text
    assert {each["quote"] for each in answer.citations} <= {
        each["quote"] for each in said(discussion)[0].citations
    }


def test_a_redirect_turns_the_topic_and_the_rounds_begin_anew(house: House) -> None:
    discussion = talk(begin(house, "新製品の価格", max_rounds=1), turns=3)
    discussion_redirect(house.user, discussion, topic="大阪の倉庫の在庫")
    discussion = talk(discussion)

    assert (discussion.topic, discussion.first_topic) == ("大阪の倉庫の在庫", "新製品の価格")
    assert speakers(discussion) == ["調査", "執筆", "企画", "調査", "執筆", "企画", "レビュー"]
    assert "40個" in said(discussion)[4].text
    assert "新製品の価格 → 大阪の倉庫の在庫" in discussion.minutes.markdown


def test_a_speech_on_the_old_topic_counts_for_the_old_topic(house: House, spoken) -> None:
    discussion = spoken(lambda it: discussion_redirect(house.user, it, topic="在庫"), max_rounds=1)
    discussion = talk(discussion)
    assert speakers(discussion) == ["調査", "調査", "執筆", "企画", "レビュー"]


def test_a_pause_hears_out_who_speaks(house: House, spoken) -> None:
    discussion = spoken(lambda it: discussion_pause(house.user, it))
    assert (discussion.status, len(said(discussion))) == ("paused", 1)
    assert talk(discussion).turn == 1

    discussion_resume(house.user, discussion)
    discussion = turn(discussion)
    assert (discussion.status, discussion.turn) == ("active", 2)


def test_an_end_hears_out_who_speaks_and_then_the_minutes_are_written(house: House, spoken) -> None:
    discussion = spoken(lambda it: discussion_end(house.user, it))
    assert (discussion.status, len(said(discussion))) == ("concluding", 1)

    discussion = talk(discussion)
    assert (discussion.status, discussion.stop, len(said(discussion))) == ("ended", "commander", 1)
    assert "司令塔が終了しました" in discussion.minutes.markdown


def test_an_end_before_anybody_spoke_has_minutes_too(house: House) -> None:
    discussion = begin(house)
    discussion_end(house.user, discussion)
    discussion = talk(discussion)
    assert discussion.status == "ended"
    assert discussion.minutes.positions == []


def test_a_paused_discussion_can_be_ended(house: House) -> None:
    discussion = talk(begin(house), turns=1)
    discussion_pause(house.user, discussion)
    discussion_end(house.user, discussion)
    assert talk(discussion).stop == "commander"


def test_an_answer_wakes_who_waits_for_it(house: House) -> None:
    discussion = talk(begin(house, "？？？"))
    assert discussion.status == "waiting_for_human"
    discussion_interject(house.user, discussion, text="新製品の納期についてです。")
    discussion = talk(discussion)

    assert statuses(discussion) == ["waiting_for_human", "active", "concluding", "ended"]
    assert "3週間" in said(discussion, "speech")[0].text


def test_an_answer_given_during_a_pause_is_enough(house: House) -> None:
    discussion = talk(begin(house, "？？？"))
    discussion_pause(house.user, discussion)
    discussion_interject(house.user, discussion, text="新製品の納期についてです。")
    assert fresh(discussion).status == "paused"
    assert discussion_resume(house.user, discussion).status == "active"


def test_going_on_without_an_answer(house: House) -> None:
    discussion = talk(begin(house, "？？？"))
    discussion_resume(house.user, discussion)
    discussion = talk(discussion, turns=1)
    assert discussion.status == "waiting_for_human", "there is still nothing to talk about"
    assert len(said(discussion)) == 2


def test_the_owner_is_told_when_it_waits_and_when_it_ends(house: House) -> None:
    talk(begin(house, "？？？"))
    talk(begin(house))
    notes = Notification.objects.filter(user=house.user, type="discussion.status_changed")
    assert notes.count() == 2


def test_a_message_is_stored_once_however_often_it_comes(house: House) -> None:
    discussion, mark = begin(house), uuid4()
    first = discussion_interject(house.user, discussion, text="はい", client_msg_id=mark)
    again = discussion_interject(house.user, discussion, text="はい", client_msg_id=mark)
    assert (again.pk, again.seq) == (first.pk, first.seq)
    assert len(told(discussion, "discussion.message_posted")) == 1

    talk(discussion)
    late = discussion_interject(house.user, discussion, text="はい", client_msg_id=mark)
    assert late.seq == first.seq, "also after the end"


def test_what_comes_too_late_is_refused(house: House) -> None:
    discussion = talk(begin(house))
    member = house.team.members.first()
    for late in (
        lambda: discussion_interject(house.user, discussion, text="まだあります"),
        lambda: discussion_redirect(house.user, discussion, topic="ほかの話"),
        lambda: discussion_clarify(house.user, discussion, persona=member.pk, question="なぜ？"),
        lambda: discussion_pause(house.user, discussion),
        lambda: discussion_resume(house.user, discussion),
        lambda: discussion_end(house.user, discussion),
    ):
        with pytest.raises(Conflict):
            late()


def test_nobody_is_asked_who_does_not_take_part(house: House) -> None:
    discussion = begin(house, roles=("調査", "執筆"))
    outside = house.team.members.get(role="企画")
    with pytest.raises(Invalid):
        discussion_clarify(house.user, discussion, persona=outside.pk, question="なぜ？")
    house.team.members.filter(role="執筆").update(is_active=False)
    inactive = house.team.members.get(role="執筆")
    with pytest.raises(Invalid):
        discussion_clarify(house.user, discussion, persona=inactive.pk, question="なぜ？")


def test_who_was_asked_and_left_stops_nobody(house: House) -> None:
    discussion = talk(begin(house), turns=1)
    asked = house.team.members.get(role="執筆")
    discussion_clarify(house.user, discussion, persona=asked.pk, question="倉庫の家賃はいくらですか。")
    house.team.members.filter(pk=asked.pk).update(is_active=False)
    discussion = talk(discussion)
    assert discussion.status == "ended"
    assert any("倉庫の家賃" in each for each in discussion.minutes.open_questions)


def test_only_who_may_steer_steers(house: House, teammate, stranger) -> None:
    discussion = begin(house)
    share(discussion, teammate)
    for actor in (teammate, stranger):
        with pytest.raises(Forbidden):
            discussion_interject(actor, discussion, text="はい")
        with pytest.raises(Forbidden):
            discussion_end(actor, discussion)
    share(discussion, teammate, "comment")
    assert discussion_interject(teammate, discussion, text="ひとこと").user == teammate
    with pytest.raises(Forbidden):
        discussion_end(teammate, discussion)
    share(discussion, teammate, "operate")
    message = discussion_interject(teammate, discussion, text="はい")
    assert (message.user, message.author) == (teammate, str(teammate))


def test_what_still_runs_is_not_deleted(house: House) -> None:
    discussion = begin(house)
    with pytest.raises(Conflict):
        discussion_delete(house.user, discussion)
    discussion_delete(house.user, talk(discussion))
    assert not Discussion.objects.exists()


@pytest.mark.parametrize("text", ["", " \u3000\n", "\x00", "x" * 8001])
def test_empty_and_endless_words_are_refused(house: House, text: str) -> None:
    with pytest.raises(Invalid):
        discussion_interject(house.user, begin(house), text=text)
