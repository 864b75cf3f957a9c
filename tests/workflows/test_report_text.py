"""Which of several quotes from one passage a mark in a report means."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workflows.report_text import Part, compose

LONG = "板の金型は 2026 年 11 月 25 日に発注し、2027 年 1 月 15 日に完成する予定で、遅れはいまのところない"


def cited(body: str, *quotes: str) -> list[str]:
    """The quotes behind the marks of a report, in their order."""
    rows: list[dict[str, Any]] = [
        {"ref": "p-1", "note": "n.md", "title": "n", "heading": "", "line": at, "quote": quote}
        for at, quote in enumerate(quotes, 1)
    ]
    part = Part(key="t1", title="T", persona="P", status="done", depends_on=(), body=body, citations=rows)
    made = compose(
        title="T",
        requirement="R",
        language="ja",
        workflow_id="-",
        when=datetime.now(UTC),
        parts=[part],
        unmet=[],
    )
    return [each["quote"] for each in made.citations]


@pytest.mark.parametrize(
    ("body", "quotes"),
    [
        ("- 「短い」[p-1]\n- 「別の」[p-1]", ("短い", "別の")),
        (f"「{LONG}」[p-1] そして「短い」[p-1]", (LONG, "短い")),
        ("| 2026-11-20 | 発注書を回す | [p-1] |\n| 2026-11-20 | 週報を書く | [p-1] |",
         ("発注書を回す 📅 2026-11-20", "週報を書く 📅 2026-11-20")),
        ("| 早川 | 費用を見積もる | [p-1] |\n| 三浦 | 費用を払う | [p-1] |",
         ("費用を見積もる（早川） 📅 2026-11-20", "費用を払う（三浦） 📅 2026-11-20")),
    ],
    ids=["in lines of their own", "in one line", "dates in a column of their own", "names in one too"],
)  # fmt: skip
def test_each_mark_leads_to_its_own_quote(body: str, quotes: tuple[str, ...]) -> None:
    assert cited(body, *quotes) == list(quotes)
    assert cited(body, *reversed(quotes)) == list(quotes)
