"""The team profile in real processes: PostgreSQL, Redis, a server, and workers that are killed at will."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import services
from tests.redis_space import claimed
from tests.team.processes import POOL_MOST, POOL_SIZE, Team


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.team)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _services_answer() -> None:
    silent = services.trouble()
    if silent and os.environ.get("CI", "").lower() not in ("", "0", "false", "no"):
        pytest.fail(f"CI tests the team profile, but {silent}")
    if silent:
        pytest.skip(f"SKIPPED, the team profile was not tested: {silent}")


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of a fresh database, dropped afterwards."""
    name = f"hisho_team_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(services.database_url(), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(services.database_url())._replace(path=f"/{name}").geturl()
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def broker() -> str:
    """The URL of a Redis database that only this module uses."""
    return claimed(services.redis_url())


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, database: str, broker: str) -> Iterator[Team]:
    """A server and two workers; its models take their time, so that there is a middle to break things in.

    Two such teams at once share a PostgreSQL of 100 connections with the tests' own: each has a pool to match.
    """
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "BUILTIN_DELAY_MS": "300",
        "DATABASE_POOL_TIMEOUT": "3",
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
        "DATABASE_POOL_OVERFLOW": str(POOL_MOST - POOL_SIZE),
    }
    with Team(Path(tmp_path_factory.mktemp("team")), **environment) as running:
        running.hire("one")
        running.hire("two")
        yield running
