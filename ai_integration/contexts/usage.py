"""Usage as pictures and as a file."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse

from ai_integration.selectors import usage_lines

COLUMNS = (
    "day", "persona", "workflow", "provider", "model", "calls", "failed", "tokens_in", "tokens_out", "milliseconds", "cost",
    "unpriced_calls",
)  # fmt: skip
WIDTH, HEIGHT, TOP, BOTTOM, LEFT = 720, 180, 12, 22, 56
MOST_BARS = 8


@dataclass(frozen=True)
class Bar:
    """One bar, in the plot's own units. `share` is that of the largest, in percent."""

    label: str
    value: Any
    words: str
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0
    share: int = 0
    named: bool = False
    link: str = ""


@dataclass(frozen=True)
class Plot:
    """Bars over days. `lines` are `(y, words)` of the grid. `empty` when there is nothing to compare."""

    bars: Sequence[Bar]
    lines: Sequence[tuple[float, str]]
    money: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    foot: int = HEIGHT - 6

    @property
    def empty(self) -> bool:
        return not any(bar.value for bar in self.bars)


def plot(found: dict[str, Any]) -> Plot:
    """Every day of the time, also those without a call; in yen where anything was paid, else in tokens."""
    money = found["totals"]["cost_known"] > 0
    by_day = {each["day"]: _amount(each, money=money) for each in found["by_day"]}
    days = _days(found["since"], found["until"])
    most = _round_up(max(by_day.values(), default=Decimal(0)))
    step = (WIDTH - LEFT) / len(days)
    room = HEIGHT - TOP - BOTTOM
    bars = []
    for number, day in enumerate(days):
        value = by_day.get(day, Decimal(0))
        tall = float(value / most) * room
        named = number % max(1, len(days) // 6) == 0
        bars.append(
            Bar(f"{day.month}/{day.day}", value, amount(value, money=money), round(LEFT + number * step + step * 0.12, 2),
                round(TOP + room - tall, 2), round(step * 0.76, 2), round(tall, 2), named=named)
        )  # fmt: skip
    lines = [(TOP + room * (1 - part), amount(most * Decimal(part), money=money)) for part in (0.0, 0.5, 1.0)]
    return Plot(bars, lines, money)


def ranked(
    rows: Sequence[dict[str, Any]], name: Callable[[dict[str, Any]], str], *, money: bool, link: Any = None
) -> list[Bar]:
    """The largest of a list, as bars that lie. `name(row)` is what each is called, `link(row)` where it is."""
    largest = sorted(rows, key=lambda row: _amount(row, money=money), reverse=True)[:MOST_BARS]
    most = max((_amount(row, money=money) for row in largest), default=Decimal(0)) or Decimal(1)
    return [
        Bar(
            name(row),
            value,
            amount(value, money=money),
            share=int(value / most * 100),
            link=link(row) if link else "",
        )
        for row in largest
        for value in (_amount(row, money=money),)
    ]


def amount(value: Decimal, *, money: bool) -> str:
    if not money:
        return f"{int(value):,}"
    return f"¥{value:,.0f}" if value >= 10 or value == 0 else f"¥{value:,.2f}"


def usage_file(user: Any, **asked: Any) -> StreamingHttpResponse:
    """A file for a spreadsheet, written as it is read."""
    response = StreamingHttpResponse(_lines(user, asked), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="usage.csv"'
    return response


class _Line:
    """What csv writes to: hands each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(user: Any, asked: dict[str, Any]) -> Iterator[str]:
    writer = csv.DictWriter(_Line(), COLUMNS, extrasaction="ignore")
    yield "\ufeff" + writer.writeheader()  # Excel takes UTF-8 for Shift_JIS without it
    for row in usage_lines(user, **asked):
        yield writer.writerow({name: _inert(row[name]) for name in COLUMNS})


def _inert(value: Any) -> Any:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _amount(row: dict[str, Any], *, money: bool) -> Decimal:
    return row["cost_known"] if money else Decimal(row["tokens_in"] + row["tokens_out"])


def _days(since: date, until: date) -> list[date]:
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def _round_up(most: Decimal) -> Decimal:
    """The next of 1, 2, 5, 10, 20, … above `most`."""
    step = Decimal("0.01")
    while True:
        for times in (1, 2, 5):
            if step * times >= most:
                return step * times
        step *= 10
