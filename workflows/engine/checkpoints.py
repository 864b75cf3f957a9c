"""Where graphs keep their state: SQLite in a file of its own, or a schema of its own in PostgreSQL.

The saver is wrapped so that a worker which lost its lease cannot write: LangGraph itself lets two writers fork a thread.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from langgraph.checkpoint.base import BaseCheckpointSaver

from foundation.core.errors import LeaseLost
from foundation.core.forks import after_fork
from foundation.core.leases import Lease
from workflows.engine.fences import Fences, over_pool, over_sqlite
from workflows.engine.sealing import Sealed, SealedSaver


@dataclass(frozen=True)
class Store:
    """The process's saver, the fences that guard it, and how to close what both opened."""

    saver: BaseCheckpointSaver
    fences: Fences
    close: Callable[[], None]


_lock = threading.Lock()
_store: Store | None = None
_inherited: list[Store | None] = []


def store() -> Store:
    """The process's store, set up on first use."""
    global _store  # noqa: PLW0603 - one per process
    with _lock:
        if _store is None:
            _store = _postgres() if connection.vendor == "postgresql" else _sqlite()
        return _store


def has_begun(thread: str) -> bool:
    """Whether anything is kept of this thread."""
    return store().saver.get_tuple({"configurable": {"thread_id": thread, "checkpoint_ns": ""}}) is not None


def forget() -> None:
    """Close the process's store; the next use opens another."""
    global _store  # noqa: PLW0603
    with _lock:
        if _store is not None:
            _store.close()
        _store = None


def _another_process() -> None:
    global _lock, _store
    _inherited.append(_store)  # the parent goes on using it: neither used, nor closed, nor collected here
    _lock, _store = threading.Lock(), None


after_fork(_another_process)


def _sqlite() -> Store:
    from langgraph.checkpoint.sqlite import SqliteSaver

    opened = sqlite3.connect(settings.CHECKPOINT_DATABASE, check_same_thread=False, timeout=20)
    opened.execute("PRAGMA journal_mode=WAL")
    opened.execute("PRAGMA synchronous=NORMAL")
    made = SqliteSaver(opened, serde=Sealed())
    made.setup()
    fences = over_sqlite()

    def close() -> None:
        opened.close()
        fences.close()

    return Store(SealedSaver(made, inline=False), fences, close)


def _postgres() -> Store:
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import connect, sql
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    given = connection.get_connection_params()
    where = {name: given[name] for name in ("host", "port", "user", "password", "dbname") if name in given}
    schema = settings.CHECKPOINT_SCHEMA
    with connect(**where, autocommit=True) as once:
        once.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    path = f"-csearch_path={schema},public"
    options = {**where, "autocommit": True, "prepare_threshold": 0, "row_factory": dict_row, "options": path}
    pool = ConnectionPool(
        kwargs=options, min_size=1, max_size=20, check=ConnectionPool.check_connection, open=True
    )
    made = PostgresSaver(pool, serde=Sealed())
    made.setup()
    fences = over_pool(pool)
    return Store(SealedSaver(made, inline=True), fences, fences.close)


class FencedSaver(BaseCheckpointSaver):
    """The process's saver for the holder of one lease. Raises LeaseLost on a write after the lease is gone.

    Work that gave its lease back with its last write is on record; nobody will go on from its thread, so nothing is kept.
    """

    def __init__(self, store: Store, lease: Lease) -> None:
        super().__init__(serde=store.saver.serde)
        self.inner = store.saver
        self.fences = store.fences
        self.lease = lease

    def get_tuple(self, config: Any) -> Any:
        return self.inner.get_tuple(config)

    def list(self, config: Any, **kwargs: Any) -> Any:
        return self.inner.list(config, **kwargs)

    def get_next_version(self, current: Any, channel: Any) -> Any:
        return self.inner.get_next_version(current, channel)

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        if self.lease.over:
            return config
        self._check()
        return self.inner.put(config, checkpoint, metadata, new_versions)

    def put_writes(self, config: Any, writes: Sequence[Any], task_id: str, task_path: str = "") -> None:
        if not self.lease.over:
            self._check()
            self.inner.put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        self.inner.delete_thread(thread_id)

    def _check(self) -> None:
        if not self.fences.held(self.lease):
            raise LeaseLost
