"""Questions that are put together once. Where the same one is asked at every step of a work, composing it takes several
times as long as the database takes to answer."""

from collections.abc import Callable, Sequence
from copy import copy
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

type Kind = type[UUID | str | int]


class Prepared[Row]:
    """`build` gives the query for as many values as there are `kinds`; calling with such values gives its rows.

    The values may stand in comparisons only (`field=value`): whatever decides how the question reads must be decided by `build`
    alone. A query that locks rows is asked within a transaction, as ever; it is prepared in the first that asks it.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *kinds: Kind) -> None:
        self._build, self._kinds = build, kinds
        self._ready = cache(self._prepared)  # by kind of database

    def __call__(self, *values: Any) -> list[Row]:
        rows, compiler, sql, marked = self._ready(connection.vendor)
        compiler, rows = copy(compiler), rows.all()
        compiler.connection = connection
        sent = (sql, tuple(each(values) for each in marked))
        compiler.as_sql = lambda *_given, **_named: sent
        rows.query.get_compiler = lambda *_given, **_named: compiler
        return list(rows)

    def _prepared(
        self, _vendor: str
    ) -> tuple[QuerySet, SQLCompiler, str, list[Callable[[Sequence[Any]], Any]]]:
        marks = [_mark(kind) for kind in self._kinds]
        rows = self._build(*marks)
        compiler = rows.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        sent = [_sent(each) for each in marks]
        if any(params.count(each) != 1 for each in sent):
            raise ValueError("A value of a prepared question must stand in it once, as it is.")
        return rows, compiler, sql, [_giver(each, sent, self._kinds) for each in params]


def _mark(kind: Kind) -> Any:
    """A value that stands for any, and that nothing else in a question equals."""
    return uuid4().int >> 68 if kind is int else kind(str(uuid4()))


def _sent(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) and not connection.features.has_native_uuid_field else value


def _giver(param: Any, marks: list[Any], kinds: Sequence[Kind]) -> Callable[[Sequence[Any]], Any]:
    if param not in marks:
        return lambda _values: param
    place, as_sent = marks.index(param), type(param)
    if kinds[place] is UUID:
        return lambda values: _sent(_as_uuid(values[place]))
    return lambda values: as_sent(values[place])  # psycopg's numbers have types of their own


def _as_uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
