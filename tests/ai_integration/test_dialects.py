"""Anthropic's and Google's protocols, served by us to their real SDKs: what goes right, and everything that goes wrong."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ai_integration import gateway
from ai_integration.gateway import AnswerInvalid, Delta, ProviderFailed, asking
from ai_integration.gateway.plain import Said
from ai_integration.jobs import PlanDraft, Speech
from ai_integration.models import CallRecord
from ai_integration.services import Purpose
from personas.prompts import Speaker, render
from tests.ai_integration.briefs import BRIEF
from tests.dialects import DIALECTS, Dialect
from tests.stub import Cut, Raw, Script, Stall, Stub, secretary

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_environment")]


@pytest.fixture(params=DIALECTS, ids=lambda each: each.provider)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param


@pytest.fixture
def server(dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """The provider's own server, as the environment leads to it."""
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.01)
    with dialect.stub() as serving:
        serving.listing = Raw(body=json.dumps(dialect.listing))
        key, address = dialect.variables
        monkeypatch.setenv(key, dialect.key)
        monkeypatch.setenv(address, serving.url)
        yield serving


def ask(dialect: Dialect, key: str = "k", **given: Any) -> gateway.Outcome[PlanDraft]:
    purpose = Purpose(key=key, job="plan", owner_id=None, persona_name="Mizuno")
    messages = render(Speaker("Mizuno", "researcher"), BRIEF)
    given = {"shape": PlanDraft, "messages": messages} | given
    return gateway.complete(purpose, model=f"{dialect.provider}:stub", **given)


def say(dialect: Dialect, told: list[Delta]) -> gateway.Outcome[Speech]:
    purpose = Purpose(key="s", job="speak", owner_id=None, persona_name="Mizuno")
    messages = [{"role": "system", "content": "You are Mizuno."}, {"role": "user", "content": "Speak."}]
    model = f"{dialect.provider}:stub"
    return gateway.stream(purpose, model=model, messages=messages, shape=Speech, on_delta=told.append)


def first(reply: Any, then: Script = secretary) -> Script:
    return lambda asked: reply if asked.number == 0 else then(asked)


def test_words_are_taken_as_they_are_once_they_are_all_there(dialect: Dialect, server: Stub) -> None:
    server.script = first(Cut("Eighteen la"), lambda _: "Eighteen lamps, {not} JSON.")
    said = ask(dialect, shape=Said, messages=[{"role": "user", "content": "How many?"}])
    assert said.answer.text == "Eighteen lamps, {not} JSON."
    assert len(server.asked) == 2
    assert not [body for body in server.bodies if dialect.schema(body)]


def test_an_answer_is_kept_with_what_it_cost(dialect: Dialect, server: Stub) -> None:
    assert ask(dialect).answer.items
    call = CallRecord.objects.get()
    assert (call.status, call.provider, call.tokens_in, call.tokens_out) == (
        "finished",
        dialect.provider,
        11,
        7,
    )
    assert server.keys == [dialect.key]


def test_the_system_prompt_and_the_words_arrive(dialect: Dialect, server: Stub) -> None:
    ask(dialect)
    roles = [each["role"] for each in server.asked[0].messages]
    assert roles == ["system", "user"]
    assert "Mizuno" in server.asked[0].messages[0]["content"]
    assert server.asked[0].brief.requirement == BRIEF.requirement


def test_the_shape_is_asked_for_as_a_schema(dialect: Dialect, server: Stub) -> None:
    ask(dialect)
    assert set(dialect.schema(server.bodies[0])["properties"]) >= {"title", "items"}


def test_a_server_that_knows_no_schema_is_asked_in_words(dialect: Dialect, server: Stub) -> None:
    refusal = Raw(status=400, body=dialect.refusal(400, "output_config: json_schema is not supported"))
    server.refuses = lambda body: refusal if dialect.schema(body) else None
    assert ask(dialect).answer.items
    assert [bool(dialect.schema(body)) for body in server.bodies] == [True, False]
    ask(dialect, "again")
    assert [bool(dialect.schema(body)) for body in server.bodies] == [True, False, False]


