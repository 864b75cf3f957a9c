"""A fresh platform in a temporary folder, in this process: database, worker, and somebody with a team of instant models."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ENDED = ("completed", "completed_with_gaps", "failed", "cancelled")


@contextmanager
def house() -> Iterator["House"]:
    """Nothing of the user's is touched. The database is SQLite."""
    with tempfile.TemporaryDirectory(prefix="hisho-bench-", ignore_cleanup_errors=True) as folder:
        os.environ |= {"DATA_DIR": folder, "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "ERROR"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0, skip_checks=True)
        made = House(Path(folder))
        yield made
        made.worker.stop(10)


class House:
    def __init__(self, folder: Path) -> None:
        from ai_integration import providers
        from foundation.accounts.services import local_user
        from foundation.core.actors import SYSTEM
        from foundation.core.worker import EmbeddedWorker
        from personas.services import persona_create, team_create

        providers.MODULES["instant"] = "benchmarks.instant"
        self.folder = folder
        self.user = local_user()
        members = [
            persona_create(SYSTEM, owner=self.user, name=role, role=role) for role in ("調査", "レビュー")
        ]
        self.team = team_create(SYSTEM, owner=self.user, name="Team", members=members)
        self._ended = threading.Event()
        self._listen()
        self.worker = EmbeddedWorker()
        self.worker.start()

    def think(self, seconds: float) -> None:
        """How long the team's models take for a call."""
        self.team.members.update(model=f"instant:{seconds}")

    def carried_out(self, workflow: Any) -> Any:
        """Wait, without asking the database all the time, until the run has ended."""
        while True:
            workflow.refresh_from_db(fields=["status", "reason"])
            if workflow.status in ENDED:
                return workflow
            self._ended.wait(30)
            self._ended.clear()

    def _listen(self) -> None:
        from celery.signals import task_postrun

        def heard(task: Any = None, **_signal: Any) -> None:
            if task.name == "workflows.advance_run":
                self._ended.set()

        task_postrun.connect(heard, weak=False)
