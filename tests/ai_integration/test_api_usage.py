"""`calls/` and `usage/` over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from ai_integration.models import CallRecord
from ai_integration.services import Answered, Purpose, Usage, call_begin, call_fail, call_finish
from tests.counting import queries

CALLS, USAGE = "/api/v1/calls/", "/api/v1/usage/"
WORK = UUID("5a1e0f34-51a1-4a57-a7c8-8d0f8a5f4b9b")


def call(
    owner, *, persona="水野", provider="builtin", subject=WORK, usage=(10, 5, 20), at=None, error=""
) -> CallRecord:
    purpose = Purpose(
        key=f"k:{uuid4()}", job="work", owner_id=owner.pk, subject_id=subject, persona_name=persona
    )
    made = call_begin(purpose, provider=provider, model=f"{provider}-1")
    if error:
        call_fail(made, error=error)
    else:
        call_finish(made, answer={}, usage=Usage(*usage), by=Answered(provider, f"{provider}-1"))
    if at:
        CallRecord.objects.filter(pk=made.pk).update(created_at=at)
    return made


def test_calls_are_listed_and_filtered(owner, api):
    mine = call(owner)
    other = call(owner, persona="春日", provider="openai", subject=uuid4(), error="no answer")

    def found(query: str) -> list[str]:
        return [each["id"] for each in api(owner).get(f"{CALLS}?{query}").json()["results"]]

    assert found("") == [str(other.pk), str(mine.pk)]
    assert found(f"workflow={WORK}") == [str(mine.pk)]
    assert found("status=failed") == found("provider=openai") == found("search=answer") == [str(other.pk)]
    assert found("persona=水野") == [str(mine.pk)]
    shown = api(owner).get(f"{CALLS}{mine.pk}/").json()
    assert (shown["workflow"], shown["tokens_in"], shown["latency_ms"]) == (str(WORK), 10, 20)
    assert "answer" not in shown
    assert api(owner).get(f"{CALLS}?workflow=x").status_code == 422
    assert api(owner).get(f"{CALLS}?status=x").status_code == 422


def test_calls_belong_to_whom_they_were_made_for(owner, stranger, api):
    made = call(owner)
    assert api(stranger).get(f"{CALLS}{made.pk}/").status_code == 404
    assert api(stranger).get(CALLS).json()["results"] == []
    assert api(stranger).get(USAGE).json()["totals"]["calls"] == 0
    assert api(None).get(USAGE).status_code == 401


def test_usage_adds_up(owner, api):
    call(owner)
    call(owner, persona="春日", usage=(100, 50, 200))
    call(owner, persona="春日", error="no answer", subject=None)
    usage = api(owner).get(USAGE).json()
    assert usage["totals"] == {
        "calls": 3,
        "failed": 1,
        "tokens_in": 110,
        "tokens_out": 55,
        "milliseconds": 220,
        "unpriced_calls": 0,
        "cost": 0.0,
        "cost_known": 0.0,
    }
    assert [(each["persona"], each["calls"], each["tokens_in"]) for each in usage["by_persona"]] == [
        ("春日", 2, 100),
        ("水野", 1, 10),
    ]
    assert {(each["workflow"], each["calls"]) for each in usage["by_workflow"]} == {(str(WORK), 2), (None, 1)}
    assert [(each["provider"], each["model"], each["calls"]) for each in usage["by_model"]] == [
        ("builtin", "builtin-1", 3)
    ]
    assert [(each["day"], each["calls"]) for each in usage["by_day"]] == [
        (timezone.localdate(timezone=timezone.get_default_timezone()).isoformat(), 3)
    ]
    only = api(owner).get(USAGE, {"workflow": str(WORK)}).json()
    assert only["totals"]["calls"] == 2


def test_a_cost_that_nobody_knows_is_not_zero(owner, api):
    call(owner)
    call(owner, provider="openai")
    usage = api(owner).get(USAGE).json()
    assert (usage["totals"]["cost"], usage["totals"]["unpriced_calls"]) == (None, 1)
    assert {each["provider"]: each["cost"] for each in usage["by_model"]} == {"builtin": 0.0, "openai": None}


def test_days_are_those_of_the_wall_clock(owner, api):
    call(owner, at=datetime(2026, 3, 1, 14, 59, tzinfo=UTC))  # 23:59 in Tokyo
    call(owner, at=datetime(2026, 3, 1, 15, 0, tzinfo=UTC))  # midnight in Tokyo
    march = api(owner).get(USAGE, {"from": "2026-03-01", "to": "2026-03-02"}).json()
    assert [(each["day"], each["calls"]) for each in march["by_day"]] == [
        ("2026-03-01", 1),
        ("2026-03-02", 1),
    ]
    first = api(owner).get(USAGE, {"from": "2026-03-01", "to": "2026-03-01"}).json()
    assert (first["totals"]["calls"], first["from"], first["to"]) == (1, "2026-03-01", "2026-03-01")


def test_the_last_thirty_days_are_the_default(owner, api):
    call(owner, at=timezone.now() - timedelta(days=31))
    call(owner, at=timezone.now() - timedelta(days=28))
    assert api(owner).get(USAGE).json()["totals"]["calls"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "from=x",
        "to=2026-13-01",
        "from=0001-01-01",
        "to=9999-12-31",
        "from=2026-03-02&to=2026-03-01",
        "from=2020-01-01&to=2026-01-01",
        "workflow=x",
        "from=%00",
    ],
)
def test_days_that_make_no_sense(owner, api, query):
    answer = api(owner).get(f"{USAGE}?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]


def test_both_cost_the_same_however_much_there_is(owner, api):
    client, costs = api(owner), []
    for count in (10, 60):
        for number in range(count):
            call(owner, persona=f"{count} {number}", subject=uuid4())
        costs.append([queries(client, f"{CALLS}?limit=200"), queries(client, USAGE)])
    assert costs[0] == costs[1]
