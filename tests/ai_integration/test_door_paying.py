"""What a server of tools asks of models while one of its tools is called is that call's own: paid once, within its budgets, and
cancelled with it."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from ai_integration import gateway
from ai_integration.gateway import asking, loop
from ai_integration.models import Budget, CallRecord, McpServer, Reservation, Spending
from ai_integration.services import Purpose, budget_remove, budget_set, credential_create, fallbacks_set
from foundation.core.errors import DomainError
from tests.ai_integration.asking import asked_models, call, heard, letting_go, one, until_cancelled
from tests.ai_integration.conftest import PAL_KEY
from tests.stub import Asked, Raw, Stall, Stub
from tests.tool_servers import close_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="its program is a script with a first line of its own"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_environment", "servers_closed"),
]


@pytest.fixture(autouse=True)
def _asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECK_SECONDS", 0.1)


def test_it_is_paid_by_the_tool_call_in_progress(server: McpServer, owner: Any, serving: Stub) -> None:
    subject, persona, project = uuid4(), uuid4(), uuid4()
    made = call(owner, "k", one("hello"), subject=subject, persona_id=persona, project_id=project)
    [(status, body)] = heard(made)
    assert (status, body["choices"][0]["message"]["content"]) == (200, "answer to hello")
    assert body["usage"] == {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    [record] = asked_models()
    assert (record.owner, record.subject_id, record.persona_id) == (owner, subject, persona)
    assert (record.project_id, record.persona_name) == (project, "Ann")
    assert (record.provider, record.model, record.status) == ("compatible", "stub", "finished")
    assert (record.tokens_in, record.tokens_out) == (11, 7)
    assert record.key.startswith("k:ask:")
    assert record.context == {"tool": "pal/ask", "tool_call": str(made.pk)}
    assert serving.keys == [f"Bearer {PAL_KEY}"]


def test_like_requests_of_one_call_are_two_and_a_replay_pays_none(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    made = call(owner, "k", one("twice"), one("twice"), one("once"))
    assert [each[0] for each in heard(made)] == [200] * 3
    assert len(serving.asked) == 3
    CallRecord.objects.filter(pk=made.pk).update(status="started", answer=None)  # its worker was lost
    again = call(owner, "k", one("other arguments, which a replay does not send"))
    assert [each[1]["choices"][0]["message"]["content"] for each in heard(again)] == [
        "answer to twice", "answer to twice", "answer to once",
    ]  # fmt: skip
    assert len(serving.asked) == 3
    assert len(asked_models()) == 3


def test_a_hard_budget_stops_it_before_the_call_and_what_was_answered_is_not_paid_again(
    server: McpServer, owner: Any, serving: Stub, settings: Any
) -> None:
    settings.AI_MAX_OUTPUT_TOKENS = 100
    budget_set(owner, scope="installation", period="month", tokens=250)
    long = one("x" * 200)  # sets aside more than is left after the first
    with pytest.raises(gateway.BudgetExceeded) as stopped:
        call(owner, "k", one("short"), long, one("not even tried"))
    assert stopped.value.details["tokens_limit"] == 250
    assert [each.messages[-1]["content"] for each in serving.asked] == ["short"]
    parked = CallRecord.objects.get(key="k")
    assert (parked.status, parked.ending, parked.answer) == ("awaiting_approval", "budget", None)
    assert [each.status for each in asked_models()] == ["finished", "awaiting_approval"]
    assert not Reservation.objects.exists()
    assert Spending.objects.get().tokens == 18
    budget_remove(owner, Budget.objects.get())
    made = call(owner, "k", one("short"), long, one("not even tried"))
    assert [each[0] for each in heard(made)] == [200] * 3
    assert len(serving.asked) == 3  # the first was not asked again


def test_a_model_that_is_away_has_others_stand_in_but_not_the_built_in_secretary(
    server: McpServer, owner: Any, serving: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.01)
    with Stub(lambda _: "The other one.") as other:
        given = {"base_url": other.url, "label": "other", "shared": True}
        credential_create(owner, provider="compatible", **given)
        fallbacks_set(owner, fallbacks=["builtin", "compatible/other:stub"])
        serving.script = lambda _: Raw(503)
        [(status, body)] = heard(call(owner, "k", one("hello")))
        assert (status, body["choices"][0]["message"]["content"]) == (200, "The other one.")
        fallbacks_set(owner, fallbacks=["builtin"])
        [(status, body)] = heard(call(owner, "k2", one("hello")))
    assert (status, body["error"]["code"]) == (424, "provider_failed")
    record = asked_models()[0]
    assert (record.ending, [each["model"] for each in record.tried]) == ("stood_in", ["compatible:stub"])


def test_a_person_who_tries_a_tool_past_a_budget_hears_so(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    budget_set(owner, scope="installation", period="month", tokens=1)
    tool, given = server.tools.get(name="ask"), {"requests": [one("hello")]}
    with pytest.raises(gateway.BudgetExceeded):
        gateway.try_tool(owner, server, tool, given, key="hand")
    record = CallRecord.objects.get(key="hand")
    assert (record.status, record.ending) == ("failed", "budget")
    assert serving.asked == []


def test_a_session_that_is_closed_takes_its_question_with_it(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    over, begun = threading.Event(), threading.Event()

    def stall(_asked: Asked) -> Stall:
        begun.set()
        return Stall("and then", over)

    serving.script = stall
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(letting_go, call, owner, "k", one("hello"))
        try:
            assert begun.wait(30)
            close_all()
            with pytest.raises(DomainError):
                doing.result(60)
            until_cancelled()
        finally:
            over.set()
    assert serving.left == 1
    assert not Reservation.objects.exists()


def test_work_that_is_not_wanted_any_more_asks_nothing(server: McpServer, owner: Any, serving: Stub) -> None:
    over, wanted = threading.Event(), True

    def stall(_asked: Asked) -> Stall:
        nonlocal wanted
        wanted = False
        return Stall("and then", over)

    serving.script = stall
    made = call(owner, "k", one("hello"), one("and more"), wanted=lambda: wanted)
    over.set()
    assert [(each[0], each[1]["error"]["code"]) for each in heard(made)] == [(409, "call_cancelled")] * 2
    assert (len(serving.asked), serving.left) == (1, 1)


def test_two_tasks_that_call_together_are_each_charged_their_own(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    subjects = [uuid4() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        doing = [
            pool.submit(letting_go, call, owner, f"k{number}", one(f"{number}a"), one(f"{number}b"), subject=subject)
            for number, subject in enumerate(subjects)
        ]  # fmt: skip
        made = [each.result(60) for each in doing]
    for number, subject in enumerate(subjects):
        texts = [each[1]["choices"][0]["message"]["content"] for each in heard(made[number])]
        assert texts == [f"answer to {number}a", f"answer to {number}b"]
        own = CallRecord.objects.filter(job="tool_model", subject_id=subject).order_by("created_at")
        assert [each.answer["text"] for each in own] == texts


def test_whoever_waits_too_long_for_a_turn_is_told_and_nothing_is_called(
    server: McpServer, owner: Any, serving: Stub, settings: Any
) -> None:
    over, begun = threading.Event(), threading.Event()

    def stall(asked: Asked) -> Stall | str:
        begun.set()
        return "answer" if over.is_set() else Stall("and then", over)

    serving.script = stall
    settings.CALL_QUEUE_SECONDS = 1
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(letting_go, call, owner, "first", one("hello"))
        try:
            assert begun.wait(30)
            with translation.override("en"), pytest.raises(gateway.ToolUnavailable) as told:
                call(owner, "second", one("me too"))
        finally:
            over.set()
        doing.result(60)
    assert str(told.value) == "The server is busy with other calls; within 1 s none of its turns was free."
    assert {each.messages[-1]["content"] for each in serving.asked} == {"hello"}
    assert heard(call(owner, "third", one("and now")))[0][0] == 200


def test_a_straggler_of_a_call_that_timed_out_is_not_charged_to_the_next(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    server.timeout_seconds = 1
    server.save()
    lost, kept = uuid4(), uuid4()
    purpose = Purpose(key="lost", job="tool", owner_id=owner.pk, subject_id=lost)
    with pytest.raises(gateway.ToolUnavailable):
        gateway.call_tool(purpose, gateway.Asked("pal", "straggle", {"request": one("")}))
    server.timeout_seconds = 60
    server.save()
    mine = [one(f"mine {number}") for number in range(20)]  # long enough for a straggler to come in between
    made = call(owner, "kept", *mine, subject=kept)
    assert {each[0] for each in heard(made)} == {200}
    until_cancelled()
    own = CallRecord.objects.filter(job="tool_model", subject_id=kept).order_by("created_at")
    assert [each.answer["text"] for each in own] == [f"answer to mine {number}" for number in range(20)]
    assert CallRecord.objects.filter(job="tool_model", subject_id=lost).exists()
