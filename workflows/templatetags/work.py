"""Words of this room that templates need."""

from collections.abc import Sequence

from django import template
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ai_integration.models import CallRecord
from ai_integration.selectors import model_label
from workflows.contexts.home import names_at_work
from workflows.models import Task

register = template.Library()

MOST_NAMES = 3
NOTIFIED: dict[str, Promise] = {
    "approval.requested": _("Something waits for your decision"),
    "budget.warned": _("A budget is nearly used up"),
    "workflow.status_changed": _("A workflow has ended or stopped"),
    "discussion.status_changed": _("A discussion has ended, or waits for you"),
    "plan.decided": _("A plan was decided"),
    "task.assigned": _("A task was given to another secretary"),
    "role.granted": _("You were given a role"),
    "sign_in.locked": _("Somebody tried to sign in with this name again and again"),
}


@register.filter
def people(running: Sequence[Task]) -> str:
    """Who works at these tasks."""
    names = names_at_work(running)
    separator = "・" if (get_language() or "").startswith("ja") else ", "
    return separator.join(names[:MOST_NAMES]) + ("…" if len(names) > MOST_NAMES else "")


@register.filter
def model_name(call: CallRecord) -> str:
    """The model of a call, as it is named to people."""
    language = "ja" if (get_language() or "").startswith("ja") else "en"
    return model_label(f"{call.provider}:{call.model}", language)


@register.filter
def notification_word(kind: str) -> str:
    return str(NOTIFIED.get(kind, ""))
