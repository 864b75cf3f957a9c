"""Discussions with the built-in secretary over real notes: the order, the stops, and that nothing is made up."""

import re

import pytest

from ai_integration.models import CallRecord
from knowledge.models import Note
from personas.models import Persona
from tests.factories import persona, share
from tests.stub import secretary
from tests.workflows.conftest import House
from tests.workflows.talking import begin, said, saying, speakers, speech, statuses, talk, told, turn
from workflows.models import Discussion
from workflows.services import discussion_create, discussion_interject

QUOTED = re.compile(r"「(.+?)」\[[a-z0-9-]+\]")


def test_each_speaks_in_turn_until_nobody_has_anything_new(house: House) -> None:
    discussion = talk(begin(house, max_rounds=5))

    assert (discussion.status, discussion.stop) == ("ended", "nothing_new")
    assert "新しく付け加えることがありませんでした" in discussion.reason
    assert statuses(discussion) == ["concluding", "ended"]
    order = speakers(discussion)
    assert order == (["調査", "執筆", "企画", "レビュー"] * 5)[: len(order)]
    assert [each.number for each in said(discussion)] == list(range(1, len(order) + 1))
    assert [each.turn for each in said(discussion)] == list(range(len(order)))
    assert all(each.done for each in said(discussion)[-4:])


def test_what_is_said_stands_in_the_notes(house: House) -> None:
    discussion = talk(begin(house))
    notes = {note.path: (house.folder / note.path).read_text() for note in Note.objects.all()}

    cited = [citation for message in said(discussion) for citation in message.citations]
    assert cited
    for each in cited:
        assert each["quote"] in notes[each["note"]]
        assert each["quote"].splitlines()[0] in notes[each["note"]].splitlines()[each["line"] - 1]
    shown = [quote for message in said(discussion) for quote in QUOTED.findall(message.text)]
    assert shown
    assert all(any(quote in text for text in notes.values()) for quote in shown)


def test_nothing_is_quoted_twice(house: House) -> None:
    discussion = talk(begin(house))
    quotes = [each["quote"] for message in said(discussion) for each in message.citations]
    assert len(quotes) == len(set(quotes))


def test_a_topic_that_the_notes_do_not_know_is_called_that(house: House) -> None:
    discussion = talk(begin(house, "火星の温泉旅館の経営方針について"))

    assert discussion.stop == "nothing_new"
    assert not [each for message in said(discussion) for each in message.citations]
    assert "見つかりませんでした" in said(discussion)[0].text
    assert discussion.minutes.decisions == []
    assert "ありません" in discussion.minutes.open_questions[0]


def test_a_topic_without_words_waits_for_the_commander(house: House) -> None:
    discussion = talk(begin(house, "？？？"))

    assert (discussion.status, discussion.stop) == ("waiting_for_human", "needs_commander")
    [question] = said(discussion)
    assert (question.kind, question.persona, question.user) == ("clarification", None, None)


def test_english_is_answered_in_english(house: House) -> None:
    discussion = talk(begin(house, "What does the new lamp cost, and when does it ship?"))

    quotes = [each["quote"] for message in said(discussion) for each in message.citations]
    assert any("The new lamp costs 120 euros." in quote for quote in quotes)
    assert "## Decisions" in discussion.minutes.markdown
    assert "no one had anything new" in discussion.minutes.markdown


def test_rounds_end_a_talk_that_does_not_end_itself(house: House, stub) -> None:
    house.use("openai:stub")

    stub(saying("まだあります。"))
    discussion = talk(begin(house, max_rounds=2))

    assert (discussion.stop, len(said(discussion))) == ("rounds_used", 8)
    assert [each.round for each in said(discussion)] == [1] * 4 + [2] * 4
    assert told(discussion, "discussion.turn_given")[4]["data"]["round"] == 2


def test_the_moderator_has_the_last_word_and_it_is_kept(house: House, stub) -> None:

    house.use("openai:stub")
    moderator = persona(house.user, "進行の森", "進行", model="openai:stub")
    words = saying("はい。")

    def script(asked):
        if asked.job != "moderate":
            return words(asked)
        if len(asked.brief.turns) == 2:
            return '{"stop": "agreed", "reason": "二人とも同じ案です。"}'
        return speech("", next=asked.brief.participants[1].name).replace('"text": "", ', "")

    stub(script)
    discussion = talk(begin(house, roles=("調査", "企画"), moderator=moderator.pk))

    assert speakers(discussion) == ["企画", "企画"]
    assert (discussion.stop, discussion.reason) == ("agreed", "二人とも同じ案です。")
    assert "二人とも同じ案です。" in discussion.minutes.markdown
    assert "進行の森" in discussion.minutes.markdown


