"""Reserve, call, settle: no budget is broken, however many calls begin together, and whatever dies in between."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from ai_integration import gateway
from ai_integration.gateway import BudgetExceeded, ProviderFailed, asking
from ai_integration.jobs import PlanDraft
from ai_integration.models import CallRecord, Reservation, Spending
from ai_integration.selectors import standings
from ai_integration.services import (
    Purpose,
    budget_add,
    budget_remove,
    budget_set,
    credential_create,
    profile_set,
    rate_set,
    reservations_sweep,
)
from foundation.activity.models import Notification
from foundation.core.errors import Forbidden, Invalid
from personas.prompts import Speaker, render
from tests.ai_integration.briefs import BRIEF
from tests.stub import Raw, Stub, secretary

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_environment")]
MODEL = "compatible:priced"
OUT = 1000  # tokens that an answer may have
MESSAGES = render(Speaker("Mizuno", "researcher"), BRIEF)


@pytest.fixture
def server(commander: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A model that takes 1 dollar for a million tokens, at 100 yen a dollar, and answers with 400 + 600 tokens."""
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.01)
    settings.AI_CONCURRENCY = 100
    with Stub() as serving:
        serving.usage = (400, 600)
        credential_create(commander, provider="compatible", base_url=serving.url)
        profile_set(commander, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=OUT)
        rate_set(commander, per_dollar=Decimal(100))
        yield serving


def ask(commander: Any, key: str = "k", model: str = MODEL, **given: Any) -> Any:
    purpose = Purpose(key=key, job="plan", owner_id=commander.pk, **given)
    return gateway.complete(purpose, model=model, messages=MESSAGES, shape=PlanDraft)


def together(work: Callable[[int], Any], many: int) -> list[Any]:
    """What each returned or raised."""
    came: list[Any] = [None] * many
    begin = threading.Barrier(many)

    def alone(number: int) -> None:
        begin.wait()
        try:
            came[number] = work(number)
        except Exception as error:  # noqa: BLE001 - what it was is looked at by the test
            came[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=alone, args=(number,)) for number in range(many)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return came


def most() -> int:
    """Tokens that are set aside for one call."""
    from ai_integration.catalogue import most_tokens

    return most_tokens(MESSAGES) + OUT


def test_many_that_begin_together_cannot_overspend(commander: Any, server: Stub) -> None:
    budget = budget_set(commander, scope="installation", period="day", tokens=most() * 5)
    came = together(lambda n: ask(commander, f"k{n}"), 24)
    stopped = [each for each in came if isinstance(each, BudgetExceeded)]
    answered = [each for each in came if isinstance(each, gateway.Outcome)]
    assert len(stopped) + len(answered) == 24, came
    assert len(server.asked) == len(answered) >= 5
    spent = Spending.objects.get()
    assert spent.tokens == 1000 * len(answered) <= budget.tokens
    assert not Reservation.objects.exists()
    assert CallRecord.objects.filter(status="awaiting_approval", ending="budget").count() == len(stopped)


def test_money_is_kept_to_as_well(commander: Any, server: Stub) -> None:
    one_call = Decimal(most()) / 1_000_000 * 100  # yen
    budget_set(commander, scope="user", target=str(commander.pk), period="month", money=one_call * 3)
    came = together(lambda n: ask(commander, f"k{n}"), 12)
    assert all(isinstance(each, BudgetExceeded | gateway.Outcome) for each in came)
    spent = Spending.objects.get()
    assert spent.money * 100 <= one_call * 3
    assert spent.money == Decimal("0.001") * len(server.asked)


def test_the_call_that_would_break_it_is_not_made(commander: Any, server: Stub) -> None:
    budget_set(commander, scope="installation", period="day", tokens=most() - 1)
    with pytest.raises(BudgetExceeded) as caught:
        ask(commander)
    assert not server.asked
    assert (caught.value.code, caught.value.kind) == ("budget_exceeded", "budget")
    assert caught.value.details["tokens_needed"] == most()
    budget_set(commander, scope="installation", period="day", tokens=most())
    assert ask(commander).answer.items
    call = CallRecord.objects.get()
    assert (call.status, call.attempts) == ("finished", 2)


@pytest.mark.parametrize("scope", ["installation", "user", "project", "persona", "run"])
def test_each_scope_counts_its_own_calls_alone(commander: Any, server: Stub, scope: str) -> None:
    ids = {"user": commander.pk, "project": uuid4(), "persona": uuid4(), "run": uuid4()}
    target = "" if scope == "installation" else str(ids[scope])
    budget_set(commander, scope=scope, target=target, period="total", tokens=1)
    about = {"project_id": ids["project"], "persona_id": ids["persona"], "subject_id": ids["run"]}
    with pytest.raises(BudgetExceeded):
        ask(commander, **about)
    if scope not in ("installation", "user"):
        assert ask(
            commander, "other", project_id=uuid4(), persona_id=uuid4(), subject_id=uuid4()
        ).answer.items


