"""The checkpoints of the profile that is under test, as bytes and as rows to tamper with."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.conf import settings
from django.db import connection

TABLES = ("checkpoints", "writes", "checkpoint_blobs", "checkpoint_writes")


def rows() -> Iterator[tuple[Any, ...]]:
    """Every row of every table that the graphs' memory has."""
    for table in TABLES:
        if there(table):
            yield from ask(f"SELECT * FROM {name(table)}")


def dump() -> bytes:
    return b"\n".join(repr(tuple(map(plain, row))).encode() for row in rows())


def plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def there(table: str) -> bool:
    if connection.vendor == "postgresql":
        return ask("SELECT to_regclass(%s)", f"{settings.CHECKPOINT_SCHEMA}.{table}")[0][0] is not None
    return bool(ask("SELECT 1 FROM sqlite_master WHERE name = %s", table))


def name(table: str) -> str:
    return f"{settings.CHECKPOINT_SCHEMA}.{table}" if connection.vendor == "postgresql" else table


def ask(statement: str, *given: Any) -> list[Any]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return cursor.fetchall() if cursor.description else []
    with closing(sqlite3.connect(settings.CHECKPOINT_DATABASE, isolation_level=None)) as opened:
        return opened.execute(statement.replace("%s", "?"), given).fetchall()


def put(thread: str, kind: str, data: bytes) -> None:
    """Write `data` where the thread's state stands, as somebody who can write to the database and has no key."""
    if connection.vendor == "postgresql":
        ask(
            f"UPDATE {name('checkpoint_writes')} SET type = %s, blob = %s WHERE thread_id = %s",
            kind, data, thread,
        )  # fmt: skip
    else:
        ask("UPDATE checkpoints SET type = %s, checkpoint = %s WHERE thread_id = %s", kind, data, thread)
