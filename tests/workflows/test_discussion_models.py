"""Models that fail, talk nonsense or break off in the middle: what is said of it, and what the reader sees meanwhile."""

import pytest

from tests.factories import persona
from tests.stub import Cut, Raw, secretary
from tests.workflows.conftest import House
from tests.workflows.talking import begin, said, saying, speakers, speech, talk, turn
from workflows.graphs import discussion as graph
from workflows.services import discussion_resume


def test_one_broken_model_silences_one_participant(house: House, stub) -> None:
    house.use("openai:stub", "執筆")
    stub(lambda asked: Raw(status=400))
    discussion = talk(begin(house, max_rounds=2))

    assert discussion.status == "ended"
    failed = [each for each in said(discussion) if each.kind == "system"]
    assert {each.persona.role for each in failed} == {"執筆"}
    assert "発言できませんでした" in failed[0].text
    assert "HTTP 400" in failed[0].text
    assert "canary-key" not in failed[0].text


def test_when_nobodys_model_answers_it_fails_and_can_be_resumed(house: House, stub) -> None:
    house.use("openai:stub")
    server = stub(lambda asked: Raw(status=400))
    discussion = talk(begin(house, roles=("調査", "執筆")))
    assert (discussion.status, discussion.resumes_to) == ("failed", "active")
    assert "HTTP 400" in discussion.reason
    assert len(said(discussion)) == 1

    server.script = saying("聞こえます。")
    discussion_resume(house.user, discussion)
    discussion = talk(discussion)
    assert discussion.status == "ended"
    assert speakers(discussion)[:2] == ["調査", "執筆"]
    assert discussion.reason != ""


def test_minutes_that_fail_can_be_written_later(house: House, stub) -> None:
    moderator = persona(house.user, "進行の森", "進行", model="openai:stub")
    server = stub(lambda asked: Raw(status=400) if asked.job == "minutes" else secretary(asked))
    discussion = talk(begin(house, moderator=moderator.pk))
    assert (discussion.status, discussion.resumes_to, discussion.stop) == (
        "failed",
        "concluding",
        "nothing_new",
    )

    server.script = secretary
    discussion_resume(house.user, discussion)
    discussion = talk(discussion)
    assert (discussion.status, discussion.stop) == ("ended", "nothing_new")
    assert discussion.minutes.markdown


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "やあ",
        "{",
        '{"text": ""}',
        '{"text": "a", "secret": 1}',
        '{"text": 1}',
        "[1]",
        '{"text": "' + "x" * 30_000 + '"}',
    ],
)
def test_garbage_is_asked_again_and_never_stored(house: House, stub, garbage: str) -> None:
    house.use("openai:stub", "調査")
    server = stub(lambda asked: garbage if asked.number < 1 else speech("はい。"))
    discussion = turn(begin(house, roles=("調査", "執筆")))
    assert [each.text for each in said(discussion)] == ["はい。"]
    assert len(server.asked) == 2


def test_a_stream_that_breaks_begins_anew(house: House, stub, monkeypatch: pytest.MonkeyPatch) -> None:
    deltas: list[tuple[int, str]] = []
    monkeypatch.setattr(graph.live, "delta", lambda _stream, _id, offset, text: deltas.append((offset, text)))
    house.use("openai:stub", "調査")
    stub(
        lambda asked: (
            Cut(speech("これは途中で切れる長い発言です。")[:24]) if asked.number < 1 else speech("全部です。")
        )
    )
    discussion = turn(begin(house, roles=("調査", "執筆")))

    assert [each.text for each in said(discussion)] == ["全部です。"]
    restart = max(at for at, (offset, _text) in enumerate(deltas) if offset == 0)
    assert "".join(text for _offset, text in deltas[restart:]) == "全部です。"


def test_what_is_streamed_is_what_is_stored(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told_live: dict[str, str] = {}

    def delta(stream: str, message_id: str, offset: int, text: str) -> None:
        assert offset == len(told_live.get(message_id, ""))
        told_live[message_id] = told_live.get(message_id, "") + text

    monkeypatch.setattr(graph.live, "delta", delta)
    discussion = talk(begin(house))
    assert told_live == {str(each.pk): each.text for each in said(discussion)}
