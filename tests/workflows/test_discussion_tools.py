"""Tools in a discussion: looked up before something is said, asked about where they must be, and made once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_integration.models import CallRecord
from plans.models import ApprovalRequest
from plans.services import request_decide
from tests.stub import Calls
from tests.tool_servers import allow
from tests.workflows.talking import said, talk, told, turn
from tests.workflows.tooling import APPEND, Scene, wake
from workflows.models import Discussion
from workflows.services import discussion_end, discussion_pause, discussion_resume

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def spoken_with(scene: Scene) -> list[tuple[str, str]]:
    """What the speaker was told that its tools answered, in the last brief of a speech."""
    brief = next(each.brief for each in reversed(scene.stub.asked) if each.job == "speak")
    return [(each.tool, each.text) for each in brief.tool_results]


def parked(scene: Scene, **arguments: Any) -> tuple[Discussion, ApprovalRequest]:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "ask me"} | arguments),))]
    discussion = turn(scene.talk())
    assert (discussion.status, scene.effects()) == ("waiting_for_human", [])
    return discussion, scene.asked()


def test_an_allowed_tool_is_called_once_before_its_speaker_speaks(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append")
    scene.steps = [Calls(((APPEND, {"text": "one"}), (APPEND, {"text": "two"})))]
    discussion = turn(scene.talk())
    assert [each["text"] for each in scene.effects()] == ["one", "two"]
    assert spoken_with(scene) == [("hostile/append", "appended")] * 2
    assert [each.author for each in said(discussion, "speech")] == ["道具係"]
    happened = ("discussion.step_began", "tool.called", "tool.answered", "discussion.message_posted")
    assert [each["type"] for each in told(discussion, *happened)] == [
        "discussion.step_began", *["tool.called", "tool.answered"] * 2, "discussion.step_began", "discussion.message_posted",
    ]  # fmt: skip
    calls = CallRecord.objects.filter(subject_id=discussion.pk).order_by("created_at")
    assert list(calls.values_list("job", flat=True)) == ["moderate", "step", "tool", "tool", "step", "speak"]
    assert {each.context["thread"] for each in calls.filter(job="tool")} == {f"discussion:{discussion.pk}"}
    assert talk(discussion).status == "ended"
    assert len(scene.effects()) == 2


def test_a_tool_that_asks_lets_the_turn_wait_until_its_exact_call_is_approved(scene: Scene) -> None:
    discussion, request = parked(scene)
    assert request.payload["discussion"] == str(discussion.pk)
    assert request.payload["arguments"] == {"text": "ask me"}
    wake()
    assert turn(discussion).status == "waiting_for_human"
    request_decide(scene.owner, request, "approve", arguments={"text": "just right"})
    wake()
    discussion = turn(discussion)
    assert [each["text"] for each in scene.effects()] == ["just right"]
    assert spoken_with(scene) == [("hostile/append", "appended")]
    assert (discussion.turn, [each.author for each in said(discussion, "speech")]) == (1, ["道具係"])


def test_a_refusal_is_told_to_the_speaker_who_speaks_all_the_same(scene: Scene) -> None:
    discussion, request = parked(scene)
    request_decide(scene.owner, request, "reject", comment="Not today")
    wake()
    turn(discussion)
    assert scene.effects() == []
    assert "Not today" in scene.told()[0]
    assert [each.author for each in said(discussion, "speech")] == ["道具係"]


def test_what_is_remembered_holds_for_this_discussion_alone(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "first"}),)), Calls(((APPEND, {"text": "second"}),))]
    discussion = turn(scene.talk())
    request_decide(scene.owner, scene.asked(), "approve", remember="run")
    wake()
    turn(discussion)
    assert [each["text"] for each in scene.effects()] == ["first", "second"]
    other = scene.talk(among=[each.persona for each in discussion.seats.all()])
    assert turn(other).status == "waiting_for_human"


def test_resuming_by_hand_asks_anew(scene: Scene) -> None:
    discussion, request = parked(scene)
    discussion_pause(scene.owner, discussion)
    request.refresh_from_db()
    assert request.status == "withdrawn"
    discussion_resume(scene.owner, discussion)
    assert turn(discussion).status == "waiting_for_human"
    again = scene.asked()
    assert again.pk != request.pk
    request_decide(scene.owner, again, "approve")
    wake()
    turn(discussion)
    assert len(scene.effects()) == 1


def test_ending_it_makes_no_call_that_nobody_allowed(scene: Scene) -> None:
    discussion, request = parked(scene)
    discussion_end(scene.owner, discussion)
    assert talk(discussion).status == "ended"
    request.refresh_from_db()
    assert (request.status, scene.effects()) == ("withdrawn", [])


@pytest.mark.parametrize(
    ("answer", "status", "times"),
    [("happened", "active", 1), ("stop", "failed", 1), ("not_happened", "waiting_for_human", 2)],
)
def test_an_effect_that_nobody_saw_the_end_of_is_asked_about(
    scene: Scene, answer: str, status: str, times: int
) -> None:
    allow(scene.owner, scene.server, "append")
    scene.steps = [Calls(((APPEND, {"text": "paid", "then_die": True}),))]
    discussion = turn(scene.talk())
    request = scene.asked("unknown_effect")
    wake()
    turn(discussion)
    assert len(scene.effects()) == 1
    request_decide(scene.owner, request, "answer", answer=answer)
    wake()
    discussion = turn(discussion)
    assert (discussion.status, len(scene.effects())) == (status, times)
    if answer == "stop":
        discussion_resume(scene.owner, discussion)
        assert turn(discussion).status == "active"
        assert len(scene.effects()) == 1
        assert [each.author for each in said(discussion, "speech")] == ["道具係"]


def test_notes_that_were_looked_up_can_be_cited(scene: Scene, tmp_path: Path) -> None:
    from knowledge.services import vault_register, vault_sync

    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "lamp.md").write_text("# Prices\n\nThe zirconium lantern costs 100 yen.\n")
    vault = vault_register(scene.owner, name="V", path=str(tmp_path / "vault"))
    vault_sync(vault)
    scene.steps = [Calls((("search_notes", {"query": "zirconium lantern"}),))]
    turn(scene.talk("vault", vault=vault.pk))
    assert "zirconium lantern costs 100 yen" in scene.told()[0]
    brief = next(each.brief for each in reversed(scene.stub.asked) if each.job == "speak")
    assert any("zirconium lantern" in each.text for each in brief.passages)


def test_one_question_says_that_it_waits_and_is_answered_afterwards(
    scene: Scene, api: Callable[[Any], Any]
) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "ask me"}),))]
    persona = scene.talk().seats.first().persona
    asked = {"persona": str(persona.pk), "question": "Which lamp?"}
    answer = api(scene.owner).post("/api/v1/discussions/ask/", asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "approval_required")
    waiting = Discussion.objects.get(pk=answer.json()["error"]["details"]["discussion"])
    request_decide(scene.owner, scene.asked(), "approve")
    wake()
    assert talk(waiting).status == "ended"
    assert len(scene.effects()) == 1
    assert said(waiting, "speech")


def test_the_page_shows_what_was_called_and_what_waits(scene: Scene, client: Any) -> None:
    discussion, request = parked(scene)
    client.force_login(scene.owner)
    waiting = client.get(f"/discussions/{discussion.pk}/").content.decode()
    assert "hostile/append" in waiting
    shown = client.get(f"/approvals/{request.pk}/").content.decode()
    assert f"/discussions/{discussion.pk}/" in shown
    request_decide(scene.owner, request, "approve")
    wake()
    turn(discussion)
    page = client.get(f"/discussions/{discussion.pk}/").content.decode()
    assert 'data-standing="answered"' in page
    assert "ask me" in page
