"""What the pages of this room show."""

from plans.contexts.desk import Desk, RequestPage, desk_of, request_page
from plans.contexts.inbox import InboxPage, inbox_page
from plans.contexts.plan import Item, PlanPage, plan_page
from plans.contexts.policy import policy_words

__all__ = [
    "Desk",
    "InboxPage",
    "Item",
    "PlanPage",
    "RequestPage",
    "desk_of",
    "inbox_page",
    "plan_page",
    "policy_words",
    "request_page",
]
