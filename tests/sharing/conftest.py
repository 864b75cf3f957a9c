"""One thing of every kind that can be shared, inside and outside a project."""

from typing import Any

import pytest

from ai_integration.services import credential_create
from foundation.accounts import services
from foundation.accounts.models import Role, Team, User
from knowledge.models import Vault
from knowledge.services import source_create
from tests import factories
from workflows.models import Discussion
from workflows.services import project_create, workflow_create


@pytest.fixture
def colleague(db: None) -> User:
    """Somebody with the role `member`, with whom nothing is shared yet."""
    user = User.objects.create_user("colleague", password=None)
    user.groups.add(Role.objects.get(name="member").group)
    return user


@pytest.fixture
def people(colleague: User) -> Team:
    """A team of people: its maker, who owns nothing else, and `colleague`."""
    maker = User.objects.create_user("maker", password=None)
    maker.groups.add(Role.objects.get(name="member").group)
    return services.people_team_create(maker, name="営業部", members=[colleague])


@pytest.fixture
def things(owner: User) -> dict[str, Any]:
    """By kind. All but `persona`, `source` and `credential` hang on the project."""
    team = factories.team(owner)
    vault = Vault.objects.create(owner=owner, name="Vault", path="/nowhere/vault")
    project = project_create(owner, name="Project", team=team.pk, vault=vault.pk)
    plan = factories.plan(owner, of=team)
    workflow = workflow_create(
        owner, requirement="調べてください。", project=project.pk, auto_start=False, team=team.pk
    )
    type(workflow).objects.filter(pk=workflow.pk).update(plan=plan)
    return {
        "project": project,
        "workflow": workflow,
        "plan": plan,
        "discussion": Discussion.objects.create(
            owner=owner, project=project, topic="話題", first_topic="話題"
        ),
        "personateam": team,
        "vault": vault,
        "persona": factories.persona(owner, name="別の秘書"),
        "source": source_create(owner, title="Source", text="価格は千円です。"),
        "credential": credential_create(owner, provider="openai", api_key="sk-0123456789abcdef"),
    }
