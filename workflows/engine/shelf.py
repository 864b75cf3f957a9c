"""Where the encrypted values of checkpoints stand, for the rotation of keys: each is read and replaced on its own."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from workflows.models import Run

SEALED = "__sealed__"
"""Under this name stands, encrypted, what LangGraph would have written in clear."""
BATCH = 500
CHECKPOINT = ("thread_id", "checkpoint_ns", "checkpoint_id")
WRITE = (*CHECKPOINT, "task_id", "idx")
BLOB = ("thread_id", "checkpoint_ns", "channel", "version")


@dataclass(frozen=True)
class Column:
    """One column of one table: how its token is read, and what is put in the place of `{column}` to change it."""

    table: str
    keys: tuple[str, ...]
    name: str
    read: str
    write: str


def _whole(table: str, keys: tuple[str, ...], name: str) -> Column:
    """A column that is a token and nothing else."""
    return Column(table, keys, name, read=name, write="%s")


ON_SQLITE = (
    _whole("checkpoints", CHECKPOINT, "checkpoint"),
    Column(
        "checkpoints",
        CHECKPOINT,
        "metadata",
        read=f"json_extract(CAST(metadata AS TEXT), '$.{SEALED}')",
        write=f"CAST(json_object('{SEALED}', %s) AS BLOB)",
    ),
    _whole("writes", WRITE, "value"),
)
ON_POSTGRESQL = (
    Column(
        "checkpoints",
        CHECKPOINT,
        "checkpoint",
        read=f"checkpoint #>> '{{channel_values,{SEALED}}}'",
        write=f"jsonb_set(checkpoint, '{{channel_values,{SEALED}}}', to_jsonb(%s::text))",
    ),
    Column(
        "checkpoints",
        CHECKPOINT,
        "metadata",
        read=f"metadata ->> '{SEALED}'",
        write=f"jsonb_build_object('{SEALED}', %s::text)",
    ),
    _whole("checkpoint_blobs", BLOB, "blob"),
    _whole("checkpoint_writes", WRITE, "blob"),
)


class CheckpointShelf:
    """Every sealed value of every graph, in the database where this installation keeps them."""

    model = Run
    name = "checkpoints"

    def tokens(self) -> Iterator[tuple[Any, str]]:
        for column in _columns():
            keys = ", ".join(column.keys)
            asked = f"SELECT {keys}, {column.read} FROM {_table(column)} WHERE {column.read} IS NOT NULL"  # noqa: S608 - names of ours
            after: tuple[Any, ...] = ()
            while rows := _asked(f"{asked} {_beyond(column, after)} ORDER BY {keys} LIMIT {BATCH}", after):
                for *key, token in rows:
                    yield (column, *key), _text(token)
                after = tuple(rows[-1][:-1])

    def replace(self, key: Any, *, old: str, new: str) -> bool:
        column, *values = key
        same = " AND ".join(f"{name} = %s" for name in column.keys)
        change = (
            f"UPDATE {_table(column)} SET {column.name} = {column.write} WHERE {same} AND {column.read} = %s"  # noqa: S608
        )
        return bool(_asked(f"{change} RETURNING 1", [_like(column, new), *values, _like(column, old)]))


def _columns() -> tuple[Column, ...]:
    """None where no graph has run yet."""
    if connection.vendor == "postgresql":
        there = _asked("SELECT to_regclass(%s)", [f"{settings.CHECKPOINT_SCHEMA}.checkpoint_writes"])[0][0]
        return ON_POSTGRESQL if there else ()
    file = Path(settings.CHECKPOINT_DATABASE)
    there = file.exists() and _asked("SELECT 1 FROM sqlite_master WHERE name = 'writes'", ())
    return ON_SQLITE if there else ()


def _table(column: Column) -> str:
    if connection.vendor == "postgresql":
        return f"{connection.ops.quote_name(settings.CHECKPOINT_SCHEMA)}.{column.table}"
    return column.table


def _beyond(column: Column, after: Sequence[Any]) -> str:
    return f"AND ({', '.join(column.keys)}) > ({', '.join(['%s'] * len(after))})" if after else ""


def _asked(statement: str, given: Sequence[Any]) -> list[Any]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return cursor.fetchall()
    with closing(sqlite3.connect(settings.CHECKPOINT_DATABASE, timeout=20, isolation_level=None)) as opened:
        return opened.execute(statement.replace("%s", "?"), given).fetchall()


def _like(column: Column, token: str) -> str | bytes:
    """As the column holds it: bytes, or text within JSON."""
    return token.encode() if column.write == "%s" else token


def _text(token: Any) -> str:
    return token if isinstance(token, str) else bytes(token).decode()
