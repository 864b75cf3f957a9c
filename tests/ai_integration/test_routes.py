"""Who answers, and who stands in: choices per task kind, the order of fallbacks, profiles and what a call costs."""

import json
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ai_integration import catalogue, gateway
from ai_integration.gateway import AnswerInvalid, ProviderFailed, asking, loop
from ai_integration.jobs import PlanDraft
from ai_integration.models import CallRecord, ModelProfile
from ai_integration.selectors import setup
from ai_integration.services import Purpose, credential_create
from ai_integration.services.choices import choice_set, fallbacks_set, profile_set, rate_set
from foundation.activity.models import Event
from personas.prompts import Speaker, render
from tests.ai_integration.briefs import BRIEF
from tests.stub import Raw, Stall, Stub, secretary

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_environment")]


@pytest.fixture
def two(commander: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stub, Stub]]:
    """Two servers, connected as `compatible/one` and `compatible/two`."""
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.01)
    with Stub() as one, Stub() as other:
        for label, server in (("one", one), ("two", other)):
            credential_create(commander, provider="compatible", base_url=server.url, label=label)
        yield one, other


def ask(commander: Any, model: str = "compatible/one:small", key: str = "k", **given: Any) -> Any:
    purpose = Purpose(key=key, job="plan", owner_id=commander.pk, stream="workflow:x", **given)
    messages = render(Speaker("Mizuno", "researcher"), BRIEF)
    return gateway.complete(purpose, model=model, messages=messages, shape=PlanDraft)


def always(reply: Any) -> Callable[[Any], Any]:
    return lambda _: reply


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Raw(status=429), "limited"),
        (Raw(status=402), "limited"),
        (Raw(status=500), "down"),
        (Raw(status=429, headers={"Retry-After": "60"}), "limited"),
        (Raw(status=400, body='{"error": {"code": "context_length_exceeded"}}'), "too_long"),
        (Raw(body="<html></html>"), "down"),
    ],
    ids=["429", "402", "500", "429 for a minute", "context", "no json"],
)
def test_the_next_one_answers_and_it_is_recorded(
    commander: Any, two: tuple[Stub, Stub], reply: Raw, why: str
) -> None:
    one, other = two
    one.script = always(reply)
    fallbacks_set(commander, fallbacks=["compatible/two:big"])
    assert ask(commander).answer.items
    call = CallRecord.objects.get()
    assert (call.provider, call.model, call.status, call.ending) == (
        "compatible",
        "big",
        "finished",
        "stood_in",
    )
    assert call.tried == [{"model": "compatible/one:small", "why": why}]
    told = Event.objects.get(stream="workflow:x", type="call.fell_back").payload["data"]
    assert (told["model"], told["instead_of"]) == ("compatible:big", call.tried)
    assert len(other.asked) == 1


def test_the_order_is_kept_and_the_last_failure_is_told(commander: Any, two: tuple[Stub, Stub]) -> None:
    one, other = two
    one.script = other.script = always(Raw(status=503))
    fallbacks_set(commander, fallbacks=["compatible/two:a", "compatible/two:b", "compatible/one:small"])
    with pytest.raises(ProviderFailed):
        ask(commander)
    call = CallRecord.objects.get()
    assert [each["model"] for each in call.tried] == ["compatible/one:small", "compatible/two:a"]
    assert (call.status, call.ending) == ("failed", "down")
    assert [body["model"] for body in other.bodies] == ["a"] * 3 + ["b"] * 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_not_passed_on(commander: Any, two: tuple[Stub, Stub], status: int) -> None:
    one, other = two
    one.script = always(Raw(status=status))
    fallbacks_set(commander, fallbacks=["compatible/two:big"])
    with pytest.raises(ProviderFailed):
        ask(commander)
    assert not other.asked
    assert CallRecord.objects.get().ending == "refused"


def test_an_unusable_answer_is_not_passed_on(commander: Any, two: tuple[Stub, Stub]) -> None:
    one, other = two
    one.script = always("No.")
    fallbacks_set(commander, fallbacks=["compatible/two:big"])
    with pytest.raises(AnswerInvalid):
        ask(commander)
    assert (len(one.asked), len(other.asked)) == (2, 0)


def test_what_is_not_connected_is_passed_on(commander: Any, two: tuple[Stub, Stub]) -> None:
    fallbacks_set(commander, fallbacks=["builtin"])
    assert ask(commander, model="anthropic:claude-sonnet-5").answer.items
    assert CallRecord.objects.get().tried == [{"model": "anthropic:claude-sonnet-5", "why": "not_connected"}]


def test_silence_is_passed_on(commander: Any, two: tuple[Stub, Stub], settings: Any) -> None:
    one, _other = two
    over = threading.Event()
    one.script = always(Stall('{"title": "And', over))
    settings.CALL_SILENCE_SECONDS, settings.CALL_TIMEOUT_SECONDS = 0.2, 20
    fallbacks_set(commander, fallbacks=["compatible/two:big"])
    assert ask(commander).answer.items
    over.set()
    assert CallRecord.objects.get().tried[0]["why"] == "down"


def test_what_certainly_does_not_fit_is_not_even_asked(commander: Any, two: tuple[Stub, Stub]) -> None:
    one, other = two
    profile_set(commander, reference="compatible/one:small", context=10)
    fallbacks_set(commander, fallbacks=["compatible/two:big"])
    assert ask(commander).answer.items
    assert (len(one.asked), len(other.asked)) == (0, 1)
    assert CallRecord.objects.get().tried[0]["why"] == "too_long"


