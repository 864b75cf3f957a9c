"""Things to test with, made by the same services as in real life."""

from typing import Any
from uuid import uuid4

from django.db.models import Model

from ai_integration.jobs import PlanDraft
from foundation.accounts.services import access_grant
from foundation.core.actors import SYSTEM
from foundation.core.permissions import LEVELS, levels_for
from personas.models import Persona, PersonaTeam
from personas.services import persona_create, team_create
from plans.models import Plan
from plans.services import Author, plan_create, plan_edit, plan_submit
from workflows.models import Workflow
from workflows.services import workflow_create

UNKNOWN = "0b9a1c52-6f0e-4d5c-8a51-6f2f6a0d3c11"  # an id that nothing has; the same in every test process


def share(obj: Model, user: Any, *actions: str) -> None:
    """Share `obj` with `user` at the lowest level at which all of `actions` are allowed."""
    levels = [LEVELS.index(levels_for(action)[0]) for action in actions]
    access_grant(SYSTEM, obj, to=user, level=LEVELS[max(levels, default=0)])


def persona(owner: Any, name: str = "調査の水野", role: str = "調査", **fields: Any) -> Persona:
    return persona_create(SYSTEM, owner=owner, name=name, role=role, **fields)


def team(owner: Any, *roles: str, name: str = "秘書室") -> PersonaTeam:
    """A team with one persona per role (default: research, writing, review)."""
    given = roles or ("調査", "執筆", "レビュー")
    members = [persona(owner, name=f"{name} {role}", role=role) for role in given]
    return team_create(SYSTEM, owner=owner, name=name, members=members)


def item(key: str, *, role: str = "調査", **fields: Any) -> dict[str, Any]:
    return {"key": key, "title": f"項目 {key}", "role": role} | fields


def content(*items: dict[str, Any], title: str = "研修の計画") -> dict[str, Any]:
    """A sound plan's content."""
    return {"title": title, "items": list(items) or [item("a"), item("b", role="執筆", depends_on=["a"])]}


def plan(owner: Any, *, of: PersonaTeam | None = None, **fields: Any) -> Plan:
    """A plan that waits for its owner's decision."""
    made = plan_create(
        SYSTEM, owner=owner, title="研修の計画", subject_id=fields.pop("subject_id", uuid4()), team=of
    )
    plan_edit(SYSTEM, made, PlanDraft.model_validate(content(**fields)), author=Author())
    return plan_submit(SYSTEM, made)


def draft_workflow(owner: Any, requirement: str = "社内研修を調べてください。", **fields: Any) -> Workflow:
    """A workflow that nobody has started."""
    return workflow_create(owner, requirement=requirement, auto_start=False, **fields)