def test_the_tightest_of_several_decides_and_nothing_is_left_aside(commander: Any, server: Stub) -> None:
    budget_set(commander, scope="installation", period="month", tokens=10**9)
    budget_set(commander, scope="installation", period="day", tokens=1)
    with pytest.raises(BudgetExceeded):
        ask(commander)
    assert not Reservation.objects.exists()
    assert not server.asked


def test_the_built_in_secretary_spends_nothing(commander: Any, server: Stub) -> None:
    budget_set(commander, scope="installation", period="day", tokens=1)
    assert ask(commander, model="builtin").answer.items
    assert not Spending.objects.exists()


def test_a_failed_call_gives_back_what_was_set_aside(commander: Any, server: Stub) -> None:
    budget_set(commander, scope="installation", period="day", tokens=most())
    server.script = lambda _: Raw(status=500)
    with pytest.raises(ProviderFailed):
        ask(commander)
    server.script = secretary
    assert ask(commander, "again").answer.items
    assert Spending.objects.get().tokens == 1000


def test_what_a_crash_left_aside_counts_until_it_expires(commander: Any, server: Stub) -> None:
    budget = budget_set(commander, scope="installation", period="day", tokens=most())
    ask(commander, "first", model="builtin")
    spending = Spending.objects.create(budget=budget, period=f"{timezone.localdate():%Y-%m-%d}")
    left = Reservation.objects.create(
        spending=spending,
        call=CallRecord.objects.get(),
        tokens=1,
        expires_at=timezone.now() + timedelta(minutes=1),
    )
    with pytest.raises(BudgetExceeded):
        ask(commander)
    Reservation.objects.filter(pk=left.pk).update(expires_at=timezone.now() - timedelta(hours=2))
    assert ask(commander).answer.items
    assert reservations_sweep() == 1


def test_the_answer_is_held_to_what_was_set_aside(commander: Any, server: Stub) -> None:
    ask(commander)
    body = server.bodies[0]
    assert body.get("max_completion_tokens", body.get("max_tokens")) == OUT


def test_a_stand_in_is_paid_from_the_same_purse(commander: Any, server: Stub) -> None:
    from ai_integration.services import fallbacks_set

    budget_set(commander, scope="installation", period="day", tokens=most() * 2 + 16_384)
    fallbacks_set(commander, fallbacks=[MODEL])
    server.refuses = lambda body: Raw(status=500) if body["model"] == "away" else None
    assert ask(commander, model="compatible:away").answer.items
    assert Spending.objects.get().tokens == 1000
    assert not Reservation.objects.exists()


def test_a_soft_limit_warns_once_and_stops_nobody(commander: Any, server: Stub) -> None:
    budget = budget_set(commander, scope="installation", period="day", tokens=most() + 2000, warn_at=10)
    for number in range(3):
        ask(commander, f"k{number}")
    told = Notification.objects.filter(type="budget.warned", user=commander)
    assert told.count() == 1
    assert Spending.objects.get().warned_at
    assert standings([budget])[0].tokens == 3000


def test_what_is_added_counts_for_this_period_alone(commander: Any, server: Stub) -> None:
    budget = budget_set(commander, scope="installation", period="day", tokens=1)
    budget_add(commander, budget, tokens=most())
    assert ask(commander).answer.items
    Spending.objects.update(period="2020-01-01")
    with pytest.raises(BudgetExceeded):
        ask(commander, "tomorrow")


def test_a_budget_that_was_removed_stops_nobody(commander: Any, server: Stub) -> None:
    budget = budget_set(commander, scope="installation", period="day", tokens=1)
    with pytest.raises(BudgetExceeded):
        ask(commander)
    budget_remove(commander, budget)
    assert ask(commander).answer.items


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scope": "galaxy"}, "scope"),
        ({"period": "year"}, "period"),
        ({"target": "x"}, "target"),
        ({"scope": "user"}, "target"),
        ({"tokens": None}, "money"),
        ({"tokens": 0}, "tokens"),
        ({"tokens": -1}, "tokens"),
        ({"money": Decimal("NaN")}, "money"),
        ({"money": Decimal("1e30")}, "money"),
        ({"tokens": 10**30}, "tokens"),
        ({"warn_at": 0}, "warn_at"),
        ({"warn_at": 101}, "warn_at"),
    ],
)
def test_nonsense_is_refused_by_field(commander: Any, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        budget_set(commander, **({"scope": "installation", "period": "day", "tokens": 5} | wrong))
    assert list(caught.value.details) == [field]


def test_who_may_keep_budgets(owner: Any, teammate: Any, stranger: Any) -> None:
    for person in (teammate, stranger):
        with pytest.raises(Forbidden):
            budget_set(person, scope="installation", period="day", tokens=5)
    budget = budget_set(owner, scope="installation", period="day", tokens=5)
    with pytest.raises(Forbidden):
        budget_add(stranger, budget, tokens=5)
    with pytest.raises(Forbidden):
        budget_remove(teammate, budget)
