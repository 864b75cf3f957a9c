"""What a call to a model may come to instead of an answer."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ai_integration.states import Ending
from foundation.core.errors import DomainError


class AnswerInvalid(DomainError):
    code, status = "model_answer_invalid", 502
    message = _("The model's answer could not be used, also after it was asked again.")
    ending = Ending.UNFIT


class ProviderFailed(DomainError):
    """`ending` says which kind of failure it was, and so whether another model may be asked instead."""

    code, status = "provider_failed", 502
    message = _("The model did not answer.")

    def __init__(self, *, ending: str = Ending.DOWN, details: dict[str, Any] | None = None) -> None:
        super().__init__(details=details)
        self.ending = ending


class CallCancelled(DomainError):
    code, status = "call_cancelled", 409
    message = _("The call was cancelled: its answer is no longer wanted.")
    ending = Ending.CANCELLED


class ApprovalRequired(DomainError):
    """A human must decide before this call may be made. `kind` is that of the request that whoever called files.

    `details` is what the request shows, and what it is bound to.
    """

    code, status = "approval_required", 409
    message = _("This needs your decision first.")
    kind = ""


class BudgetExceeded(ApprovalRequired):
    code, status = "budget_exceeded", 402
    message = _("The budget would not be kept.")
    kind = "budget"
    ending = Ending.BUDGET
