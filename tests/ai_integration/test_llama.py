"""The gateway and the providers against llama.cpp's own server. The model is too small to say anything sensible."""

from contextlib import suppress
from typing import Annotated, Any

import pytest
from pydantic import StringConstraints

from ai_integration import gateway
from ai_integration.jobs import Moderation, Shape
from ai_integration.models import CallRecord, Credential
from ai_integration.services import Purpose, credential_create
from tests.llama import NAME, Llama
from tests.workflows.driving import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.once]
MODEL = f"compatible:{NAME}"
WORDS = [{"role": "user", "content": "Say in a few words why lamps are useful. Answer in JSON."}]


class Few(Shape):
    text: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Endless(Shape):
    text: str


@pytest.fixture
def connected(commander: Any, llama: Llama) -> Credential:
    return credential_create(commander, provider="compatible", base_url=llama.url)


def purpose(person: Any, key: str = "k") -> Purpose:
    return Purpose(key=key, job="speak", owner_id=person.pk, persona_name="Mizuno")


def record(key: str = "k") -> CallRecord:
    return CallRecord.objects.get(key=key)


def test_a_test_says_that_it_answers(connected: Credential, commander: Any, api: Any) -> None:
    answer = api(commander).post("/api/v1/providers/compatible/test/", {"model": NAME}).json()
    assert (answer["ok"], answer["models"], answer["code"]) == (True, 1, "ok")
    connected.refresh_from_db()
    assert (connected.test_code, connected.tested_at is not None) == ("ok", True)


@pytest.mark.parametrize(
    ("end", "code", "words"),
    [("/nowhere/v1", "not_compatible", "/v1"), (":1/v1", "refused", "127.0.0.1:1")],
    ids=["wrong path", "wrong port"],
)
def test_a_test_says_what_is_wrong(
    llama: Llama, commander: Any, api: Any, end: str, code: str, words: str
) -> None:
    address = llama.base + end if end.startswith("/") else f"http://127.0.0.1{end}"
    credential_create(commander, provider="compatible", base_url=address)
    answer = api(commander).post("/api/v1/providers/compatible/test/").json()
    assert (answer["ok"], answer["code"]) == (False, code)
    assert words in answer["message"]


def test_what_the_server_has_can_be_chosen(connected: Credential, commander: Any, api: Any) -> None:
    models = api(commander).get("/api/v1/models/").json()
    assert [each["model"] for each in models["results"]] == ["builtin", MODEL]
    assert models["problems"] == []


def test_an_answer_has_its_shape_and_its_bill(connected: Credential, commander: Any) -> None:
    outcome = gateway.complete(purpose(commander), model=MODEL, messages=WORDS, shape=Few)
    assert 0 < len(outcome.answer.text) <= 40
    call = record()
    assert (call.status, call.provider, call.model) == ("finished", "compatible", NAME)
    assert call.tokens_in > 10
    assert 0 < call.tokens_out <= 64


def test_an_answer_is_told_while_it_is_written(connected: Credential, commander: Any) -> None:
    deltas: list[gateway.Delta] = []
    given = {"model": MODEL, "messages": WORDS, "shape": Few, "on_delta": deltas.append}
    outcome = gateway.stream(purpose(commander), **given)
    assert "".join(each.text for each in deltas).endswith(outcome.answer.text)
    assert len(deltas) > 1
    call = record()
    assert call.tokens_in > 10
    assert call.tokens_out > 0


def test_a_larger_shape_is_answered_or_the_failure_says_why(connected: Credential, commander: Any) -> None:
    with suppress(gateway.AnswerInvalid):
        gateway.complete(purpose(commander), model=MODEL, messages=WORDS, shape=Moderation)
    call = record()
    if call.status == "finished":
        assert Moderation.model_validate(call.answer)
    else:
        assert (call.status, call.answer) == ("failed", None)
        assert "(" in call.error


def test_more_than_the_model_can_hold_is_said_at_once(connected: Credential, commander: Any) -> None:
    too_much = [{"role": "user", "content": "lamp " * 3000}]
    with pytest.raises(gateway.ProviderFailed) as caught:
        gateway.complete(purpose(commander), model=MODEL, messages=too_much, shape=Few)
    assert "longer than the model's context" in caught.value.details["reason"]
    assert "longer than the model's context" in record().error
    assert record().attempts == 1


def test_whoever_stops_listening_stops_the_server(commander: Any) -> None:
    class Enough(Exception):
        pass

    def leave(_delta: gateway.Delta) -> None:
        raise Enough

    with Llama(longest=100_000) as server:
        credential_create(commander, provider="compatible", base_url=server.url)
        endless = [{"role": "user", "content": "Count from 1 to 100000 in words. Answer in JSON."}]
        with pytest.raises(Enough):
            gateway.stream(purpose(commander), model=MODEL, messages=endless, shape=Endless, on_delta=leave)
        until(lambda: not server.at_work(), "a server that has nothing to do")
