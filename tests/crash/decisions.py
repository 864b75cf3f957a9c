"""Fifty decide at once, the server is killed, and what was approved happens: never twice, never not at all.

`python -m tests.crash.decisions --rounds 200` runs the real `manage.py up` over a folder of its own. The effect of an approval is
counted from outside: the note that the approved work leaves in a vault, which is a folder of this process' own. Each round
delegates one piece of work, has fifty people's worth of approvals sent together, kills the server at a random moment between
the first of them and the work, starts another one, and waits.
"""

import argparse
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.notes import tree, write_notes
from tests.platform import Platform

AT_ONCE = 50
BEFORE_ANY_ANSWER = 0.2
PATIENCE_SECONDS = 180
ENDED = ("completed", "completed_with_gaps", "failed", "cancelled")


@dataclass
class Outcome:
    """`answers` are the statuses that the deciders got, 0 where the server died under them. `findings` must be empty.

    `undecided` counts the kills that came before any decision was kept; those rounds are decided after the restart.
    """

    rounds: int
    kills: int = 0
    undecided: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    effects: Counter[int] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


class Decisions:
    def __init__(self, folder: Path, *, seed: int, longest: float) -> None:
        self.chance, self.longest = random.Random(seed), longest
        self.notes = write_notes(folder / "vault")
        self.data = folder / "data"
        self.data.mkdir()

    def run(self, rounds: int) -> Outcome:
        outcome = Outcome(rounds)
        platform = Platform(self.data, LOG_LEVEL="WARNING", RATE_LIMIT_DEFAULT="1000000", LEASE_SECONDS="4")
        try:
            platform.start()
            self.token = platform.token()
            with self.client(platform) as client:
                body = {"name": "Vault", "path": str(self.notes)}
                self.vault = client.post("/api/v1/vaults/", json=body).raise_for_status().json()["id"]
            for number in range(rounds):
                self._round(platform, number, outcome)
            assert platform.stop(signal.SIGTERM) == 0, platform.stderr()
        finally:
            if platform.process.poll() is None:
                platform.process.kill()
            platform.process.wait()
            platform.close()
        return outcome

    def client(self, platform: Platform) -> httpx.Client:
        return platform.client(headers={"Authorization": f"Bearer {self.token}"})

    def _round(self, platform: Platform, number: int, outcome: Outcome) -> None:
        with self.client(platform) as client:
            workflow, plan = self._delegated(client, number)
        answered = threading.Event()
        killer = threading.Thread(target=self._kill, args=(platform, answered, self.chance.random()))
        killer.start()
        answers = self._decide(platform, plan, answered)
        killer.join()
        platform.process.wait()
        outcome.kills += 1
        platform.start()
        with self.client(platform) as client:
            if client.get(f"/api/v1/plans/{plan['id']}/").json()["status"] != "approved":
                outcome.undecided += 1
                answers += self._decide(platform, plan)
            status = self._wait(lambda: self._ended(client, workflow), f"the end of round {number}")
        outcome.answers += answers
        self._look(number, plan, status, answers, outcome)

    def _kill(self, platform: Platform, answered: threading.Event, when: float) -> None:
        """Now and then before anybody was answered; mostly while the decision turns into work."""
        if when < BEFORE_ANY_ANSWER:
            time.sleep(when / BEFORE_ANY_ANSWER * self.longest)
        else:
            answered.wait(self.longest)
            time.sleep((when - BEFORE_ANY_ANSWER) * self.longest / 4)
        platform.process.kill()

    def _delegated(self, client: httpx.Client, number: int) -> tuple[str, dict[str, Any]]:
        """Work of one task whose plan waits."""
        body = {
            "requirement": f"Find out about the new lamp. {_mark(number)}",
            "title": _mark(number),
            "vault": self.vault,
            "auto_generate_tasks": False,
            "auto_start": False,
        }
        workflow = client.post("/api/v1/workflows/", json=body).raise_for_status().json()["id"]
        task = {"title": "Find out: lamp", "role": "調査", "queries": ["lamp"]}
        client.post(f"/api/v1/workflows/{workflow}/tasks/", json=task).raise_for_status()
        client.post(f"/api/v1/workflows/{workflow}/start/").raise_for_status()
        plan = self._wait(lambda: self._waiting(client, workflow), f"the plan of round {number}")
        return workflow, plan

    def _waiting(self, client: httpx.Client, workflow: str) -> dict[str, Any] | None:
        plans = client.get("/api/v1/plans/", params={"workflow": workflow}).json()["results"]
        return plans[0] if plans and plans[0]["status"] == "submitted" else None

    def _ended(self, client: httpx.Client, workflow: str) -> str:
        status = client.get(f"/api/v1/workflows/{workflow}/").json()["status"]
        return status if status in ENDED else ""

    def _decide(
        self, platform: Platform, plan: dict[str, Any], answered: threading.Event | None = None
    ) -> Counter[int]:
        address, body = f"/api/v1/plans/{plan['id']}/approve/", {"content_hash": plan["content_hash"]}
        ready = threading.Barrier(AT_ONCE)

        def send(_number: int) -> int:
            with self.client(platform) as client:
                ready.wait()
                try:
                    status = client.post(address, json=body).status_code
                    if answered:
                        answered.set()
                    return status
                except httpx.TransportError:
                    return 0

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return Counter(pool.map(send, range(AT_ONCE)))

    def _look(
        self, number: int, plan: dict[str, Any], status: str, answers: Counter[int], outcome: Outcome
    ) -> None:
        effects = sum(_mark(number) in text.decode() for text in tree(self.notes).values())
        outcome.effects[effects] += 1
        found = [] if effects == 1 else [f"{effects} notes"]
        if not status.startswith("completed"):
            found.append(f"it ended as {status}")
        if answers[200] > 1 or set(answers) - {200, 409, 0}:
            found.append(f"the deciders were told {dict(answers)}")
        found += self._in_the_database(plan["id"].replace("-", ""))
        outcome.findings += [f"round {number}: {each}" for each in found]

    def _in_the_database(self, plan: str) -> list[str]:
        of_plan = "request_id IN (SELECT id FROM plans_approvalrequest WHERE plan_id = ?)"
        counts = {
            "votes": f"SELECT count(*) FROM plans_vote WHERE {of_plan}",
            "decisions": "SELECT count(*) FROM activity_auditentry "
            "WHERE action = 'plan.decided' AND replace(object_id, '-', '') = ?",
            "results": "SELECT count(*) FROM workflows_taskresult r JOIN workflows_task t ON t.id = r.task_id "
            "JOIN workflows_workflow w ON w.id = t.workflow_id WHERE w.plan_id = ?",
        }
        with closing(sqlite3.connect(self.data / "app.sqlite3", timeout=20)) as opened:
            rows = {name: opened.execute(query, (plan,)).fetchone()[0] for name, query in counts.items()}
        return [f"{count} {name}" for name, count in rows.items() if count != 1]

    def _wait[T](self, look: Callable[[], T], what: str) -> T:
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            if found := look():
                return found
            time.sleep(0.1)
        raise AssertionError(f"waited {PATIENCE_SECONDS} s for {what}")


def _mark(number: int) -> str:
    return f"Order-{number:04d}-of-the-lamp"


def decisions(rounds: int, *, folder: Path, seed: int, longest: float = 8.0) -> Outcome:
    return Decisions(folder, seed=seed, longest=longest).run(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--longest", type=float, default=8.0, help="seconds within which the kill comes")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="hisho-decisions-") as folder:
        outcome = decisions(given.rounds, folder=Path(folder), seed=given.seed, longest=given.longest)
    for name, value in vars(outcome).items():
        print(f"{name}: {dict(value) if isinstance(value, Counter) else value}")
    sys.exit(1 if outcome.findings else 0)


if __name__ == "__main__":
    main()
