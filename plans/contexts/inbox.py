"""The inbox: what waits for one person, the nearest deadline first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foundation.activity.streams import followed
from foundation.core.paging import Page, paged
from plans.models import ApprovalRequest
from plans.selectors import approvals, waiting

RECENT = 10


@dataclass(frozen=True)
class InboxPage:
    """What waits, and what was decided last."""

    page: Page
    decided: Sequence[ApprovalRequest]
    streams: str


def inbox_page(user: Any, cursor: str = "") -> InboxPage:
    """Where nothing is left behind `cursor`, because it was decided meanwhile, the first page is shown."""
    streams = followed(user, "inbox")
    order = {"by": "sorts_at", "oldest_first": True}
    page = paged(waiting(user), cursor, **order) or paged(waiting(user), **order)
    decided = approvals(user).exclude(decided_at=None).order_by("-decided_at", "-id")[:RECENT]
    return InboxPage(page, list(decided), streams)
