"""Commands on projects."""

from typing import Any

from django.db import transaction

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.permissions import fetch_given, require, require_may_bring, require_permission
from knowledge.models import Vault
from personas.models import PersonaTeam
from plans.services import policy_check
from workflows.models import Project

FIELDS = ("name", "goal", "team", "vault", "policy")


@transaction.atomic
def project_create(actor: Actor, **fields: Any) -> Project:
    """A new project. `team` and `vault` are ids of what the actor may use. Raises Forbidden, Invalid."""
    require_permission(actor, "project:create")
    project = Project(owner=actor, **_resolved(actor, fields, before={}))
    project.full_clean()
    project.save()
    record(actor, "project.created", project, data={"name": project.name})
    return project


@transaction.atomic
def project_update(actor: Actor, project: Project, **fields: Any) -> Project:
    project = require(actor, "change", Project.objects.select_for_update().get(pk=project.pk))
    for name, value in _resolved(actor, fields, before=project.policy).items():
        setattr(project, name, value)
        if name in Project.holds:
            require_may_bring(actor, project, value)
    project.full_clean()
    project.save()
    record(actor, "project.updated", project, data={"fields": sorted(fields)})
    return project


@transaction.atomic
def project_delete(actor: Actor, project: Project) -> None:
    """Delete the project; its workflows stay."""
    require(actor, "delete", project)
    record(actor, "project.deleted", project, data={"name": project.name})
    project.delete()


def _resolved(actor: Actor, fields: dict[str, Any], *, before: dict[str, Any]) -> dict[str, Any]:
    known = {name: fields[name] for name in FIELDS if name in fields}
    if known.get("team"):
        known["team"] = fetch_given("team", PersonaTeam.objects.all(), actor, "operate", known["team"])
    if known.get("vault"):
        known["vault"] = fetch_given("vault", Vault.objects.all(), actor, "view", known["vault"])
    if "policy" in known:
        known["policy"] = policy_check(actor, known["policy"] or {}, before=before)
    return known