def test_a_kind_of_task_has_a_model_of_its_own(commander: Any, two: tuple[Stub, Stub]) -> None:
    one, other = two
    choice_set(commander, job="plan", model="compatible/two:planner", fallbacks=["compatible/one:small"])
    assert ask(commander, model="").answer.items
    assert [body["model"] for body in other.bodies] == ["planner"]
    other.script = always(Raw(status=500))
    ask(commander, model="", key="again")
    assert [body["model"] for body in one.bodies] == ["small"]
    ask(commander, model="builtin", key="named")  # what is named comes first
    assert CallRecord.objects.get(key="named").provider == "builtin"
    choice_set(commander, job="plan", model="")
    ask(commander, model="", key="default")
    assert CallRecord.objects.get(key="default").provider == "builtin"


def test_what_a_call_costs(commander: Any, two: tuple[Stub, Stub]) -> None:
    two[0].usage = (1234, 567)
    profile_set(commander, reference="compatible/one:small", price_in=Decimal("0.25"), price_out=Decimal(2))
    ask(commander)
    call = CallRecord.objects.get()
    assert call.cost == Decimal("0.0014425")
    assert call.first_token_ms is not None
    assert call.first_token_ms <= call.latency_ms
    assert (call.ending, call.status) == ("answered", "finished")


def test_an_unknown_price_is_no_zero(commander: Any, two: tuple[Stub, Stub]) -> None:
    ask(commander)
    ask(commander, model="builtin", key="free")
    assert CallRecord.objects.get(key="k").cost is None
    assert CallRecord.objects.get(key="free").cost == 0


def test_an_answer_that_was_mended_costs_both_times(commander: Any, two: tuple[Stub, Stub]) -> None:
    one, _other = two
    one.usage = (1000, 1000)
    one.script = lambda asked: "Hm." if asked.number == 0 else secretary(asked)
    profile_set(commander, reference="compatible/one:small", price_in=Decimal(1), price_out=Decimal(1))
    ask(commander)
    assert CallRecord.objects.get().cost == Decimal("0.004")


def test_a_failed_call_keeps_what_it_cost(commander: Any, two: tuple[Stub, Stub]) -> None:
    two[0].script, two[0].usage = always("No."), (1000, 1000)
    profile_set(commander, reference="compatible/one:small", price_in=Decimal(1), price_out=Decimal(1))
    with pytest.raises(AnswerInvalid):
        ask(commander)
    call = CallRecord.objects.get()
    assert (call.cost, call.ending, call.tokens_in) == (Decimal("0.004"), "unfit", 2000)


def test_a_call_that_nobody_wants_any_more_is_hung_up(
    commander: Any, two: tuple[Stub, Stub], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _other = two
    over, speaking = threading.Event(), threading.Event()

    def stall(_asked: Any) -> Stall:
        speaking.set()
        return Stall('{"title": "And', over)

    one.script = stall
    monkeypatch.setattr(loop, "CHECK_SECONDS", 0.05)
    with pytest.raises(gateway.CallCancelled):
        ask(commander, wanted=lambda: not speaking.is_set())
    over.wait(1)
    over.set()
    assert one.left == 1
    assert (CallRecord.objects.get().ending, len(one.asked)) == ("cancelled", 1)


def test_one_server_is_asked_so_much_at_a_time(commander: Any, two: tuple[Stub, Stub], settings: Any) -> None:
    settings.AI_CONCURRENCY = 2
    one, _other = two
    now, most, lock = [0], [0], threading.Lock()

    def count(asked: Any) -> str:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.1)
        with lock:
            now[0] -= 1
        return secretary(asked)

    one.script = count
    together(lambda n: ask(commander, key=f"k{n}"), 8)
    assert (most[0], len(one.asked)) == (2, 8)


def together(work: Callable[[int], Any], many: int) -> None:
    def alone(number: int) -> None:
        try:
            work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=alone, args=(number,)) for number in range(many)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def test_how_things_stand_is_one_query_until_something_changes(
    commander: Any, two: tuple[Stub, Stub]
) -> None:
    setup()
    with CaptureQueriesContext(connection) as asked:
        before = setup()
    assert len(asked) == 1
    ModelProfile.objects.create(reference="compatible:x", context=1)
    assert setup().profile("compatible:x").context == 1
    assert before.profile("compatible:x").context is None
    ModelProfile.objects.all().delete()
    assert setup().profile("compatible:x").context is None


def test_the_catalogue_knows_dated_names_and_nothing_of_strangers() -> None:
    dated, plain = catalogue.listed("openai:gpt-5-mini-2025-08-07"), catalogue.listed("openai:gpt-5-mini")
    assert (dated.context, dated.price_in) == (plain.context, plain.price_in)
    assert plain.priced
    assert not catalogue.listed("openai:gpt-5-mini-pro-max").known
    assert catalogue.listed("compatible/x:gpt-5-mini").price_in is None
    assert all(each.partition(":")[0] in ("openai", "anthropic", "gemini") for each in catalogue.references())


def test_the_rate_is_set_once_and_counts_at_once(commander: Any) -> None:
    assert setup().rate == 150
    rate_set(commander, per_dollar=Decimal("161.5"))
    assert setup().rate == Decimal("161.5")
    assert json.dumps(str(setup().rate)) == '"161.5000"'
