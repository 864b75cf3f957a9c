"""The embedded worker: takes work at once, in parallel, and waits for what runs when it stops."""

import threading
import time
from collections.abc import Iterator

import pytest
from celery import current_app, shared_task
from django.db import connection

from foundation.core import ticker
from foundation.core.worker import EmbeddedWorker

pytestmark = pytest.mark.both_profiles

_done: list[str] = []
_gate = threading.Barrier(4)
_began = threading.Event()
_kept: list[object] = []


@shared_task(name="tests.note")
def note(word: str) -> None:
    _done.append(word)


@shared_task(name="tests.meet")
def meet() -> None:
    """Returns only when four run at once."""
    _gate.wait(20)
    _done.append("met")


@shared_task(name="tests.linger")
def linger(seconds: float) -> None:
    _began.set()
    time.sleep(seconds)
    _done.append("lingered")


@shared_task(name="tests.look")
def look() -> None:
    """Notes by which connection it looked."""
    connection.ensure_connection()
    _done.append(str(id(connection.connection)))
    _kept.append(connection.connection)  # so that no later one gets its place in memory


@shared_task(name="tests.fail")
def fail() -> None:
    raise ValueError("on purpose")


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedWorker]:
    monkeypatch.setattr(ticker, "_table", {})
    _done.clear()
    _began.clear()
    running = EmbeddedWorker(concurrency=4)
    running.start()
    yield running
    running.stop(20)
    ticker.stop()


def until(count: int) -> None:
    ends = time.monotonic() + 20
    while len(_done) < count and time.monotonic() < ends:
        time.sleep(0.01)


def send(name: str, *arguments: object) -> None:
    current_app.send_task(name, args=arguments)


def test_items_are_done_in_parallel_and_none_is_lost(worker: EmbeddedWorker) -> None:
    for _ in range(4):
        send("tests.meet")
    until(4)
    assert _done == ["met"] * 4
    for number in range(200):
        send("tests.note", str(number))
    until(204)
    assert sorted(map(int, _done[4:])) == list(range(200))


def test_a_failing_task_does_not_stop_the_others(worker: EmbeddedWorker) -> None:
    for _ in range(8):
        send("tests.fail")
    send("tests.note", "after")
    until(1)
    assert _done == ["after"]


def test_stopping_waits_for_what_runs_and_takes_nothing_new(worker: EmbeddedWorker) -> None:
    send("tests.linger", 1.0)
    assert _began.wait(10)
    stopped = worker.stop(20)
    assert (stopped, _done) == (True, ["lingered"])
    send("tests.note", "too late")
    time.sleep(0.2)
    assert _done == ["lingered"]


def test_stopping_gives_up_in_time(worker: EmbeddedWorker) -> None:
    send("tests.linger", 2.0)
    assert _began.wait(10)
    assert worker.stop(0.3) is False


@pytest.mark.django_db(transaction=True)
def test_a_thread_keeps_its_sqlite_connection_and_gives_a_pooled_one_back(
    worker: EmbeddedWorker,
) -> None:
    for _ in range(40):
        send("tests.look")
    until(40)
    _kept.clear()
    threads = 4
    if connection.vendor == "sqlite":
        assert len(set(_done)) <= threads
    else:
        connection.close()
        stats = connection.pool.get_stats()
        assert stats["pool_size"] == stats["pool_available"]


@pytest.mark.django_db(transaction=True)
def test_a_task_done_in_place_leaves_its_callers_connection_alone(worker: EmbeddedWorker) -> None:
    connection.ensure_connection()
    mine = connection.connection
    connection.close_at = 0  # old enough to be let go
    current_app.tasks["tests.look"].apply(throw=True)
    assert _kept[-1] is mine
