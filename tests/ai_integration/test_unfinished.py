"""Calls that take something and do not end well: what is known counts, and what is not known is said to be so."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ai_integration import gateway
from ai_integration.catalogue import most_tokens
from ai_integration.gateway import AnswerInvalid, CallCancelled, ProviderFailed, asking, loop
from ai_integration.jobs import PlanDraft
from ai_integration.models import CallRecord, Reservation, Spending
from ai_integration.selectors import usage
from ai_integration.services import Purpose, budget_set, credential_create, profile_set, rate_set
from personas.prompts import Speaker, render
from tests.ai_integration.briefs import BRIEF
from tests.stub import Cut, Raw, Stall, Stub, secretary

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_environment")]
MODEL = "compatible:priced"
MESSAGES = render(Speaker("Mizuno", "researcher"), BRIEF)
OUT = 1000
MOST = most_tokens(MESSAGES) + OUT  # what is set aside for one question


@pytest.fixture
def server(commander: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A model that takes 1 dollar for a million tokens and answers with 400 + 600 of them; one budget counts them."""
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.01)
    with Stub() as serving:
        serving.usage = (400, 600)
        credential_create(commander, provider="compatible", base_url=serving.url)
        profile_set(commander, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=OUT)
        rate_set(commander, per_dollar=Decimal(100))
        budget_set(commander, scope="installation", period="day", tokens=10**7)
        yield serving


def ask(commander: Any, **given: Any) -> Any:
    purpose = Purpose(key="k", job="plan", owner_id=commander.pk, **given)
    return gateway.complete(purpose, model=MODEL, messages=MESSAGES, shape=PlanDraft)


def spent() -> int:
    assert not Reservation.objects.exists()
    return Spending.objects.get().tokens


def test_an_answer_that_breaks_off_counts_as_what_was_set_aside(commander: Any, server: Stub) -> None:
    server.script = lambda _: Cut('{"title": "Half a')
    with pytest.raises(ProviderFailed):
        ask(commander)
    call = CallRecord.objects.get()
    assert (call.status, call.ending, call.cost) == ("failed", "down", None)
    assert spent() == MOST
    assert Spending.objects.get().money == Decimal(MOST) / 1_000_000
    totals = usage(commander)["totals"]
    assert (totals["cost"], totals["unpriced_calls"]) == (None, 1)


def test_an_answer_after_one_that_broke_off_says_that_its_cost_is_not_known(
    commander: Any, server: Stub
) -> None:
    server.script = lambda each: Cut('{"title": "Half') if each.number == 0 else secretary(each)
    assert ask(commander).answer.items
    call = CallRecord.objects.get()
    assert (call.status, call.tokens_in, call.tokens_out, call.cost) == ("finished", 400, 600, None)
    assert spent() == MOST


def test_a_call_that_is_cancelled_in_the_middle_counts_as_what_was_set_aside(
    commander: Any, server: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECK_SECONDS", 0.05)
    over = threading.Event()
    server.script = lambda _: Stall('{"title": "', over)
    with pytest.raises(CallCancelled):
        ask(commander, wanted=lambda: not server.asked)
    over.set()
    call = CallRecord.objects.get()
    assert (call.ending, call.cost) == ("cancelled", None)
    assert spent() == MOST


def test_silence_counts_as_what_was_set_aside(commander: Any, server: Stub, settings: Any) -> None:
    settings.CALL_SILENCE_SECONDS = 0.2
    over = threading.Event()
    server.script = lambda _: Stall("", over)
    with pytest.raises(ProviderFailed):
        ask(commander)
    over.set()
    assert CallRecord.objects.get().cost is None
    assert spent() == MOST


def test_answers_that_do_not_fit_count_in_full(commander: Any, server: Stub) -> None:
    server.script = lambda _: "no plan at all"
    with pytest.raises(AnswerInvalid):
        ask(commander)
    call = CallRecord.objects.get()
    assert (call.tokens_in, call.tokens_out, call.cost) == (800, 1200, Decimal("0.002"))
    assert spent() == 2000


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_a_server_that_refuses_takes_nothing(commander: Any, server: Stub, status: int) -> None:
    server.script = lambda _: Raw(status=status)
    with pytest.raises(ProviderFailed):
        ask(commander)
    assert CallRecord.objects.get().cost == 0
    assert spent() == 0
    assert usage(commander)["totals"]["cost"] == 0


def test_a_server_that_is_not_there_takes_nothing(commander: Any, server: Stub) -> None:
    server.__exit__(None, None, None)
    with pytest.raises(ProviderFailed):
        ask(commander)
    assert (CallRecord.objects.get().cost, spent()) == (0, 0)


def test_a_server_that_never_says_what_it_took_is_not_taken_for_free(commander: Any, server: Stub) -> None:
    server.usage = (0, 0)
    assert ask(commander).answer.items
    assert CallRecord.objects.get().cost is None
    assert spent() == MOST


def test_what_is_free_costs_nothing_however_much_it_was(commander: Any, server: Stub) -> None:
    profile_set(commander, reference=MODEL, price_in=Decimal(0), price_out=Decimal(0), output=OUT)
    server.script = lambda _: Cut('{"title": "Half a')
    with pytest.raises(ProviderFailed):
        ask(commander)
    assert CallRecord.objects.get().cost == 0
