"""Plans to start from, saved from plans that were made before."""

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.permissions import require, require_permission
from plans.models import Plan, PlanTemplate, PlanVersion


@transaction.atomic
def template_save(actor: Actor, plan: Plan, *, name: str, version: PlanVersion | None = None) -> PlanTemplate:
    """Keep a version as a template of the actor's own. One of the same name takes its place."""
    require_permission(actor, "plan:create")
    version = version or plan.current
    if version is None:
        raise Conflict(_("An empty plan cannot be submitted."), code="plan_empty")
    if not name.strip():
        raise Invalid(details={"name": [_("This is needed.")]})
    given = {"content": version.content}
    made, _new = PlanTemplate.objects.update_or_create(owner=actor, name=name.strip()[:200], defaults=given)
    record(actor, "plan_template.saved", made, data={"name": made.name, "plan": str(plan.pk)})
    return made


@transaction.atomic
def template_delete(actor: Actor, template: PlanTemplate) -> None:
    require(actor, "delete", template)
    record(actor, "plan_template.deleted", template, data={"name": template.name})
    template.delete()
