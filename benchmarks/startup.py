"""How long until the platform is ready, and what it holds while it does nothing.

Targets: the second start ready within 3 s, 200 MB resident when idle. `python -m benchmarks.startup [starts]`
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
STARTS = 5
IDLE_SECONDS = 5


def main() -> None:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else STARTS
    with tempfile.TemporaryDirectory(prefix="hisho-bench-", ignore_cleanup_errors=True) as folder:
        first, _ = measured(folder)
        again = [measured(folder, idle=number == 0) for number in range(starts)]
    ready = statistics.median(seconds for seconds, _ in again)
    print(f"first start ready after  {first:5.2f} s")
    print(f"second start ready after {ready:5.2f} s (target 3), of {starts}")
    print(f"resident when idle       {again[0][1]:5.0f} MB (target 200)")
    print(f"a bare Python with Django set up takes {bare():.2f} s")


def measured(folder: str, *, idle: bool = False) -> tuple[float, float]:
    """Seconds from the command to the first answered request of `/health/ready`, and megabytes once it is idle."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", "--no-browser", "--port", "0"],
        cwd=ROOT, env=_environment(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        link = process.stdout.readline() if process.stdout else ""
        base = link.partition("/sign-in/")[0]
        with urllib.request.urlopen(f"{base}/health/ready", timeout=30) as answer:
            assert answer.status == 200
        took = time.perf_counter() - began
        if idle:
            time.sleep(IDLE_SECONDS)
        held = _megabytes(process.pid)
        process.terminate()
    return took, held


def bare() -> float:
    """What Python and Django need by themselves on this machine: the floor under every start."""
    code = "import django; from django.conf import settings; settings.configure(); django.setup()"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def _megabytes(pid: int) -> float:
    top = psutil.Process(pid)
    return sum(each.memory_info().rss for each in [top, *top.children(recursive=True)]) / 1e6


def _environment(folder: str) -> dict[str, str]:
    return os.environ | {"DATA_DIR": folder, "DATABASE_URL": "", "REDIS_URL": "", "LOG_LEVEL": "ERROR"}


if __name__ == "__main__":
    main()
