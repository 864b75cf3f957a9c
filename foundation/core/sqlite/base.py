"""Writers of this process take turns, in a queue.

SQLite lets one write at a time. Whoever finds it taken sleeps for ever longer spans and looks again, up to a tenth of a second
after it is free; eight threads that do so mostly sleep. Here the next one is woken at once. Processes wait for each other as
SQLite has it, and so does a thread whose turn does not come within the database's timeout.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base

from foundation.core.forks import after_fork

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_turns: dict[str, threading.Lock] = defaultdict(threading.Lock)

after_fork(_turns.clear)  # the turn of a thread that this process does not have would never end


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self._turn: threading.Lock | None = None
        self.execute_wrappers.append(self._alone)

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._end_turn()

    def _alone(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """A write without a transaction is one of its own."""
        if self._turn or self.in_atomic_block or not sql.startswith(WRITES):
            return execute(sql, params, many, context)
        self._take_turn()
        try:
            return execute(sql, params, many, context)
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        turn = _turns[str(self.settings_dict["NAME"])]
        if self._turn is None and turn.acquire(timeout=self.settings_dict["OPTIONS"].get("timeout", 5)):
            self._turn = turn

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn:
            turn.release()
