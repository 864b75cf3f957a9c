"""Processes of the team profile, and what is asked of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.platform import ROOT, Platform

PATIENCE_SECONDS = 90
CHILDREN = 2
POOL_SIZE = 10  # the connections of a server: these at rest, at most so many under load
POOL_MOST = 25


class Worker:
    """`celery -A config worker` with two children, in a process group of its own."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / f"worker-{name}.txt"
        command = [sys.executable, "-m", "celery", "-A", "config", "worker"]
        command += ["--hostname", f"{name}@%h", "--concurrency", str(CHILDREN), "--loglevel", "INFO"]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        return len(self.children()) >= CHILDREN

    def children(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def kill(self) -> None:
        """kill -9: the worker and its children at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, as a supervisor does; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)


class Team(Platform):
    """A server as in `Platform`, with workers in processes of their own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        super().__init__(folder, **environment)
        self.workers: dict[str, Worker] = {}

    def hire(self, name: str) -> Worker:
        worker = self.workers[name] = Worker(name, self.folder, self.environment)
        until(worker.is_ready, f"worker {name}")
        return worker

    def close(self) -> None:
        for worker in self.workers.values():
            if worker.process.poll() is None:
                worker.kill()
        super().close()

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows straight from the database."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as direct:
            return direct.execute(question, values).fetchall()

    def carry_out(self, tasks: int, after: str = "") -> str:
        """Start a run whose plan is `tasks` tasks side by side, approved beforehand; returns the workflow's id.

        `after` is a key each of them waits for, as `t0`; without it all may begin at once.
        """
        return self.python(RUN.format(tasks=tasks, after=after)).strip()

    def status(self, workflow: str) -> str:
        return self.ask("SELECT status FROM workflows_workflow WHERE id = %s", workflow)[0][0]

    def finish(self, workflow: str) -> str:
        """The status that the run ends with."""
        ends = ("completed", "completed_with_gaps", "failed", "cancelled")
        until(lambda: self.status(workflow) in ends, f"an end, but it is {self.status(workflow)}")
        return self.status(workflow)

    def holders(self, workflow: str) -> set[int]:
        """The processes that hold a task of the run just now."""
        rows = self.ask(
            "SELECT lease_owner FROM workflows_task WHERE workflow_id = %s AND lease_expires_at > now()",
            workflow,
        )
        return {int(owner.rsplit(":", 3)[1]) for (owner,) in rows if owner}

    def tasks(self, workflow: str) -> dict[str, int]:
        """How many tasks stand at each status."""
        counted = "SELECT status, count(*) FROM workflows_task WHERE workflow_id = %s GROUP BY status"
        return dict(self.ask(counted, workflow))

    def calls(self, workflow: str) -> list[tuple[str, str, int]]:
        """`(key, status, answers kept)` of every call that a task of the run made."""
        found = (
            "SELECT key, status, count(*) FROM ai_integration_callrecord WHERE subject_id = %s AND job = 'work' "
            "GROUP BY key, status"
        )
        return self.ask(found, workflow)


RUN = """
from foundation.accounts.services import local_user
from personas.models import PersonaTeam
from plans.services import Decision, plan_decide
from tests.workflows.driving import by_hand
me = local_user()
after = "{after}"
dag = {{f"t{{n}}": [after] if after and n else [] for n in range({tasks})}}
workflow = by_hand(me, dag, auto_approve=True, team=PersonaTeam.objects.first().pk)
print(workflow.pk)
"""


def until[T](look: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """The first true value of `look()`."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, f"waited {seconds} s for {what}"
        time.sleep(0.1)
    return found
