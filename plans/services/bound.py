"""What binds a decision to what was read, and who decided from where."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.core.errors import Conflict
from plans.models import Plan


@dataclass(frozen=True)
class Origin:
    """By which face a decision came (`page`, `api`, `link`, `terminal`, `rule`, `deadline`), and from which IP address."""

    via: str = ""
    address: str | None = None


def check_hash(plan: Plan, expected: str) -> None:
    """Raises Conflict `plan_changed`, naming the current version and where it is, when `expected` is not its hash."""
    if expected and plan.current and expected != plan.current.content_hash:
        details = {
            "version": plan.current.number,
            "content_hash": plan.current.content_hash,
            "plan": str(plan.pk),
            "address": reverse("plan-version", args=[plan.pk, plan.current.number]),
            "page": reverse("plan", args=[plan.pk]),
        }
        raise Conflict(_("The plan has changed since you read it."), code="plan_changed", details=details)


def streams_of(plan: Plan) -> tuple[str, ...]:
    return (f"workflow:{plan.subject_id}",) if plan.subject_id else ()
