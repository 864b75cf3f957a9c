"""Workers that are lost, models that fail, two at once: no message twice, none lost, and an honest stop."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from langgraph.errors import GraphDrained

from ai_integration.models import CallRecord
from foundation.core import queue
from foundation.core.leases import claim
from tests.stub import Asked, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import fresh, until
from tests.workflows.talking import begin, said, speech, talk, told, turn
from workflows.engine import discussions
from workflows.engine.checkpoints import FencedSaver
from workflows.engine.discussions import advance_discussion, sweep_discussions, take_turn
from workflows.graphs import discussion as graph
from workflows.models import Discussion, DiscussionMessage
from workflows.services import discussion_interject, discussion_pause, discussion_resume, talking
from workflows.states import TALKING

LONG_AGO = timedelta(hours=1)


class Killed(BaseException):
    """The process is gone."""


def dies_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def dying(*args: Any, **given: Any) -> Any:
        function(*args, **given)
        raise Killed

    return dying


def dies(*_: Any, **__: Any) -> Any:
    raise Killed


def has_gone_on(discussion: Discussion, turns: int) -> bool:
    now = fresh(discussion)
    return now.turn > turns or now.status not in TALKING


def numbers(discussion: Discussion) -> list[int]:
    return [each.number for each in said(discussion)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("step", "turns"),
    [("word_give", 0), ("speech_post", 0), ("speech_post", 3), ("talk_stop", 0), ("minutes_store", 0)],
)
def test_a_worker_that_dies_at_a_write_loses_and_repeats_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, step: str, turns: int, when: str
) -> None:
    whole = talk(begin(house))
    discussion = talk(begin(house), turns=turns)
    original = getattr(talking, step)
    with monkeypatch.context() as now:
        now.setattr(talking, step, dies_after(original) if when == "after" else dies)
        with pytest.raises(Killed):
            talk(discussion)
    discussion = talk(discussion)

    assert [each.text for each in said(discussion)] == [each.text for each in said(whole)]
    assert numbers(discussion) == list(range(1, len(said(whole)) + 1))
    posted = [each["data"]["number"] for each in told(discussion, "discussion.message_posted")]
    assert posted == numbers(discussion)
    assert len(told(discussion, "minutes.written")) == 1
    calls = CallRecord.objects.filter(subject_id=discussion.pk)
    assert set(calls.values_list("attempts", flat=True)) == {1}, "what was paid for is not paid for again"


@pytest.mark.parametrize("at", range(0, 18, 2))
def test_a_worker_that_dies_before_a_checkpoint_loses_and_repeats_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The step before it stands as done in the thread, and the next one is not named there yet."""
    whole = talk(begin(house))
    discussion, puts, original = begin(house), iter(range(1000)), FencedSaver.put

    def put(*args: Any) -> Any:
        if next(puts) == at:
            raise Killed
        return original(*args)

    with monkeypatch.context() as now:
        now.setattr(FencedSaver, "put", put)
        with pytest.raises(Killed):
            talk(discussion)
    discussion = talk(discussion)
    assert [each.text for each in said(discussion)] == [each.text for each in said(whole)]
    assert numbers(discussion) == list(range(1, len(said(whole)) + 1))
    calls = CallRecord.objects.filter(subject_id=discussion.pk)
    assert set(calls.values_list("attempts", flat=True)) == {1}


def test_a_call_that_was_cut_by_the_kill_is_made_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    discussion = begin(house)
    with monkeypatch.context() as now:
        now.setattr(graph.gateway, "stream", dies)
        with pytest.raises(Killed):
            talk(discussion)
    assert fresh(discussion).speaker is not None
    discussion = talk(discussion)
    assert numbers(discussion) == list(range(1, len(said(discussion)) + 1))
    assert len(told(discussion, "discussion.turn_given")) == len(said(discussion))


