"""`budgets/`, `models/order/`, `models/profiles/`, `models/rate/` and the usage file over HTTP."""

import csv
import io
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from ai_integration.models import Budget, CallRecord, ModelChoice, ModelProfile, Spending
from ai_integration.selectors import period_now
from foundation.activity.models import AuditEntry
from tests.counting import queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_environment")]
BUDGETS, ORDER = "/api/v1/budgets/", "/api/v1/models/order/"
PROFILES, RATE = "/api/v1/models/profiles/", "/api/v1/models/rate/"
MONTHLY = {"scope": "installation", "period": "month", "money": "3000", "tokens": 100_000}


def test_a_budget_is_set_read_changed_and_removed(owner: Any, api: Any) -> None:
    made = api(owner).post(BUDGETS, MONTHLY)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["money"], shown["tokens"], shown["warn_at"]) == (3000.0, 100_000, 80)
    assert shown["now"] == {
        "period": period_now("month"),
        "money": 0.0,
        "tokens": 0,
        "money_limit": 3000.0,
        "tokens_limit": 100_000,
        "percent": 0,
    }
    changed = api(owner).patch(f"{BUDGETS}{shown['id']}/", {"money": None, "tokens": 5})
    assert (changed.json()["money"], changed.json()["tokens"]) == (None, 5)
    assert api(owner).patch(f"{BUDGETS}{shown['id']}/", {"tokens": None}).status_code == 422
    assert api(owner).delete(f"{BUDGETS}{shown['id']}/").status_code == 204
    assert not Budget.objects.exists()
    told = list(AuditEntry.objects.filter(action__startswith="budget.").values_list("action", flat=True))
    assert sorted(told) == ["budget.removed", "budget.set", "budget.set"]


def test_a_second_one_takes_the_place_of_the_first(owner: Any, api: Any) -> None:
    first = api(owner).post(BUDGETS, MONTHLY).json()["id"]
    second = api(owner).post(BUDGETS, MONTHLY | {"money": "1"}).json()["id"]
    assert first == second


def test_more_that_is_sent_twice_with_one_key_is_added_once(owner: Any, api: Any) -> None:
    pk = api(owner).post(BUDGETS, MONTHLY).json()["id"]
    for _time in range(2):
        answer = api(owner).post(
            f"{BUDGETS}{pk}/add/", {"money": "2000"}, headers={"Idempotency-Key": "more"}
        )
        assert answer.json()["now"]["money_limit"] == 5000.0
    assert Spending.objects.get().extra_money == 2000


def test_how_it_stands_is_shown_in_yen(owner: Any, api: Any) -> None:
    api(owner).put(RATE, {"per_dollar": "100"})
    pk = api(owner).post(BUDGETS, MONTHLY).json()["id"]
    Spending.objects.create(budget_id=pk, period=period_now("month"), money=Decimal("15"), tokens=7)
    now = api(owner).get(f"{BUDGETS}{pk}/").json()["now"]
    assert (now["money"], now["tokens"], now["percent"]) == (1500.0, 7, 50)
    added = api(owner).post(f"{BUDGETS}{pk}/add/", {"money": "2000"})
    assert added.json()["now"]["money_limit"] == 5000.0
    assert api(owner).post(f"{BUDGETS}{pk}/add/", {}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [{"scope": "galaxy"}, {"period": "year"}, {"money": "NaN"}, {"money": "-1"}, {"money": "0"}, {"tokens": "x"},
     {"tokens": -1}, {"tokens": 10**30}, {"warn_at": 0}, {"target": "x"}, {"money": "1e99"}, {"unknown": 1}],
)  # fmt: skip
def test_nonsense_is_refused(owner: Any, api: Any, wrong: dict[str, Any]) -> None:
    answer = api(owner).post(BUDGETS, MONTHLY | wrong)
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.json()["error"]["details"]
    assert not Budget.objects.exists()


def test_who_may_see_and_set_them(owner: Any, teammate: Any, stranger: Any, api: Any) -> None:
    pk = api(owner).post(BUDGETS, MONTHLY).json()["id"]
    on_them = {"scope": "user", "target": str(stranger.pk), "period": "day", "tokens": 5}
    theirs = api(owner).post(BUDGETS, on_them).json()["id"]
    assert api(None).get(BUDGETS).status_code == 401
    assert [each["id"] for each in api(stranger).get(BUDGETS).json()["results"]] == [theirs]
    assert api(stranger).get(f"{BUDGETS}{pk}/").status_code == 404
    assert api(stranger).post(BUDGETS, MONTHLY).status_code == 403
    assert api(stranger).patch(f"{BUDGETS}{theirs}/", {"tokens": 10**6}).status_code == 403
    assert api(stranger).post(f"{BUDGETS}{theirs}/add/", {"tokens": 1}).status_code == 403
    assert api(stranger).delete(f"{BUDGETS}{theirs}/").status_code == 403
    assert api(teammate).post(BUDGETS, MONTHLY).status_code == 403
    for address, body in (
        (ORDER, {"fallbacks": []}),
        (RATE, {"per_dollar": "1"}),
        (PROFILES, {"model": "openai:x"}),
    ):
        assert api(stranger).put(address, body).status_code == 403


