"""People, clients, and a real server.

`owner` may do everything with what is theirs, `teammate` may only read, `stranger` sees nothing of it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from foundation.accounts import services
from foundation.accounts.models import Role, User
from tests.llama import Llama
from tests.platform import Platform


@pytest.fixture(autouse=True)
def _nothing_left_from_another_test(settings: Any) -> None:
    """Counts, and heads of an audit chain that is gone with its database."""
    cache.clear()
    shutil.rmtree(settings.DATA_DIR / "audit", ignore_errors=True)


@pytest.fixture
def a_team(settings: Any) -> None:
    """A platform for more than one person: they sign in with passwords, and may be added."""
    settings.SIGN_IN = "password"


def _person(username: str, role: str) -> User:
    services.roles_seed()
    user = User.objects.create_user(username, password=None, display_name=username.title())
    user.groups.add(Role.objects.get(name=role).group)
    return user


@pytest.fixture
def owner(db: None) -> User:
    return _person("owner", "owner")


@pytest.fixture
def teammate(db: None) -> User:
    return _person("teammate", "viewer")


@pytest.fixture
def stranger(db: None) -> User:
    return _person("stranger", "member")


@pytest.fixture
def commander(db: None) -> User:
    """The one person of the embedded profile."""
    return services.local_user()


@pytest.fixture
def api() -> Callable[[Any], APIClient]:
    """`api(user)`: a client with a real access token; `api(None)`: an anonymous one."""

    def client(user: User | None) -> APIClient:
        made = APIClient()
        if user is not None:
            made.credentials(HTTP_AUTHORIZATION=f"Bearer {services.token_pair_create(user).access}")
        return made

    return client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The real `manage.py up`, in a process and a folder of its own, shared by the tests of a module."""
    with Platform(Path(tmp_path_factory.mktemp("platform"))) as platform:
        yield platform


@pytest.fixture(scope="session")
def llama() -> Iterator[Llama]:
    """A real inference server with a very small model."""
    with Llama() as server:
        yield server