def test_who_lost_the_lease_says_nothing_any_more(house: House, stub) -> None:
    house.use("openai:stub")
    discussion = begin(house)

    def taken_over(asked: Asked) -> str:
        if asked.job == "speak" and asked.number < 2:
            Discussion.objects.filter(pk=discussion.pk).update(lease_expires_at=timezone.now() - LONG_AGO)
            lease = claim(Discussion, discussion.pk)
            assert lease is not None
            lease.rows().update(lease_owner="", lease_expires_at=None)
        return secretary(asked) if asked.job != "speak" else speech(f"発言 {asked.number}")

    stub(taken_over)
    assert take_turn(discussion.pk) is False
    assert said(discussion) == []
    assert take_turn(discussion.pk) is True
    assert numbers(discussion) == [1]
    assert CallRecord.objects.get(key=f"discussion:{discussion.pk}:0:speak").attempts == 1


def test_two_workers_at_once_take_one_turn(house: House, stub) -> None:
    house.use("openai:stub")
    discussion = begin(house)
    taken: list[bool] = []

    def second() -> None:
        taken.append(take_turn(discussion.pk))
        connection.close()

    def meanwhile(asked: Asked) -> str:
        if asked.job == "speak":
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()
        return secretary(asked)

    stub(meanwhile)
    assert take_turn(discussion.pk) is True
    assert taken == [False]
    assert numbers(discussion) == [1]


def test_the_sweep_finds_what_the_queue_forgot(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(queue, "_publish", lambda name, args: sent.append((name, args)))
    discussion = begin(house)
    message = ("workflows.advance_discussion", (str(discussion.pk),))
    assert sent == [message]
    sent.clear()
    assert sweep_discussions() == 1
    advance_discussion(discussion.pk)
    assert sent == [message, message], "one by the sweep, one for the next turn"
    discussion_pause(house.user, discussion)
    sent.clear()
    assert sweep_discussions() == 0
    discussion_resume(house.user, discussion)
    lease = claim(Discussion, discussion.pk)
    assert lease is not None
    sent.clear()
    assert sweep_discussions() == 0, "somebody holds it"


def test_a_drain_between_two_steps_is_taken_up_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    discussion = begin(house)
    with monkeypatch.context() as now:

        def draining(self: Any, given: Any) -> None:
            raise GraphDrained("stopping")

        now.setattr(discussions.Driven, "go", draining)
        assert take_turn(discussion.pk) is False
    assert fresh(discussion).status == "active"
    assert take_turn(discussion.pk) is True


def test_two_sockets_with_one_message_store_it_once(house: House) -> None:
    discussion, mark = begin(house), uuid4()
    seqs: list[int] = []

    def send() -> None:
        seqs.append(discussion_interject(house.user, discussion, text="はい", client_msg_id=mark).seq)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seqs)) == 1
    assert DiscussionMessage.objects.count() == 1


def test_three_lost_workers_end_it_with_that_reason(house: House) -> None:
    discussion = begin(house)
    for _ in range(3):
        assert claim(Discussion, discussion.pk)
        Discussion.objects.filter(pk=discussion.pk).update(lease_expires_at=timezone.now() - LONG_AGO)
    discussion = turn(discussion)
    assert discussion.status == "failed"
    assert discussion.reason

    discussion_resume(house.user, discussion)
    assert talk(discussion).status == "ended"


def test_deleted_in_the_middle_it_is_gone_quietly(house: House, stub) -> None:
    house.use("openai:stub")
    discussion = begin(house)

    def deleting(asked: Asked) -> str:
        Discussion.objects.filter(pk=discussion.pk).delete()
        return speech("あれ？")

    moderating = [secretary]
    stub(lambda asked: deleting(asked) if asked.job == "speak" else moderating[0](asked))
    assert take_turn(discussion.pk) is False


# The last one: from here on a real worker takes up whatever it finds.
def test_words_thrown_in_while_all_speak_stay_gapless(house: House, worker: Any) -> None:
    discussion = begin(house, max_rounds=3)
    for number in range(5):
        until(partial(has_gone_on, discussion, number))
        if fresh(discussion).status == "active":
            discussion_interject(house.user, discussion, text=f"新製品の納期について {number}")
    until(lambda: fresh(discussion).status == "ended", "the end")

    assert numbers(discussion) == list(range(1, len(said(discussion)) + 1))
    assert [each.seq for each in said(discussion)] == sorted({each.seq for each in said(discussion)})
