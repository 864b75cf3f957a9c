"""Holding a discussion: claim it, take one turn, look again. One queued message is one turn, so that none takes long."""

import logging
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from langgraph.errors import GraphDrained

from ai_integration.errors import ApprovalRequired, BudgetExceeded
from foundation.core.errors import DomainError, LeaseLost
from foundation.core.leases import Lease, claim, kept
from foundation.core.queue import enqueue
from plans.selectors import pending_for
from workflows.engine.graphs import Driven
from workflows.engine.stops import WORKER_LOST, honest, reason_of
from workflows.models import Discussion
from workflows.selectors import discussions_to_advance
from workflows.services import tool_parking
from workflows.services.parking import talk_park
from workflows.services.stepping import Halted
from workflows.services.talking import talk_fail
from workflows.states import TALKING, DiscussionStatus

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2


class NotAnswered(DomainError):
    """The question was stored, and can be asked again by resuming it."""

    code, status = "not_answered", 502
    message = _("There was no answer.")


def advance_discussion(discussion_id: UUID | str) -> None:
    """Take one turn and queue the next. Does nothing when another worker holds the discussion or when it waits."""
    # A wake-up that came while the lease was held went nowhere, so look again after the release.
    if take_turn(discussion_id) and _due(discussion_id):
        enqueue("workflows.advance_discussion", str(discussion_id))


def sweep_discussions() -> int:
    """Queue the discussions that should be going on but that nobody holds; returns how many."""
    for discussion_id in tool_parking.talks_to_wake():
        tool_parking.talk_wake(discussion_id)
    due = discussions_to_advance()
    for discussion_id in due:
        enqueue("workflows.advance_discussion", str(discussion_id))
    return len(due)


def answer_now(discussion: Discussion) -> Discussion:
    """Have a single question answered here and now.

    Raises NotAnswered, and BudgetExceeded or ApprovalRequired where a person must decide first.
    """
    ends = time.monotonic() + settings.CALL_TIMEOUT_SECONDS + settings.LEASE_SECONDS
    while _due(discussion.pk) and time.monotonic() < ends:
        if not take_turn(discussion.pk):
            time.sleep(POLL_SECONDS)  # another worker took it up
    discussion.refresh_from_db()
    if discussion.status != DiscussionStatus.ENDED:
        details = {"discussion": str(discussion.pk), "status": discussion.status, "reason": discussion.reason}
        if discussion.status == DiscussionStatus.WAITING_FOR_HUMAN:
            over = pending_for(discussion.pk).filter(kind=BudgetExceeded.kind).exists()
            raise (BudgetExceeded if over else ApprovalRequired)(discussion.reason, details=details)
        raise NotAnswered(details=details)
    return discussion


def take_turn(discussion_id: UUID | str) -> bool:
    """Take the next turn, or finish one that was cut short; False when there was nothing that this worker could do."""
    if not _due(discussion_id):
        return False
    lease = claim(Discussion, UUID(str(discussion_id)))
    if lease is None:
        return False
    try:
        with kept(lease):
            return _advance(lease)
    except LeaseLost:
        return False


def _due(discussion_id: UUID | str) -> bool:
    return Discussion.objects.filter(pk=discussion_id, status__in=TALKING).exists()


def _advance(lease: Lease) -> bool:
    discussion = Discussion.objects.get(pk=lease.pk)
    with translation.override(discussion.language):
        try:
            _drive(lease, discussion)
        except GraphDrained:
            return False
        except Halted:
            return True
        except LeaseLost:
            raise
        except ApprovalRequired as error:
            park = tool_parking.talk_park if error.kind in tool_parking.KINDS else talk_park
            with suppress(Halted):
                park(lease, error)
        except Exception as error:  # noqa: BLE001 - `honest` raises again what may pass
            _stop(lease, discussion, honest(error, discussion.attempts))
        return True


def _drive(lease: Lease, discussion: Discussion) -> None:
    if discussion.attempts > settings.MAX_ATTEMPTS_WITHOUT_PROGRESS:
        raise DomainError(WORKER_LOST, code="worker_lost")
    driven = Driven("discussion", f"discussion:{discussion.pk}", lease, attempts=discussion.attempts)
    driven.go(_next_input(driven, discussion))


def _next_input(driven: Driven, discussion: Discussion) -> Any:
    """None finishes the turn that was begun; otherwise a new one begins."""
    if driven.is_midway(driven.state()):
        return None
    return {"discussion": str(discussion.pk), "turn": discussion.turn}


def _stop(lease: Lease, discussion: Discussion, error: DomainError) -> None:
    logger.warning("Discussion %s stops: %s", discussion.pk, error)
    with suppress(Halted):
        talk_fail(lease, reason_of(error))
