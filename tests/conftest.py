"""People, clients, and a real server.

`owner` may do everything with what is theirs, `teammate` may only read, `stranger` sees nothing of it.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from foundation.accounts import services
from foundation.accounts.models import Role, User
from tests import emptying
from tests.llama import Llama
from tests.platform import Platform

emptying.install()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the team profile, leave out what would say a second time what it said on the embedded one."""
    if connection.vendor != "postgresql":
        return
    left_out = [item for item in items if not _asks_the_team_profile(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _asks_the_team_profile(item: pytest.Item) -> bool:
    if item.get_closest_marker("once"):
        return False
    marked = any(item.get_closest_marker(name) for name in ("django_db", "both_profiles", "team"))
    return marked or "db" in item.fixturenames or "transactional_db" in item.fixturenames


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
