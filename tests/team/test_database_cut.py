"""PostgreSQL cuts every connection, again and again, or is away for a while, and a run goes on all the same."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import services
from tests.team.processes import Team, until

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
DONE = ("completed", "completed_with_gaps")


@pytest.fixture
def run(team: Team) -> str:
    """A run in the middle of its work, begun by a process whose own connections nobody has cut yet."""
    team.dismiss_beside()
    workflow = team.carry_out(8)
    until(lambda: team.holders(workflow), "a task at work")
    return workflow


def cut(team: Team) -> None:
    with psycopg.connect(services.database_url(), autocommit=True) as admin:
        admin.execute(CUT, [_name(team)])


@contextmanager
def away(team: Team) -> Iterator[None]:
    """The platform's database takes nobody in. The server itself goes on: it is not ours."""
    with psycopg.connect(services.database_url(), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{_name(team)}" ALLOW_CONNECTIONS false')
        admin.execute(CUT, [_name(team)])
        try:
            yield
        finally:
            admin.execute(f'ALTER DATABASE "{_name(team)}" ALLOW_CONNECTIONS true')


def _name(team: Team) -> str:
    return urlsplit(team.environment["DATABASE_URL"]).path.strip("/")


def finished(team: Team, workflow: str) -> bool:
    """Whether the run came to its end with every task done and nothing paid for twice."""
    ended = team.finish(workflow) in DONE
    calls = {(status, count) for _key, status, count in team.calls(workflow)}
    return ended and team.tasks(workflow) == {"done": 8} and calls == {("finished", 1)}


def test_a_run_outlives_its_connections(team: Team, run: str) -> None:
    with team.script() as script:
        answers = []
        for _ in range(6):
            cut(team)
            answers += [script.get("/api/v1/workflows/"), script.get("/health/ready")]
            time.sleep(0.4)
        odd = [answer.text for answer in answers if answer.status_code not in (200, 503)]
        assert odd == []
        assert finished(team, run)
        assert script.get("/api/v1/workflows/").status_code == 200


def test_while_it_is_away_everything_says_so_and_then_goes_on(team: Team, run: str) -> None:
    with team.browser() as browser, team.script() as script:
        with away(team):
            told = [browser.get("/"), script.get("/api/v1/workflows/"), browser.get("/health/ready")]
            assert [answer.status_code for answer in told] == [503, 503, 503]
            assert all("Retry-After" in answer.headers for answer in told)
            assert told[1].json()["error"]["code"] == "unavailable"
            with team.client() as supervisor:
                assert supervisor.get("/health/live").status_code == 200
        assert finished(team, run)
        until(lambda: browser.get("/").status_code == 200, "the home page")
