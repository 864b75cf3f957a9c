"""How long until the first byte of pages and lists at 10,000 workflows, and how many queries they take.

Over HTTP from the real server, warm, each beside a bare Django view behind the same Daphne that renders a template to the same
size. Targets: 50 ms (median), and as many queries as at 10 workflows. `python -m benchmarks.pages [workflows] [database URL]`
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.databases import own_database
from tests.platform import ROOT, Platform

FEW, MANY = 10, 10_000
ROUNDS = 15
WARMING = 3
API = "/api/v1"
ADDRESSES = (
    "/", "/workflows/", "/workflows/?status=moving", "/workflows/?status=ended", "/workflows/?q=99", "/approvals/",
    "/notifications/", "/projects/", "/discussions/",
    f"{API}/workflows/", f"{API}/workflows/?limit=200", f"{API}/workflows/?status=completed", f"{API}/workflows/?search=99",
    f"{API}/tasks/", f"{API}/plans/", f"{API}/approvals/", f"{API}/projects/", f"{API}/notifications/", f"{API}/audit/",
)  # fmt: skip
FILL = "from foundation.accounts.services import local_user; from benchmarks.crowd import fill; fill(local_user(), {})"
ONE = "from workflows.models import Workflow; print(Workflow.objects.filter(status='{}').values_list('pk', flat=True)[0])"
COUNT = (
    "import json; from foundation.accounts.services import local_user; from benchmarks.crowd import queries;"
    "print(json.dumps(queries(local_user(), {!r})))"
)


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    urls = sys.argv[2:] or ["", "postgres://postgres@127.0.0.1:5432/postgres"]
    for url in urls:
        with own_database(url) as database, tempfile.TemporaryDirectory(prefix="hisho-bench-") as folder:
            if database is None:
                print("PostgreSQL does not answer here; it was not measured.")
                continue
            print(f"{'PostgreSQL' if database else 'SQLite'}, {many} workflows")
            with Platform(
                Path(folder), DATABASE_URL=database, LOG_LEVEL="ERROR", RATE_LIMIT_DEFAULT="1000000"
            ) as platform:
                _measure(platform, many)


def _measure(platform: Platform, many: int) -> None:
    platform.python(FILL.format(FEW))
    addresses = [
        *ADDRESSES,
        *(f"/workflows/{platform.python(ONE.format(kind)).strip()}/" for kind in ("paused", "completed")),
    ]
    few = _queries(platform, addresses)
    platform.python(FILL.format(many - FEW))
    full = _queries(platform, addresses)
    with platform.browser() as client, bare() as other:
        print(
            f"{'':34}{'first byte':>10}{'least':>8}{'bare':>8}{'ratio':>8}{'size':>9}{'queries':>14}   (target 50 ms)"
        )
        for address in addresses:
            size = len(client.get(address).content)
            ours, alone = _first_bytes(client, address, other, f"/?size={size}")
            median, floor = statistics.median(ours), statistics.median(alone)
            constant = f"{few[address]} → {full[address]}"
            print(
                f"{_short(address):34}{median:7.1f} ms{min(ours):8.1f}{floor:8.1f}{median / floor:8.1f}{size / 1000:6.0f} kB"
                f"{constant:>14}"
            )


def _queries(platform: Platform, addresses: list[str]) -> dict[str, int]:
    return json.loads(platform.python(COUNT.format(addresses)))


def _first_bytes(
    ours: httpx.Client, address: str, bare: httpx.Client, beside: str
) -> tuple[list[float], list[float]]:
    """Milliseconds, taken in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARMING + ROUNDS):
        for client, path, kept in ((ours, address, times[0]), (bare, beside, times[1])):
            took = _first_byte(client, path)
            if number >= WARMING:
                kept.append(took)
    return times


def _first_byte(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    with client.stream("GET", path) as answer:
        took = time.perf_counter() - began
        answer.read()
        assert answer.status_code == 200, path
    return 1000 * took


@contextmanager
def bare() -> Iterator[httpx.Client]:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            with httpx.Client(
                base_url=f"http://127.0.0.1:{int(process.stdout.readline())}", timeout=30
            ) as client:
                yield client
        finally:
            process.kill()


def _short(address: str) -> str:
    return address if len(address) < 34 else f"{address[:30]}…"


if __name__ == "__main__":
    main()
