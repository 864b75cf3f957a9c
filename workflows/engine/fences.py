"""Is a lease still ours? Asked at every checkpoint, from LangGraph's own short-lived threads.

Django opens a connection per thread, and those threads would leak theirs; so this asks over a connection of its own.
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from foundation.core.leases import Lease

type Ask = Callable[[str, list[Any]], Any]

QUESTION = "SELECT 1 FROM {table} WHERE id = {mark} AND fence = {mark} AND lease_owner = {mark}"


class Fences:
    """Asks over one connection or one pool; safe to use from any thread."""

    def __init__(self, ask: Ask, mark: str, close: Callable[[], None]) -> None:
        self._ask = ask
        self._mark = mark
        self.close = close

    def held(self, lease: Lease) -> bool:
        question = QUESTION.format(table=lease.model._meta.db_table, mark=self._mark)
        pk = lease.pk.hex if self._mark == "?" else lease.pk
        return self._ask(question, [pk, lease.fence, lease.owner]) is not None


def over_sqlite() -> Fences:
    opened = sqlite3.connect(connection.settings_dict["NAME"], check_same_thread=False, timeout=20)
    lock = threading.Lock()

    def ask(question: str, values: list[Any]) -> Any:
        with lock:
            return opened.execute(question, values).fetchone()

    return Fences(ask, "?", opened.close)


def over_pool(pool: Any) -> Fences:
    """`pool` is a psycopg pool whose search path ends in the schema of the platform's own tables."""

    def ask(question: str, values: list[Any]) -> Any:
        with pool.connection() as opened:
            return opened.execute(question, values).fetchone()

    return Fences(ask, "%s", pool.close)
