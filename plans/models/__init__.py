"""Plans and their versions, what waits for a human, and who decides."""

from plans.models.desk import PlanComment, PlanTemplate, Seat, Timer, Vote
from plans.models.messages import Channel, DecisionLink, Message
from plans.models.plans import (
    ApprovalRequest,
    ApprovalRequestGroupPermission,
    ApprovalRequestUserPermission,
    Plan,
    PlanGroupPermission,
    PlanUserPermission,
    PlanVersion,
    seats_of,
)

__all__ = [
    "ApprovalRequest",
    "ApprovalRequestGroupPermission",
    "ApprovalRequestUserPermission",
    "Channel",
    "DecisionLink",
    "Message",
    "Plan",
    "PlanComment",
    "PlanGroupPermission",
    "PlanTemplate",
    "PlanUserPermission",
    "PlanVersion",
    "Seat",
    "Timer",
    "Vote",
    "seats_of",
]