@pytest.mark.parametrize("nonsense", ["{}", '{"next": "誰か"}', '{"stop": "rounds_used"}', "?"])
def test_a_moderator_without_sense_leaves_it_to_the_order(house: House, stub, nonsense: str) -> None:

    moderator = persona(house.user, "進行の森", "進行", model="openai:stub")
    stub(lambda asked: nonsense if asked.job == "moderate" else secretary(asked))
    discussion = talk(begin(house, moderator=moderator.pk, max_rounds=1))

    assert speakers(discussion) == ["調査", "執筆", "企画", "レビュー"]
    assert discussion.stop == "rounds_used"


def test_who_is_switched_off_meanwhile_is_passed_over(house: House) -> None:
    discussion = talk(begin(house, max_rounds=3), turns=1)
    house.team.members.filter(role="執筆").update(is_active=False)
    house.team.members.get(role="企画").delete()
    discussion = talk(discussion, turns=3)

    assert speakers(discussion)[:4] == ["調査", "レビュー", "調査", "レビュー"]
    assert [seat.name for seat in discussion.seats.all()][2] == "秘書室 企画", "who took part is remembered"


def test_without_anybody_left_it_ends_with_minutes(house: House) -> None:
    discussion = talk(begin(house), turns=1)
    Persona.objects.update(is_active=False)
    discussion = talk(discussion)

    assert (discussion.status, discussion.stop) == ("ended", "nobody_left")
    assert discussion.minutes.positions


def test_two_of_one_name_are_told_apart(house: House, stranger) -> None:
    mine, theirs = persona(house.user, "水野"), persona(stranger, "水野")

    share(theirs, house.user, "operate")
    discussion = discussion_create(house.user, topic="納期", participants=[mine.pk, theirs.pk])

    assert [seat.name for seat in discussion.seats.all()] == ["水野", "水野 2"]


def test_the_minutes_say_what_was_said_and_assign_what_was_asked(house: House) -> None:

    discussion = talk(begin(house), turns=1)
    discussion_interject(
        house.user, discussion, text="価格は1万2千円に決定しました。企画さんは納期を確認してください。"
    )
    discussion = talk(discussion)

    minutes = discussion.minutes
    assert minutes.positions[0]["name"] == "秘書室 調査"
    assert "1万2千円に決定しました" in minutes.decisions[0]
    assert "卸価格は9千円に決まりました" in "".join(minutes.decisions)
    [action] = [each for each in minutes.actions if "確認してください" in each["title"]]
    assert action["owner"] == "秘書室 企画"
    assert action["owner_id"] == str(house.team.members.get(role="企画").pk)
    assert minutes.model == "内蔵秘書（生成AIなし）"
    for heading in ("まとめ", "各自の立場", "決定事項", "未決事項", "アクション", "出典"):
        assert f"## {heading}\n" in minutes.markdown


def test_every_call_is_kept_and_none_is_made_twice(house: House) -> None:
    discussion = talk(begin(house))
    calls = CallRecord.objects.filter(subject_id=discussion.pk)

    assert calls.count() == calls.filter(attempts=1, status="finished").count()
    assert calls.filter(job="speak").count() == len(said(discussion))
    assert calls.filter(job="minutes").count() == 1


def test_a_long_talk_is_told_in_short(house: House, stub) -> None:

    house.use("openai:stub")
    server = stub(saying("長い話です。" * 600, position="これがよい"))
    discussion = begin(house, max_rounds=4, roles=("調査", "執筆"))
    talk(discussion)

    last = server.of("speak")[-1].brief
    assert len(last.turns) < 8
    assert last.earlier
    assert last.earlier[0].position == "これがよい"
    assert sum(len(each.text) for each in last.turns) <= 24_000


def test_a_passage_keeps_its_mark_through_the_whole_discussion(house: House) -> None:
    discussion = talk(begin(house))
    marks: dict[tuple, set[str]] = {}
    for message in said(discussion):
        for place in message.passages:
            marks.setdefault((place["note"], place["line"], place["text"]), set()).add(place["ref"])
    assert marks
    assert all(len(refs) == 1 for refs in marks.values())


def test_unfounded_citations_are_taken_out_and_told(house: House, stub) -> None:

    house.use("openai:stub", "調査")
    stub(
        lambda asked: speech(
            "安いです。[t1-1][x-9]", citations=[{"ref": "t1-1", "quote": "ただで配っています"}]
        )
    )
    discussion = turn(begin(house))

    [message] = said(discussion)
    assert message.citations == []
    assert "[t1-1]" not in message.text
    assert "外しました" in message.text


def test_no_discussion_needs_a_vault(house: House) -> None:
    discussion = talk(begin(house, vault=None))
    assert (discussion.status, discussion.stop) == ("ended", "nothing_new")


def test_it_is_its_owners(house: House) -> None:
    discussion = begin(house)
    assert Discussion.objects.permitted(house.user, "operate").get() == discussion
