"""A task that takes longer than the broker's patience is delivered again, and still carried out once."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform import ROOT
from tests.team.processes import Team, until


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, database: str, broker: str) -> Iterator[Team]:
    environment = {
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "BUILTIN_DELAY_MS": "45000",
        "DJANGO_SETTINGS_MODULE": "tests.team.impatient",
    }
    with Team(Path(tmp_path_factory.mktemp("impatient")), **environment) as running:
        running.hire("one")
        yield running


def received(team: Team) -> int:
    """How many messages about tasks the workers have taken from the queue."""
    command = [sys.executable, "-m", "celery", "-A", "config", "inspect", "stats", "--json", "--timeout", "5"]
    done = subprocess.run(command, cwd=ROOT, env=team.environment, capture_output=True, text=True)
    told = json.loads(done.stdout) if done.returncode == 0 else {}
    return sum(worker["total"].get("workflows.run_task", 0) for worker in told.values())


def test_what_is_delivered_twice_is_done_once(team: Team) -> None:
    workflow = team.carry_out(1)
    until(lambda: team.tasks(workflow) == {"running": 1}, "the task at work")
    team.hire("two")
    until(lambda: received(team) > 1, "a second delivery")
    assert team.tasks(workflow) == {"running": 1}, "the second delivery came too late to prove anything"
    until(lambda: team.tasks(workflow) == {"done": 1}, "the task")
    held = team.ask("SELECT fence FROM workflows_task WHERE workflow_id = %s", workflow)
    assert held == [(1,)], "the task was claimed again"
    asked = "SELECT attempts FROM ai_integration_callrecord WHERE subject_id = %s AND job = 'work'"
    assert team.ask(asked, workflow) == [(1,)]
