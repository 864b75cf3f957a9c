"""What object permissions cost a list: p95 at 100,000 rows ÷ at 1,000, and throughput ÷ that of somebody who sees all.

In process, through the whole of Django, in turns between two processes with a database each. Targets: at most 1.3, at least
0.7. SQLite, and PostgreSQL where DATABASE_URL says. `python -m benchmarks.lists [rows]`
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.databases import own_database

SMALL, LARGE = 1_000, 100_000
ADDRESSES = ("workflows/", "tasks/", "personas/")
WHO = ("many", "few", "all")
ROUNDS, EACH = 20, 6


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    for url in dict.fromkeys(("", os.environ.get("DATABASE_URL", ""))):
        with ExitStack() as opened:
            sides = [opened.enter_context(side(url, size)) for size in (SMALL, rows)]
            if None in sides:
                print("PostgreSQL does not answer here; it was not measured.")
                continue
            print(f"{'PostgreSQL' if url else 'SQLite'}, {SMALL} and {rows} rows, 50 groups")
            print(f"{'':12}{'who':>6}{'p95 small':>12}{'p95 large':>12}{'÷ (≤ 1.3)':>11}", end="")
            print(f"{'median ÷':>10}{'throughput ÷ all (≥ 0.7)':>27}")
            for address in ADDRESSES:
                _measure(address, sides)


def _measure(address: str, sides: list[Any]) -> None:
    times: dict[tuple[str, int], list[float]] = {(who, side): [] for who in WHO for side in (0, 1)}
    for who in WHO:
        for ask in sides:
            ask(address, who, 1)  # a process composes some of its questions once
    for _round in range(ROUNDS):
        for who in WHO:
            for number, ask in enumerate(sides):
                times[who, number] += ask(address, who, EACH)
    everything = statistics.mean(times["all", 1])
    for who in WHO:
        small, large = times[who, 0], times[who, 1]
        share = everything / statistics.mean(large)
        print(
            f"{address:12}{who:>6}{_p95(small):9.1f} ms{_p95(large):9.1f} ms{_p95(large) / _p95(small):11.2f}"
            f"{statistics.median(large) / statistics.median(small):10.2f}{share:27.2f}",
            flush=True,
        )


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[18]


@contextmanager
def side(url: str, size: int) -> Iterator[Any]:
    """A process with `size` rows of each kind; calling what is yielded measures requests, in milliseconds."""
    with own_database(url) as database, tempfile.TemporaryDirectory(prefix="hisho-bench-") as folder:
        if database is None:
            yield None
            return
        environment = os.environ | {"DATA_DIR": folder, "DATABASE_URL": database, "REDIS_URL": ""}
        environment |= {"LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment |= {"RATE_LIMIT_DEFAULT": "1000000"}
        command = [sys.executable, "-m", "benchmarks.lists", "--serve", str(size)]
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:

            def ask(address: str, who: str, times: int) -> list[float]:
                assert process.stdin
                assert process.stdout
                process.stdin.write(json.dumps([address, who, times]) + "\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())

            yield ask
            process.kill()


def serve(size: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from benchmarks.shared import fill, people

    call_command("migrate", verbosity=0, skip_checks=True)
    fill(size)
    clients = {}
    for name, person in people().items():
        clients[name] = Client(SERVER_NAME="localhost")
        clients[name].force_login(person)
    for line in sys.stdin:
        address, who, times = json.loads(line)
        print(json.dumps([_took(clients[who], f"/api/v1/{address}") for _ in range(times)]), flush=True)


def _took(client: Any, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    took = 1000 * (time.perf_counter() - began)
    assert answer.status_code == 200, answer.content
    assert len(answer.json()["results"]) == 50, address
    return took


if __name__ == "__main__":
    serve(int(sys.argv[2])) if sys.argv[1:2] == ["--serve"] else main()
