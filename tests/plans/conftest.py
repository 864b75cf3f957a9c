"""People who may approve, and plans under a policy."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from foundation.accounts.models import Role, User
from plans.models import Plan
from tests import factories
from tests.plans.hooks import Hook

ROLE = "承認者"


@pytest.fixture
def approvers(db: None) -> list[User]:
    """Three people who may decide, all in one role of their own. They see nothing of the owner's."""
    codes = ["plan:approve", "approval:decide"]
    role = Role.objects.filter(name=ROLE).first() or _role(codes)
    people = []
    for name in ("ichiro", "jiro", "saburo"):
        user = User.objects.create_user(name, password=None, display_name=name.title())
        user.groups.add(role.group)
        people.append(user)
    return people


def _role(codes: list[str]) -> Role:
    from django.contrib.auth.models import Group

    return Role.objects.create(name=ROLE, group=Group.objects.create(name=ROLE), codes=codes)


@pytest.fixture
def under(owner: Any) -> Callable[..., Plan]:
    """`under(policy)`: a plan that was submitted for a workflow with that policy."""

    def made(policy: dict[str, Any], **fields: Any) -> Plan:
        workflow = factories.draft_workflow(owner, policy=policy)
        return factories.plan(owner, subject_id=workflow.pk, **fields)

    return made


def named(*people: User, needed: int = 1) -> dict[str, Any]:
    """One step of a policy."""
    return {"users": [str(each.pk) for each in people], "needed": needed}


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    with Hook() as server:
        settings.SIGN_IN = "password"
        settings.AI_LOCAL_HOSTS = frozenset({server.place})
        yield server
        server.shutdown()
