"""How a plan and a request for approval may move.

draft → submitted → under_review → approved · rejected · revision_requested → submitted …
A newer version submitted while one waits takes its place; whatever waits may be withdrawn or expire.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.core.states import Transitions


class PlanStatus(TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    UNDER_REVIEW = "under_review", _("under review")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    REVISION_REQUESTED = "revision_requested", _("changes requested")
    SUPERSEDED = "superseded", _("superseded")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")


class RequestStatus(TextChoices):
    PENDING = "pending", _("awaiting a decision")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    CHANGES_REQUESTED = "changes_requested", _("changes requested")
    ANSWERED = "answered", _("answered")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")


class OnDeadline(TextChoices):
    """What happens when a deadline passes undecided."""

    WAIT = "wait", _("keep waiting")
    ESCALATE = "escalate", _("ask others too")
    REJECT = "reject", _("reject")
    EXPIRE = "expire", _("let it expire")


WAITING = (PlanStatus.SUBMITTED, PlanStatus.UNDER_REVIEW)
_CLOSED = (PlanStatus.SUPERSEDED, PlanStatus.EXPIRED, PlanStatus.WITHDRAWN)
_DECIDED = (PlanStatus.APPROVED, PlanStatus.REJECTED, PlanStatus.REVISION_REQUESTED)

PLAN = Transitions(
    {
        PlanStatus.DRAFT: (PlanStatus.SUBMITTED, *_CLOSED),
        PlanStatus.SUBMITTED: (PlanStatus.DRAFT, PlanStatus.UNDER_REVIEW, *_DECIDED, *_CLOSED),
        PlanStatus.UNDER_REVIEW: (PlanStatus.DRAFT, *_DECIDED, *_CLOSED),
        PlanStatus.REVISION_REQUESTED: (PlanStatus.DRAFT, PlanStatus.SUBMITTED, *_CLOSED),
        PlanStatus.APPROVED: (PlanStatus.SUPERSEDED,),
        PlanStatus.REJECTED: (),
        PlanStatus.SUPERSEDED: (),
        PlanStatus.EXPIRED: (),
        PlanStatus.WITHDRAWN: (),
    }
)

REQUEST = Transitions(
    {
        RequestStatus.PENDING: tuple(status for status in RequestStatus if status != RequestStatus.PENDING),
        **{status: () for status in RequestStatus if status != RequestStatus.PENDING},
    }
)
