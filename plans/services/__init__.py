"""Commands on plans and on requests for a human's decision."""

from plans.services.answers import Effect, Remember
from plans.services.bound import Origin
from plans.services.channels import channel_create, channel_delete, channel_update
from plans.services.comments import plan_comment, require_comment
from plans.services.decisions import Decision, plan_decide, request_decide, require_decision
from plans.services.requests import request_open, request_settle, request_withdraw
from plans.services.rules import policy_check, policy_for
from plans.services.templates import template_delete, template_save
from plans.services.versions import (
    Author,
    plan_attach,
    plan_create,
    plan_edit,
    plan_propose,
    plan_request_approval,
    plan_revise_by_hand,
    plan_submit,
    plan_withdraw,
    plan_write,
)
from plans.services.votes import request_delegate, vote_withdraw

__all__ = [
    "Author",
    "Decision",
    "Effect",
    "Origin",
    "Remember",
    "channel_create",
    "channel_delete",
    "channel_update",
    "plan_attach",
    "plan_comment",
    "plan_create",
    "plan_decide",
    "plan_edit",
    "plan_propose",
    "plan_request_approval",
    "plan_revise_by_hand",
    "plan_submit",
    "plan_withdraw",
    "plan_write",
    "policy_check",
    "policy_for",
    "request_decide",
    "request_delegate",
    "request_open",
    "request_settle",
    "request_withdraw",
    "require_comment",
    "require_decision",
    "template_delete",
    "template_save",
    "vote_withdraw",
]