def test_an_answer_is_told_while_it_is_written(dialect: Dialect, server: Stub) -> None:
    text = "灯りは弱いほど、よく眠れます。" * 5
    server.script = lambda _: json.dumps({"text": text, "position": "dim"}, ensure_ascii=False)
    told: list[Delta] = []
    assert say(dialect, told).answer.text == text
    assert "".join(each.text for each in told) == text
    assert (CallRecord.objects.get().tokens_in, CallRecord.objects.get().tokens_out) == (11, 7)


@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
def test_a_provider_that_is_away_is_asked_again(dialect: Dialect, server: Stub, status: int) -> None:
    server.script = first(Raw(status=status, body=dialect.refusal(status, "busy")))
    assert ask(dialect).answer.items
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_repeated_and_quotes_no_key(dialect: Dialect, server: Stub, status: int) -> None:
    server.script = lambda _: Raw(status=status, body=dialect.refusal(status, f"no {dialect.key}"))
    with pytest.raises(ProviderFailed) as caught:
        ask(dialect)
    assert len(server.asked) == 1
    assert f"HTTP {status}" in caught.value.details["reason"]
    told = f"{caught.value} {caught.value.details} {CallRecord.objects.get().error}"
    assert dialect.key not in told
    assert caught.value.__cause__ is None


def test_retry_after_is_waited(dialect: Dialect, server: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Raw(status=429, body=dialect.refusal(429, "slow down"), headers={"Retry-After": "7"})
    server.script = first(busy)
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asking, "_wait", sleep)
    ask(dialect)
    assert waited == [7]


def test_half_a_stream_is_asked_for_again_from_its_start(dialect: Dialect, server: Stub) -> None:
    server.script = first(
        Cut('{"text": "The first half of a'), lambda _: '{"text": "The whole.", "position": "x"}'
    )
    told: list[Delta] = []
    assert say(dialect, told).answer.text == "The whole."
    starts = [each for each in told if each.offset == 0]
    assert "".join(each.text for each in told[told.index(starts[-1]) :]) == "The whole."
    assert len(server.asked) == 2


def test_silence_in_the_middle_is_bounded_and_the_line_is_hung_up(
    dialect: Dialect, server: Stub, settings: Any
) -> None:
    over = threading.Event()
    server.script = lambda _: Stall('{"text": "And then', over)
    settings.CALL_TIMEOUT_SECONDS = 0.5
    with pytest.raises(ProviderFailed):
        say(dialect, [])
    over.wait(2)
    over.set()
    assert server.left == len(server.asked)


@pytest.mark.parametrize("body", ["<html>captive portal</html>", "", "[1]"])
def test_something_else_answers(dialect: Dialect, server: Stub, body: str) -> None:
    server.script = lambda _: Raw(body=body)
    with pytest.raises((ProviderFailed, AnswerInvalid)):
        ask(dialect)
    assert CallRecord.objects.get().status == "failed"


def test_words_that_are_no_answer_are_sent_back_once(dialect: Dialect, server: Stub) -> None:
    server.script = first("I would rather not.")
    assert ask(dialect).answer.items
    assert server.asked[1].messages[-1]["content"].startswith("That answer cannot be used:")


@pytest.mark.parametrize(
    "words", ["prompt is too long: 300000 tokens", "exceeds the maximum number of tokens allowed"]
)
def test_too_long_a_request_is_named_as_that(dialect: Dialect, server: Stub, words: str) -> None:
    server.script = lambda _: Raw(status=400, body=dialect.refusal(400, words))
    with pytest.raises(ProviderFailed) as caught:
        ask(dialect)
    assert "longer than the model's context" in caught.value.details["reason"]
    assert len(server.asked) == 1


def test_google_says_in_the_body_how_long_to_wait(
    dialect: Dialect, server: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dialect.provider != "gemini":
        server.script = first(Raw(status=529, body=dialect.refusal(529, "overloaded")))
        assert ask(dialect).answer.items
        return
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "11s"}]
    server.script = first(Raw(status=429, body=json.dumps({"error": {"code": 429, "details": details}})))
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asking, "_wait", sleep)
    ask(dialect)
    assert waited == [11]
