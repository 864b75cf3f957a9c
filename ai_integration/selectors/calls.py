"""Reading calls, and what they came to."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from ai_integration.models import CallRecord
from ai_integration.selectors.setup import setup
from ai_integration.states import CallStatus

USAGE_DAYS = 30
RECENTLY = timedelta(minutes=10)
CENT = Decimal("0.01")
MOST_GROUPS = 400  # more than the days of a year
# Where it took something and nobody knows what that cost: the model's price is not known, or its server did not say how much.
# A failure that took nothing costs 0.
_TOOK = Q(tokens_out__gt=0) | Q(latency_ms__isnull=False)
UNKNOWN_COST = _TOOK & Q(cost=None) & ~Q(provider="builtin")
SUMS = {
    # First, because it reads a column whose name is that of a sum below.
    "unpriced_calls": Count("pk", filter=UNKNOWN_COST),
    "calls": Count("pk"),
    "failed": Count("pk", filter=Q(status=CallStatus.FAILED)),
    "tokens_in": Sum("tokens_in", default=0),
    "tokens_out": Sum("tokens_out", default=0),
    "milliseconds": Sum("latency_ms", default=0),
    "dollars": Sum("cost", default=Decimal(0)),
}


def calls(user: Any, *, subject_id: UUID | None = None) -> QuerySet[CallRecord]:
    rows = CallRecord.objects.permitted(user, "view")
    return rows.filter(subject_id=subject_id) if subject_id else rows


def calls_of_step(subject_id: UUID, step: str) -> QuerySet[CallRecord]:
    """The calls of one step of some work, for those who may see that work. `step` is how their keys begin."""
    rows = CallRecord.objects.filter(subject_id=subject_id, key__startswith=step)
    return rows.defer("context", "answer").order_by("created_at", "key")


def recent_outcomes() -> tuple[int, int]:
    """How many calls of the last ten minutes were finished, and how many failed."""
    lately = CallRecord.objects.filter(updated_at__gt=timezone.now() - RECENTLY).exclude(job="tool")
    counted = Counter(lately.values_list("status", flat=True)[:1000])
    return counted[CallStatus.FINISHED], counted[CallStatus.FAILED]


def call_outcome(call_id: str) -> CallRecord:
    """A finished call: its `answer`, its `context`, and who gave it."""
    return CallRecord.objects.only("answer", "context", "persona_name").get(pk=call_id)


def usage(
    user: Any, *, since: date | None = None, until: date | None = None, subject_id: UUID | None = None
) -> dict[str, Any]:
    """What the calls of the days `since` to `until` (both inclusive, the platform's own days; default the last 30) came to.

    `{since, until, totals, by_day, by_persona, by_workflow, by_model}`; every entry holds calls, failed, tokens_in,
    tokens_out, milliseconds, unpriced_calls, cost and cost_known, in yen at today's rate. `cost` is None as soon as one call has
    no known price; `cost_known` adds up the others. A list holds its 400 largest groups.
    """
    zone = timezone.get_default_timezone()  # the API itself runs on UTC
    since, until = _days(since, until)
    rows, rate = _between(user, since, until, subject_id), setup().rate
    return {
        "since": since,
        "until": until,
        "totals": _priced(rows.aggregate(**SUMS), rate),
        "by_day": sorted(
            _groups(rows, rate, day=TruncDate("created_at", tzinfo=zone)), key=lambda each: each["day"]
        ),
        "by_persona": list(_groups(rows, rate, persona=F("persona_name"))),
        "by_workflow": list(_groups(rows, rate, workflow=F("subject_id"))),
        "by_model": list(_groups(rows, rate, provider=F("provider"), model=F("model"))),
    }


def _groups(rows: QuerySet[CallRecord], rate: Decimal, **names: Any) -> Iterator[dict[str, Any]]:
    renamed = {f"_{name}": expression for name, expression in names.items()}  # a field's own name is refused
    grouped = rows.values(**renamed).annotate(**SUMS, latest=Max("created_at"))
    for row in grouped.order_by("-tokens_out", "-calls", "-latest")[:MOST_GROUPS]:
        sums = {name: row[name] for name in SUMS}
        yield {name: row[f"_{name}"] for name in names} | _priced(sums, rate)


def _priced(sums: dict[str, Any], rate: Decimal) -> dict[str, Any]:
    known = (sums.pop("dollars") * rate).quantize(CENT)
    return sums | {"cost": None if sums["unpriced_calls"] else known, "cost_known": known}


def usage_lines(
    user: Any, *, since: date | None = None, until: date | None = None, subject_id: UUID | None = None
) -> Iterator[dict[str, Any]]:
    """The same, one line for each day, persona, workflow and model: for spreadsheets."""
    since, until = _days(since, until)
    rate = setup().rate
    names = {
        "day": TruncDate("created_at", tzinfo=timezone.get_default_timezone()),
        "persona": F("persona_name"),
        "workflow": F("subject_id"),
        "provider": F("provider"),
        "model": F("model"),
    }
    renamed = {f"_{name}": expression for name, expression in names.items()}
    rows = _between(user, since, until, subject_id).values(**renamed).annotate(**SUMS)
    for row in rows.order_by("_day", "_persona", "_model", "_workflow").iterator(1000):
        sums = {name: row[name] for name in SUMS}
        yield {name: row[f"_{name}"] for name in names} | _priced(sums, rate)


def _days(since: date | None, until: date | None) -> tuple[date, date]:
    until = until or timezone.localdate(timezone=timezone.get_default_timezone())
    return since or until - timedelta(days=USAGE_DAYS - 1), until


def _between(user: Any, since: date, until: date, subject_id: UUID | None) -> QuerySet[CallRecord]:
    rows = calls(user, subject_id=subject_id).filter(created_at__gte=_midnight(since))
    return rows.filter(created_at__lt=_midnight(until + timedelta(days=1))).order_by()


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
