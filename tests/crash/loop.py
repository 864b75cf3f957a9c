"""Kill the server, over and over, in the middle of whatever it does; then see whether anything was lost or done twice.

`python -m tests.crash.loop --rounds 50` runs the real `manage.py up` over a folder of its own. Its model is a server in this
process, which survives and counts every call from outside. Each round delegates work over REST and kills at a random moment,
now and then once more while the next server starts or takes the work up; then all of it must come to its end by itself.
"""

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.ledger import Ledger
from tests.notes import tree, write_notes
from tests.platform import Platform
from tests.stub import Asked, Stub, secretary

ENDED = ("completed", "completed_with_gaps", "failed", "cancelled")
PATIENCE_SECONDS = 120
ASKED_FOR = (
    "Report on the new lamp: price and delivery. Order {number}.",
    "新製品の価格と納期を調べて、報告書にまとめてください。注文{number}番。",
    "Compare the prices of the new lamp and who supplies it. Order {number}.",
)


@dataclass
class Outcome:
    """What happened. `findings` are broken promises; it must be empty.

    `moved_after` and `ended_after` are seconds, from a restart to its first call and to the end of every run.
    """

    rounds: int
    accepted: int = 0
    killed_in: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    repeated: int = 0
    requests: int = 0
    kills: int = 0
    moved_after: list[float] = field(default_factory=list)
    ended_after: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


class Loop:
    def __init__(self, folder: Path, *, seed: int, delay_ms: int, longest_seconds: float) -> None:
        self.chance = random.Random(seed)
        self.delay, self.longest = delay_ms / 1000, longest_seconds
        self.notes = write_notes(folder / "vault")
        self.before = tree(self.notes)
        self.requests_log = folder / "requests.jsonl"
        self.data = folder / "data"
        self.data.mkdir()
        self.accepted: list[str] = []

    def run(self, rounds: int) -> Outcome:
        outcome = Outcome(rounds)
        with Stub(self._think, log=self.requests_log) as model:
            platform = Platform(
                self.data,
                AI_MODEL="openai:stub",
                OPENAI_BASE_URL=model.url,
                OPENAI_API_KEY="none",
                LOG_LEVEL="WARNING",
            )
            self.ledger = Ledger(self.data / "app.sqlite3")
            try:
                self._prepare(platform)
                for number in range(rounds):
                    self._round(platform, number, outcome)
                assert platform.stop(signal.SIGTERM) == 0, platform.stderr()
            finally:
                self._kill(platform)
            outcome.requests = len(model.asked)
        outcome.accepted = len(self.accepted)
        self._look(outcome)
        return outcome

    def _think(self, asked: Asked) -> str:
        time.sleep(self.delay)
        return secretary(asked)

    def _prepare(self, platform: Platform) -> None:
        platform.start()
        self.token = platform.token()
        with self._client(platform) as client:
            body = {"name": "Vault", "path": str(self.notes)}
            self.vault = client.post("/api/v1/vaults/", json=body).raise_for_status().json()["id"]
            self._wait(lambda: self._indexed(client), "the index")

    def _indexed(self, client: Any) -> bool:
        status = client.get(f"/api/v1/vaults/{self.vault}/status/").json()
        return status["indexed"] == len(self.before)

    def _round(self, platform: Platform, number: int, outcome: Outcome) -> None:
        with self._client(platform) as client:
            for _ in range(self.chance.choice((1, 1, 2))):
                self._delegate(client, number)
        self._kill_soon(platform, outcome)
        if self.chance.random() < 0.3:
            if self.chance.random() < 0.3:
                self._kill_while_starting(platform, outcome)
            else:
                platform.start()
                self._kill_soon(platform, outcome)
        self._recover(platform, outcome)

    def _delegate(self, client: Any, number: int) -> None:
        requirement = self.chance.choice(ASKED_FOR).format(number=f"{number}-{len(self.accepted)}")
        body = {"requirement": requirement, "vault": self.vault, "auto_approve": True}
        answer = client.post("/api/v1/workflows/", json=body)
        assert answer.status_code == 201, answer.text
        self.accepted.append(answer.json()["id"])

    def _kill_soon(self, platform: Platform, outcome: Outcome) -> None:
        time.sleep(self.chance.uniform(0, self.longest))
        self._kill(platform)
        outcome.kills += 1
        for status, count in self.ledger.under_way().items():
            outcome.killed_in[status] = outcome.killed_in.get(status, 0) + count
        outcome.findings += self.ledger.remember()

    def _kill_while_starting(self, platform: Platform, outcome: Outcome) -> None:
        timer = threading.Timer(self.chance.uniform(0.2, 2.0), self._shoot, (platform,))
        timer.start()
        with suppress(AssertionError):
            platform.start()
        timer.join()
        self._kill(platform)
        outcome.kills += 1

    def _recover(self, platform: Platform, outcome: Outcome) -> None:
        """After a restart everything that was accepted ends by itself."""
        unfinished, requests = self.ledger.unfinished(), self._requests()
        platform.start()
        began = time.monotonic()
        if unfinished:
            self._wait(lambda: self._requests() > requests or not self.ledger.unfinished(), "a first move")
            outcome.moved_after.append(round(time.monotonic() - began, 1))
        self._wait(lambda: not self.ledger.unfinished(), "the end of every run")
        outcome.ended_after.append(round(time.monotonic() - began, 1))
        outcome.findings += self.ledger.remember()

    def _look(self, outcome: Outcome) -> None:
        outcome.statuses = self.ledger.statuses()
        outcome.calls, outcome.repeated = self.ledger.calls()
        outcome.findings += self.ledger.remember()
        outcome.findings += self.ledger.audit(self.accepted, self.requests_log)
        outcome.findings += self.ledger.compare_vault(self.before, tree(self.notes))

    def _requests(self) -> int:
        return len(self.requests_log.read_bytes().splitlines())

    def _client(self, platform: Platform) -> Any:
        return platform.client(headers={"Authorization": f"Bearer {self.token}"})

    def _kill(self, platform: Platform) -> None:
        platform.process.kill()
        platform.process.wait()
        platform.close()
        platform.errors.close()

    def _shoot(self, platform: Platform) -> None:
        platform.process.kill()

    def _wait(self, look: Any, what: str) -> None:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not look():
            assert time.monotonic() < ends, f"Waited {PATIENCE_SECONDS} s for {what} in vain."
            time.sleep(0.05)


def crash_loop(
    rounds: int, *, folder: Path, seed: int = 1, delay_ms: int = 250, longest_seconds: float = 3.0
) -> Outcome:
    return Loop(folder, seed=seed, delay_ms=delay_ms, longest_seconds=longest_seconds).run(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--delay-ms", type=int, default=250, help="how long the model thinks")
    parser.add_argument("--longest-seconds", type=float, default=3.0, help="the longest life of a server")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="hisho-crash-") as folder:
        outcome = crash_loop(
            given.rounds,
            folder=Path(folder),
            seed=given.seed,
            delay_ms=given.delay_ms,
            longest_seconds=given.longest_seconds,
        )
    for name, value in vars(outcome).items():
        print(f"{name}: {value}")
    sys.exit(1 if outcome.findings else 0)


if __name__ == "__main__":
    main()
