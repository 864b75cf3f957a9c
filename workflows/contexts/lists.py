"""Lists of workflows, and what a search finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from foundation.activity.models import Notification
from foundation.activity.selectors import notifications
from foundation.activity.streams import followed
from foundation.core.paging import Page, paged
from knowledge.selectors import SearchHit, search_notes
from workflows.contexts.home import MOVING, with_progress
from workflows.models import Workflow
from workflows.selectors import workflows
from workflows.states import FINISHED, WorkflowStatus

MOST_WORDS = 12
GROUPS = {
    "moving": MOVING,
    "waiting": (WorkflowStatus.AWAITING_APPROVAL, WorkflowStatus.WAITING_FOR_HUMAN),
    "ended": FINISHED,
}


@dataclass(frozen=True)
class WorkflowsPage:
    """`chosen` is the status or group that the list is narrowed to; `statuses` are `(code, word)`."""

    page: Page
    words: str
    chosen: str
    statuses: Sequence[tuple[str, Any]]
    streams: str

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.chosen)


def workflows_page(user: Any, *, words: str = "", chosen: str = "", cursor: str = "") -> WorkflowsPage:
    words = words[:200]
    streams = followed(user, "inbox")
    rows = holding(workflows(user), words)
    if chosen in GROUPS:
        rows = rows.filter(status__in=GROUPS[chosen])
    elif chosen in WorkflowStatus.values:
        rows = rows.filter(status=chosen)
    page = paged(with_progress(user, rows), cursor)
    return WorkflowsPage(page, words, chosen, WorkflowStatus.choices, streams)


def holding(rows: QuerySet[Workflow], words: str) -> QuerySet[Workflow]:
    """Those whose title or requirement holds every word."""
    for word in words.split()[:MOST_WORDS]:
        rows = rows.filter(Q(title__icontains=word) | Q(requirement__icontains=word))
    return rows


@dataclass(frozen=True)
class SearchPage:
    search_words: str
    workflows: Sequence[Workflow]
    notes: Sequence[SearchHit]

    @property
    def found(self) -> int:
        return len(self.workflows) + len(self.notes)


def search_page(user: Any, words: str) -> SearchPage:
    words = words[:200].strip()
    if not words:
        return SearchPage("", (), ())
    rows = holding(workflows(user), words).order_by("-created_at", "-id")
    return SearchPage(words, list(rows.defer("requirement")[:10]), search_notes(user, words, limit=20))


@dataclass(frozen=True)
class NotificationsPage:
    page: Page
    unread: int


def notifications_page(user: Any, cursor: str = "") -> NotificationsPage:
    rows: QuerySet[Notification] = notifications(user)
    return NotificationsPage(paged(rows, cursor), rows.filter(read_at=None).count())
