"""Something of every kind for the fuzzed person to come upon: on an empty platform, nearly every answer is 404.

Runs in the process beside the server.
"""

from datetime import timedelta
from pathlib import Path

from foundation.accounts import services
from foundation.accounts.models import Role, User
from foundation.core.actors import SYSTEM
from plans.services import channel_create
from tests import factories
from tests.matrix import world
from tests.matrix.rules import SHARED_KINDS


def token(role: str, folder: Path) -> str:
    """An access token of somebody of that role, with things of their own and a hand in those of others.

    What can be shared is shared at the highest level, so that somebody whose role allows little gets past the first door too.
    For `nobody` it is empty.
    """
    services.roles_seed()
    built = world.build(folder)
    if role == "nobody":
        return ""
    person = User.objects.create(username="fuzzed")
    services.role_grant(SYSTEM, Role.objects.get(name=role), user=person)
    for kind in SHARED_KINDS:
        services.access_grant(SYSTEM, built.things[kind], to=person, level="manage")
    factories.plan(person, of=factories.team(person))
    channel_create(person, name="Hook", address="json://127.0.0.1:9/x")
    return services.access_token_create(SYSTEM, user=person, lifetime=timedelta(hours=2))
