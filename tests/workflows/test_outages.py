"""A real worker whose queue forgets and whose database is locked or away: nothing is lost, nothing hangs, nothing leaks."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError

from ai_integration.models import CallRecord
from foundation.core import queue
from foundation.core.worker import EmbeddedWorker
from tests.stub import Asked, Stub, secretary
from tests.workflows.conftest import CONCURRENCY, House, worker_is_idle
from tests.workflows.driving import fresh, statuses, until, until_status
from workflows.engine.sweep import sweep
from workflows.states import WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
type Stubbed = Callable[..., Stub]


@contextmanager
def locked_by_another() -> Iterator[None]:
    """Another process's transaction over the platform's rows."""
    if connection.vendor == "postgresql":
        import psycopg

        given = connection.get_connection_params()
        where = {
            name: given[name] for name in ("host", "port", "user", "password", "dbname") if name in given
        }
        with psycopg.connect(**where) as other:
            other.execute("LOCK TABLE workflows_workflow, workflows_task IN EXCLUSIVE MODE")
            yield
            other.rollback()
    else:
        other = sqlite3.connect(connection.settings_dict["NAME"], check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.rollback()
            other.close()


def test_every_message_lost_once_and_still_everything_is_done_once(
    house: House, worker: EmbeddedWorker, monkeypatch: pytest.MonkeyPatch, stub: Stubbed
) -> None:
    server = stub()
    house.use("openai:stub")
    seen: set[tuple[str, str]] = set()
    publish = queue._publish

    def forgetful(name: str, args: tuple[Any, ...]) -> None:
        if (name, str(args)) in seen:
            publish(name, args)
        seen.add((name, str(args)))

    monkeypatch.setattr(queue, "_publish", forgetful)
    workflow = house.by_hand({"a": [], "b": ["a"]}, auto_approve=True)

    def swept() -> bool:
        sweep(at_start=True)
        return fresh(workflow).status in FINE

    until(swept, "the end")
    assert set(CallRecord.objects.values_list("attempts", flat=True)) == {1}
    assert len(server.asked) == CallRecord.objects.count()


def test_a_database_that_is_locked_for_a_moment_is_waited_for(
    house: House, worker: EmbeddedWorker, stub: Stubbed
) -> None:
    def script(asked: Asked) -> str:
        if asked.job == "work":
            held = locked_by_another()
            held.__enter__()
            threading.Timer(0.5, held.__exit__, (None, None, None)).start()
        return secretary(asked)

    stub(script)
    house.use("openai:stub", "調査")
    workflow = house.by_hand({"a": []}, auto_approve=True)
    assert until_status(workflow, *FINE, "failed").status in FINE
    assert set(CallRecord.objects.values_list("attempts", flat=True)) == {1}


def test_a_database_that_is_away_for_a_moment_costs_one_call_at_most(
    house: House, worker: EmbeddedWorker, stub: Stubbed, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.LEASE_SECONDS = 2
    refused: list[str] = []
    away = threading.Event()
    execute = CursorWrapper.execute

    def refuse(cursor: CursorWrapper, sql: str, params: Any = None) -> Any:
        if away.is_set() and threading.current_thread() is not threading.main_thread():
            refused.append(sql)
            if len(refused) >= 6:
                away.clear()
            raise OperationalError("the database is away")
        return execute(cursor, sql, params)

    def script(asked: Asked) -> str:
        if asked.job == "work" and not refused:
            away.set()
        return secretary(asked)

    monkeypatch.setattr(CursorWrapper, "execute", refuse)
    stub(script)
    house.use("openai:stub", "調査")
    workflow = house.by_hand({"a": []}, auto_approve=True)
    assert until_status(workflow, *FINE, "failed").status in FINE
    assert len(refused) >= 6
    assert CallRecord.objects.get(job="work").attempts <= 2
    assert statuses(workflow) == {"a": "done"}


def _held_open() -> int:
    """Connections to the platform's database that somebody in this process holds."""
    if connection.vendor == "postgresql":
        connection.close()
        stats = connection.pool.get_stats()
        return stats["pool_size"] - stats["pool_available"]
    return len([each for each in psutil.Process().open_files() if each.path.endswith("test.sqlite3")])


def test_runs_leave_no_connection_and_no_thread_behind(house: House, worker: EmbeddedWorker) -> None:
    def finish(runs: int) -> None:
        made = [house.by_hand({"a": [], "b": [], "c": ["a"]}, auto_approve=True) for _ in range(runs)]
        for each in made:
            until_status(each, *FINE)
        until(worker_is_idle)

    finish(CONCURRENCY)  # by now every thread that is kept has been made
    kept = threading.active_count()
    finish(2 * CONCURRENCY)
    # Each run used dozens of LangGraph's short-lived threads; none of them may have kept a connection.
    assert _held_open() <= CONCURRENCY + 4
    assert threading.active_count() <= kept + 4, sorted(each.name for each in threading.enumerate())
