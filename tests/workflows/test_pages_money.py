"""予算・利用, and 設定 › AIモデル › who answers, prices: as people use them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from ai_integration.models import Budget, CallRecord, ExchangeRate, ModelChoice, ModelProfile
from ai_integration.services import budget_set, profile_set
from plans.models import ApprovalRequest
from tests.counting import queries
from tests.workflows.conftest import House
from tests.workflows.driving import crank, fresh
from workflows.services import parking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_environment")]
USAGE, BUDGETS = "/usage/", "/usage/budgets/"
ORDER, PRICES = "/settings/models/order/", "/settings/models/prices/"


@pytest.fixture
def page(owner: Any, client: Client) -> Client:
    client.force_login(owner)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def other(stranger: Any) -> Client:
    made = Client()
    made.force_login(stranger)
    return made


def call(owner: Any, persona: str = "水野", cost: str | None = "0.5", **fields: Any) -> CallRecord:
    given = {
        "provider": "openai",
        "model": "gpt-5-mini",
        "status": "finished",
        "tokens_in": 10,
        "tokens_out": 5,
    }
    return CallRecord.objects.create(
        key=str(uuid4()),
        owner=owner,
        persona_name=persona,
        job="work",
        cost=cost and Decimal(cost),
        **given | fields,
    )


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_nothing_yet_teaches(page: Client) -> None:
    assert "<svg viewBox" not in text(page, USAGE)
    assert "panel empty" in text(page, USAGE)
    assert "panel empty" in text(page, BUDGETS)


def test_what_was_spent_is_drawn_and_listed(page: Client, owner: Any, house: House) -> None:
    workflow = house.delegate(auto_start=False)
    made = call(owner, subject_id=workflow.pk, tried=[{"model": "openai:gpt-5", "why": "limited"}])
    CallRecord.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=3))
    call(owner, "春日", cost=None)
    shown = text(page, USAGE)
    assert "¥75" in shown
    assert shown.count('class="bar"') == 30
    for words in ("水野", "春日", "gpt-5-mini", workflow.title, f"/workflows/{workflow.pk}/", "openai:gpt-5"):
        assert words in shown
    assert "style=" not in shown.partition("<main")[2].partition("</main")[0]


def test_an_unknown_price_is_said(page: Client, owner: Any) -> None:
    call(owner, cost=None)
    assert "unknown price" in text(page, USAGE) or "価格不明" in text(page, USAGE)


@pytest.mark.parametrize(
    "asked",
    ["from=x", "to=0000-00-00", "from=2026-02-31", "from=1999-01-01", "from=2990-01-01"],
)
def test_days_that_make_no_sense_are_the_usual_ones(page: Client, owner: Any, asked: str) -> None:
    call(owner)
    assert text(page, f"{USAGE}?{asked}").count('class="bar"') == 30
    assert page.get(f"{USAGE}usage.csv?{asked}").status_code == 200


def test_a_file_for_spreadsheets(page: Client, owner: Any) -> None:
    call(owner, "@SUM(1)")
    lines = b"".join(page.get(f"{USAGE}usage.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'@SUM(1)" in lines[1]


def test_others_see_nothing_of_it(page: Client, other: Client, owner: Any) -> None:
    call(owner)
    assert "水野" not in text(other, USAGE)
    assert Client().get(USAGE).status_code == 302


def test_the_page_costs_the_same_however_much_there_is(page: Client, owner: Any) -> None:
    text(page, USAGE)
    costs = []
    for count in (5, 40):
        for number in range(count):
            call(owner, f"p{count}{number}", subject_id=uuid4())
        costs.append(queries(page, USAGE))
    assert costs[0] == costs[1]


def test_a_budget_is_set_and_removed(page: Client, owner: Any) -> None:
    given = {"about": "installation:", "period": "month", "money": "3000", "tokens": "", "warn_at": "70"}
    assert page.post(BUDGETS, given).status_code == 303
    budget = Budget.objects.get()
    assert (budget.money, budget.tokens, budget.warn_at) == (3000, None, 70)
    assert "¥0 / ¥3,000" in text(page, BUDGETS)
    assert page.post(f"{BUDGETS}{budget.pk}/remove/").status_code == 303
    assert not Budget.objects.exists()
    assert page.post(f"{BUDGETS}{budget.pk}/remove/").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"about": "galaxy:"}, {"about": f"user:{uuid4()}"}, {"period": "year"}, {"money": "", "tokens": ""}, {"money": "x"},
     {"money": "-1"}, {"money": "0"}, {"warn_at": "0"}, {"tokens": "1" * 30}],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(page: Client, wrong: dict[str, str]) -> None:
    given = {
        "about": "installation:",
        "period": "month",
        "money": "3000",
        "tokens": "5",
        "warn_at": "70",
    } | wrong
    answer = page.post(BUDGETS, given)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    assert not Budget.objects.exists()


def test_who_may_not_set_budgets_sees_no_form(page: Client, other: Client, owner: Any, stranger: Any) -> None:
    budget = budget_set(owner, scope="user", target=str(stranger.pk), period="day", tokens=5)
    shown = text(other, BUDGETS)
    assert 'name="money"' not in shown
    assert (
        other.post(
            BUDGETS, {"about": "installation:", "period": "day", "tokens": "9", "warn_at": "80"}
        ).status_code
        == 403
    )
    other.post(f"{BUDGETS}{budget.pk}/remove/")
    assert Budget.objects.count() == 1


def test_a_run_stopped_by_its_budget_is_continued_from_the_inbox(
    page: Client, house: House, stub: Any, settings: Any
) -> None:
    stub()
    settings.AI_MAX_OUTPUT_TOKENS = 1000
    profile_set(house.user, reference="openai:stub", price_in=Decimal(1), price_out=Decimal(1))
    workflow = crank(house.delegate(model="openai:stub", budget={"money": 0.01, "tokens": 1}))
    assert workflow.status == "waiting_for_human"
    request = ApprovalRequest.objects.get(kind="budget")
    assert request.title in text(page, "/approvals/")
    shown = text(page, f"/approvals/{request.pk}/")
    assert f"{request.payload['tokens_added']:,}" in shown
    assert str(request.payload["budget"]) not in shown
    answer = page.post(
        f"/approvals/{request.pk}/", {"decision": "approve", "content_hash": request.content_hash}
    )
    assert answer.status_code == 303
    parking.parked_sweep()
    assert crank(fresh(workflow)).status == "awaiting_approval"


def test_the_order_of_stand_ins_and_the_kinds(page: Client) -> None:
    assert page.post(f"{ORDER}save/", {"fallbacks": "builtin\n\n builtin "}).status_code == 303
    assert ModelChoice.objects.get().fallbacks == ["builtin"]
    assert page.post(f"{ORDER}plan/", {"model": "builtin", "fallbacks": ""}).status_code == 303
    shown = text(page, ORDER)
    assert shown.count("<code>builtin</code>") == 2
    assert page.post(f"{ORDER}plan/", {"model": "", "fallbacks": ""}).status_code == 303
    assert not ModelChoice.objects.filter(purpose="job:plan").exists()
    for address in (f"{ORDER}save/", f"{ORDER}plan/"):
        refused = page.post(address, {"model": "openai:x", "fallbacks": "nobody:x"})
        assert refused.status_code == 422
        assert 'class="errors"' in refused.content.decode()
    assert page.post(f"{ORDER}cooking/", {"model": ""}).status_code == 404


def test_prices_and_the_rate(page: Client) -> None:
    given = {
        "reference": "openai:gpt-5-mini",
        "price_in": "1.25",
        "price_out": "",
        "context": "",
        "output": "",
    }
    assert page.post(PRICES, given).status_code == 303
    assert ModelProfile.objects.get().price_in == Decimal("1.25")
    assert "openai:gpt-5-mini" in text(page, PRICES)
    assert page.post("/settings/models/rate/", {"per_dollar": "155.5"}).status_code == 303
    assert ExchangeRate.objects.get().per_dollar == Decimal("155.5")
    assert 'value="155.5"' in text(page, PRICES)
    for address, wrong in ((PRICES, {"reference": "x"}), ("/settings/models/rate/", {"per_dollar": "0"})):
        assert page.post(address, wrong).status_code == 422


def test_pages_of_models_are_changed_by_those_who_may(other: Client) -> None:
    for address, given in (
        (f"{ORDER}save/", {"fallbacks": "builtin"}),
        (f"{ORDER}plan/", {"model": "builtin"}),
        (PRICES, {"reference": "openai:x", "price_in": "1"}),
        ("/settings/models/rate/", {"per_dollar": "1"}),
    ):
        assert other.post(address, given).status_code == 403
    assert 'name="fallbacks"' not in text(other, ORDER)
    assert 'name="per_dollar"' not in text(other, PRICES)
