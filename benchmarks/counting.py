"""How many rows are written, per table, and in how many transactions, by whichever thread."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

WRITES = re.compile(r'\s*(INSERT(?: OR \w+)? INTO|UPDATE) "?(\w+)', re.IGNORECASE)


@dataclass
class Counted:
    inserts: Counter[str] = field(default_factory=Counter)
    updates: Counter[str] = field(default_factory=Counter)
    insertions: int = 0  # statements; one of them may insert several rows
    transactions: int = 0
    queries: int = 0
    checkpoints: int = 0

    def together(self) -> tuple[int, int, int, int, int]:
        """Rows inserted, in how many statements, rows updated, transactions, and rows of checkpoints."""
        inserted, updated = self.inserts.total(), self.updates.total()
        return inserted, self.insertions, updated, self.transactions, self.checkpoints

    def table(self) -> str:
        names = sorted(self.inserts.keys() | self.updates.keys())
        lines = [
            f"  {name:32} {self.inserts[name]:4} inserted {self.updates[name]:4} updated" for name in names
        ]
        inserted, insertions, updated, transactions, _checkpoints = self.together()
        rows = f"{inserted} inserted by {insertions} statements, {updated} updated"
        total = f"  in all: {rows}, {transactions} transactions; {self.queries} statements"
        return "\n".join(["one run of the platform writes", *lines, total])


@contextmanager
def counting() -> Iterator[Counted]:
    """Count what every thread writes through Django while the block runs."""
    from django.db.backends.utils import CursorWrapper

    counted, lock = Counted(), threading.Lock()
    execute = CursorWrapper.execute

    def listening(cursor: Any, sql: str, params: Any = None) -> Any:
        alone = cursor.db.get_autocommit() and not cursor.db.in_atomic_block
        outcome = execute(cursor, sql, params)
        with lock:
            _note(counted, sql, cursor.rowcount, alone=alone)
        return outcome

    CursorWrapper.execute = listening  # type: ignore[method-assign]
    try:
        yield counted
    finally:
        CursorWrapper.execute = execute  # type: ignore[method-assign]


def _note(counted: Counted, sql: str, rows: int, *, alone: bool) -> None:
    counted.queries += 1
    writes = WRITES.match(sql)
    if writes:
        kind = counted.updates if writes[1].upper() == "UPDATE" or "DO UPDATE" in sql else counted.inserts
        kind[writes[2]] += max(rows, 1 if "RETURNING" in sql else 0)
        counted.insertions += kind is counted.inserts
    if sql.startswith("BEGIN") or (writes and alone):
        counted.transactions += 1
