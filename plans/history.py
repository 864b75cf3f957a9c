"""Who decided what, on which version, when, from where: as rows, as JSON and as CSV."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from plans.models import ApprovalRequest, Vote

COLUMNS = (
    "at", "who", "decision", "comment", "version", "content_hash", "step", "via", "address", "automatic", "rule",
    "withdrawn_at",
)  # fmt: skip
# A spreadsheet takes what begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def entries(votes: Iterable[Vote], closed: Iterable[ApprovalRequest] = ()) -> list[dict[str, Any]]:
    """Every decision, those taken back too, and every question that ended without one, oldest first."""
    rows = [_of_vote(vote) for vote in votes] + [_of_closed(request) for request in closed]
    return sorted(rows, key=lambda row: row["at"])


def _of_vote(vote: Vote) -> dict[str, Any]:
    version = vote.request.version
    return {
        "at": vote.created_at.isoformat(),
        "who": vote.user_name,
        "decision": vote.decision,
        "comment": vote.comment,
        "version": version.number if version else None,
        "content_hash": vote.content_hash,
        "step": vote.step,
        "via": vote.via,
        "address": vote.address,
        "automatic": vote.automatic,
        "rule": vote.rule,
        "withdrawn_at": vote.withdrawn_at.isoformat() if vote.withdrawn_at else None,
    }


def _of_closed(request: ApprovalRequest) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(COLUMNS)
    return empty | {
        "at": request.updated_at.isoformat(),
        "who": "",
        "decision": request.status,
        "comment": "",
        "version": request.version.number if request.version else None,
        "content_hash": request.content_hash,
        "automatic": False,
        "rule": {},
    }


def as_csv(rows: Iterable[dict[str, Any]]) -> bytes:
    """UTF-8 with a mark at its beginning, since spreadsheets take Japanese for something else without it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    text = "" if value is None or value == {} else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
