"""The gateway against a model server that answers well, badly, late or not at all."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from ai_integration import gateway
from ai_integration.gateway import AnswerInvalid, ProviderFailed
from ai_integration.jobs import PlanDraft
from ai_integration.models import CallRecord
from ai_integration.services import Purpose
from foundation.core.errors import Invalid
from personas.prompts import Speaker, render
from tests.ai_integration.briefs import BRIEF
from tests.stub import Asked, Raw, Script, Stub, secretary

pytestmark = pytest.mark.django_db(transaction=True)

type Stubbed = Callable[..., Stub]


def ask(key: str = "k", model: str = "openai:stub", **given: Any) -> gateway.Outcome[PlanDraft]:
    purpose = Purpose(key=key, job="plan", owner_id=None, persona_name="Mizuno")
    messages = render(Speaker("Mizuno", "researcher"), BRIEF)
    return gateway.complete(purpose, model=model, messages=messages, shape=PlanDraft, **given)


def record(key: str = "k") -> CallRecord:
    return CallRecord.objects.get(key=key)


def first(reply: str | Raw, then: Script = secretary) -> Script:
    """A script that says `reply` once, and then does better."""
    return lambda asked: reply if asked.number == 0 else then(asked)


def test_a_call_is_kept_with_what_it_cost(stub: Stubbed) -> None:
    stub()
    outcome = ask()
    call = record()
    assert (call.status, call.attempts, call.provider, call.model) == ("finished", 1, "openai", "stub")
    assert (call.tokens_in, call.tokens_out) == (11, 7)
    assert PlanDraft.model_validate(call.answer) == outcome.answer
    assert outcome.replayed is False


def test_a_finished_call_is_never_made_again(stub: Stubbed) -> None:
    server = stub()
    before = ask()
    again = ask()
    assert again.replayed
    assert again.answer == before.answer
    assert len(server.asked) == 1
    assert record().attempts == 1


def test_the_server_says_the_same_as_the_built_in_secretary(stub: Stubbed) -> None:
    stub()
    assert ask("a").answer == ask("b", model="builtin").answer


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I would rather not.",
        '{"title": "x", "items": [',
        '{"title": "x", "items": []}',
        '{"title": "x", "items": [{"key": "a"}], "secret": 1}',
        '{"title": ' * 5_000,
        '{"title": "\\ud800", "items": [{"key": "a", "title": "t", "role": "r"}]}',
        "[1, 2, 3]",
        "\x00\x01\x02",
    ],
    ids=["nothing", "prose", "half", "empty", "foreign", "deep", "surrogate", "list", "bytes"],
)
def test_garbage_is_sent_back_once_and_then_refused(stub: Stubbed, reply: str) -> None:
    server = stub(lambda _: reply)
    with pytest.raises(AnswerInvalid):
        ask()
    assert len(server.asked) == 2
    complaint = server.asked[1].messages[-1]["content"]
    assert complaint.startswith("That answer cannot be used:")
    call = record()
    assert (call.status, call.answer, call.tokens_in, call.tokens_out) == ("failed", None, 22, 14)


@pytest.mark.parametrize("reply", ["nonsense", "", '{"title": "x"'], ids=["prose", "nothing", "half"])
def test_a_model_may_mend_its_answer_once(stub: Stubbed, reply: str) -> None:
    server = stub(first(reply))
    assert ask().answer.items
    assert len(server.asked) == 2
    call = record()
    assert (call.status, call.attempts, call.tokens_in) == ("finished", 1, 22)


def test_an_answer_in_a_fence_or_amid_prose_is_found(stub: Stubbed) -> None:
    stub(lambda asked: f"Here you are:\n```json\n{secretary(asked)}\n```\nAnything else?")
    assert ask().answer.items


def test_nul_characters_are_taken_out(stub: Stubbed) -> None:
    item = {"key": "a", "title": "Look\x00 it up", "role": "researcher"}
    stub(lambda _: json.dumps({"title": "A\x00B", "items": [item]}))
    assert ask().answer.title == "AB"
    assert record().answer["items"][0]["title"] == "Look it up"


def test_the_callers_own_check_is_part_of_the_shape(stub: Stubbed) -> None:
    server = stub()

    def refuse(_draft: PlanDraft) -> None:
        raise ValueError("a cycle: a → b → a")

    with pytest.raises(AnswerInvalid) as caught:
        ask(check=refuse)
    assert "a cycle" in caught.value.details["reason"]
    assert "a cycle" in server.asked[1].messages[-1]["content"]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_a_provider_that_is_away_is_asked_again(stub: Stubbed, status: int) -> None:
    server = stub(first(Raw(status=status)))
    assert ask().answer.items
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_repeated(stub: Stubbed, status: int) -> None:
    server = stub(lambda _: Raw(status=status))
    with pytest.raises(ProviderFailed) as caught:
        ask()
    assert len(server.asked) == 1
    assert f"HTTP {status}" in caught.value.details["reason"]


def test_three_tries_and_no_more(stub: Stubbed) -> None:
    server = stub(lambda _: Raw(status=500))
    with pytest.raises(ProviderFailed):
        ask()
    assert len(server.asked) == 3
    assert record().status == "failed"


def test_what_retry_after_asks_for_is_waited(stub: Stubbed, monkeypatch: pytest.MonkeyPatch) -> None:
    stub(first(Raw(status=429, headers={"Retry-After": "7"})))
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(gateway.asking, "_wait", sleep)
    assert ask().answer.items
    assert waited == [7]


def test_a_pause_longer_than_the_limit_ends_the_call_at_once(stub: Stubbed) -> None:
    server = stub(lambda _: Raw(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(ProviderFailed) as caught:
        ask()
    assert len(server.asked) == 1
    assert "429" in caught.value.details["reason"]


@pytest.mark.parametrize("asked_for", ["soon", "-5", "nan", "1e9", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_an_odd_retry_after_is_no_reason_to_stumble(stub: Stubbed, asked_for: str) -> None:
    stub(first(Raw(status=429, headers={"Retry-After": asked_for})))
    assert ask().answer.items


@pytest.fixture
def silence(stub: Stubbed) -> Iterator[Stub]:
    over = threading.Event()

    def wait(_asked: Asked) -> str:
        over.wait(20)
        return ""

    yield stub(wait)
    over.set()


def test_silence_is_bounded_and_not_tried_for_ever(silence: Stub, settings: Any) -> None:
    settings.CALL_TIMEOUT_SECONDS = 0.3
    with pytest.raises(ProviderFailed) as caught:
        ask()
    assert caught.value.details["reason"] == "no answer within 0.3 s"
    assert len(silence.asked) == 1
    assert record().status == "failed"


def test_an_answer_that_is_not_http_json_is_bounded_too(stub: Stubbed) -> None:
    stub(lambda _: Raw(body="<html>captive portal</html>"))
    with pytest.raises(ProviderFailed):
        ask()


def test_a_failed_call_may_be_made_again_later(stub: Stubbed) -> None:
    server = stub(lambda _: Raw(status=401))
    with pytest.raises(ProviderFailed):
        ask()
    server.script = secretary
    assert ask().answer.items
    call = record()
    assert (call.status, call.attempts, call.error) == ("finished", 2, "")


@pytest.mark.security("S15")
def test_no_key_reaches_the_record_or_the_error(stub: Stubbed) -> None:
    stub(lambda _: Raw(status=401, body='{"error": {"message": "bad key canary-key"}}'))
    with pytest.raises(ProviderFailed) as caught:
        ask()
    assert "canary-key" not in f"{caught.value} {caught.value.details} {record().error}"


def test_a_provider_without_its_key_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(Invalid) as caught:
        ask()
    assert caught.value.code == "key_missing"
    assert record().status == "failed"


def test_an_unknown_provider_says_which_there_are() -> None:
    with pytest.raises(Invalid) as caught:
        ask(model="delphi:oracle")
    assert "builtin" in str(caught.value)


def test_a_transaction_around_a_call_is_refused(stub: Stubbed) -> None:
    server = stub()
    with transaction.atomic(), pytest.raises(RuntimeError):
        ask()
    assert not server.asked
    assert not connection.in_atomic_block


def test_two_workers_on_one_call_agree_on_the_first_outcome(stub: Stubbed) -> None:
    both = threading.Barrier(2, timeout=20)

    def together(asked: Asked) -> str:
        both.wait()
        return secretary(asked).replace("lamps", f"lamps {asked.number}")

    stub(together)
    found: list[Any] = []

    def work() -> None:
        found.append(ask().answer)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found[0] == found[1] == PlanDraft.model_validate(record().answer)
    assert record().attempts == 2