def test_a_list_costs_the_same_however_long(owner: Any, api: Any) -> None:
    client, costs = api(owner), []
    for count in (3, 20):
        for _each in range(count):
            Budget.objects.create(scope="persona", target=str(uuid4()), period="day", tokens=5, owner=owner)
        costs.append(queries(client, f"{BUDGETS}?limit=200"))
    assert costs[0] == costs[1]


def test_the_order_of_stand_ins(owner: Any, api: Any) -> None:
    assert api(owner).get(ORDER).json()["fallbacks"] == []
    assert api(owner).put(ORDER, {"fallbacks": ["builtin", "builtin"]}).json()["fallbacks"] == ["builtin"]
    kind = api(owner).put(f"{ORDER}review/", {"model": "builtin", "fallbacks": []})
    assert kind.json() == {"job": "review", "model": "builtin", "fallbacks": []}
    kinds = {each["job"]: each["model"] for each in api(owner).get(ORDER).json()["kinds"]}
    assert kinds == {
        "plan": "",
        "work": "",
        "review": "builtin",
        "speak": "",
        "moderate": "",
        "minutes": "",
        "draw": "",
    }
    api(owner).put(f"{ORDER}review/", {"model": ""})
    api(owner).put(ORDER, {"fallbacks": []})
    assert not ModelChoice.objects.exists()


@pytest.mark.parametrize(
    ("address", "body"),
    [(ORDER, {"fallbacks": ["delphi:oracle"]}), (ORDER, {"fallbacks": ["openai"]}), (ORDER, {"fallbacks": ["openai:x"]}),
     (ORDER, {"fallbacks": "builtin"}), (ORDER, {}), (f"{ORDER}cooking/", {"model": "builtin"}),
     (f"{ORDER}plan/", {"model": "delphi:x"}), (f"{ORDER}plan/", {"model": "builtin", "fallbacks": ["nobody:x"]}),
     (PROFILES, {"model": "openai:x", "context": -1}), (PROFILES, {"model": "openai:x", "price_in": "NaN"}),
     (PROFILES, {"model": "x"}), (PROFILES, {"model": "openai:x", "can": ["fly"]}), (PROFILES, {}),
     (RATE, {"per_dollar": "0"}), (RATE, {"per_dollar": "-1"}), (RATE, {"per_dollar": "x"}), (RATE, {})],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_field(owner: Any, api: Any, address: str, body: dict[str, Any]) -> None:
    answer = api(owner).put(address, body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["error"]["details"]


def test_what_is_said_of_a_model_stands_in_for_the_catalogue(owner: Any, api: Any) -> None:
    def shown() -> dict[str, Any]:
        return api(owner).get(PROFILES, {"model": "openai:gpt-5-mini"}).json()[0]

    before = shown()
    assert before["known"]
    assert not before["edited"]
    api(owner).put(PROFILES, {"model": "openai:gpt-5-mini", "price_in": "9.5"})
    assert (shown()["price_in"], shown()["price_out"], shown()["edited"]) == (9.5, before["price_out"], True)
    api(owner).put(PROFILES, {"model": "openai:gpt-5-mini"})
    assert shown() == before
    assert not ModelProfile.objects.exists()
    assert len(api(owner).get(PROFILES).json()) > 50


def test_usage_as_a_file(owner: Any, stranger: Any, api: Any) -> None:
    for name, tokens in (("=HYPERLINK(1)", 10), ("水野", 20)):
        CallRecord.objects.create(
            key=str(uuid4()), owner=owner, persona_name=name, job="work", provider="openai", model="gpt-5-mini",
            status="finished", tokens_in=tokens, tokens_out=1, cost=Decimal("0.5"),
        )  # fmt: skip
    answer = api(owner).get("/api/v1/usage/file/")
    assert answer["Content-Type"].startswith("text/csv")
    assert "usage.csv" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["persona"] for row in rows) == ["'=HYPERLINK(1)", "水野"]
    assert {row["cost"] for row in rows} == {"75.00"}
    nothing = b"".join(api(stranger).get("/api/v1/usage/file/").streaming_content).decode("utf-8-sig")
    assert len(nothing.splitlines()) == 1
    assert api(owner).get("/api/v1/usage/file/?from=x").status_code == 422
