"""How the rows that somebody may see are read: the first ones of a list, and single ones.

Who sees few of very many rows is best served by collecting what was shared with them and sorting that; who sees a good part,
by walking along the index and asking of each row whether they may. So a list is first walked for a few pages' length
(`WINDOW`): who sees a page full there has it already, and for the others it was too short to cost much.
"""

import time
from collections.abc import Hashable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable
from django.db.models.sql.where import AND

from foundation.core.conditions import Form, May

WINDOW = 6
"""So many times what a page takes is walked."""
IN_VAIN_SECONDS = 60.0
MOST_NOTED = 10_000


def first(rows: QuerySet, most: int, *fields: str) -> list[dict[str, Any]]:
    """`fields` of the first `most` of `rows`, in their order."""
    mine = _condition(rows)
    if mine is None:
        return list(rows.values(*fields)[:most])
    if not in_vain.lately(whole := _whole(rows, mine, most)):
        walked = _walked(rows, mine, most)
        seen = [] if walked is None else list(walked.values(*fields)[:most])
        if len(seen) == most:
            return seen
        in_vain.note(whole)
    return list(found(rows).filter(mine.spelled(Form.GATHERED)).values(*fields)[:most])


class _InVain:
    """Which whole lists were walked in vain a short while ago: who sees few of everything mostly goes on seeing few.

    Kept by each process for itself. What is out of date costs time and no row: both ways find the same.
    """

    def __init__(self) -> None:
        self._until: dict[Hashable, float] = {}

    def lately(self, key: Hashable) -> bool:
        return key is not None and self._until.get(key, 0.0) > time.monotonic()

    def forget(self) -> None:
        self._until.clear()

    def note(self, key: Hashable) -> None:
        if len(self._until) >= MOST_NOTED:
            self.forget()
        if key is not None:
            self._until[key] = time.monotonic() + IN_VAIN_SECONDS


in_vain = _InVain()


def _whole(rows: QuerySet, mine: May, most: int) -> Hashable:
    """Names a list that nothing narrows but who looks at it; None for any other."""
    model, user, action = mine.asked
    alone = rows.query.where.children == [mine]
    return (model, user.pk, action, rows.query.order_by, most) if alone else None


def probing(rows: QuerySet) -> QuerySet:
    """`rows`, in the form in which single ones of them are found fast, whatever else their viewer may see."""
    mine = _condition(rows)
    return rows if mine is None else found(rows).filter(mine.spelled(Form.PROBES))


def found(rows: QuerySet) -> QuerySet:
    """`rows` without the condition on their viewer, to be read by keys that were just found under it."""
    mine = _condition(rows)
    rows = rows.all()
    if mine is not None:
        rows.query.where = rows.query.where.clone()
        rows.query.where.children.remove(mine)
    return rows


def _condition(rows: QuerySet) -> Any:
    """The condition on the viewer, where it stands beside the other conditions."""
    where = rows.query.where
    mine = (each for each in where.children if isinstance(each, May))
    return next(mine, None) if where.connector == AND and not where.negated else None


class _Window(BaseTable):
    """The first rows of a table, in its place and under its name."""

    def __init__(self, name: str, rows: Query) -> None:
        super().__init__(name, name)
        self.rows = rows

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.rows.get_compiler(connection=connection).as_sql()
        return f"({sql}) {compiler.quote_name(self.table_alias)}", params


def _walked(rows: QuerySet, mine: May, most: int) -> QuerySet | None:
    """Those at the beginning of `rows` that their viewer may see. None for an order that is not one of plain fields.

    Neither database stops at a page full where the window is a condition on keys, and PostgreSQL, told no bound at all,
    reads whatever was ever shared with somebody before it looks at the first row.
    """
    order = rows.query.order_by
    sorted_by = _columns(rows.model, order)
    if not sorted_by:
        return None
    asked = mine.spelled(Form.PROBES)
    needed = {rows.model._meta.pk.attname, *sorted_by, *asked.columns(connection)}
    window = found(rows).values(*needed)[: WINDOW * most]
    # SQLite would sort again, and ask of every row of the window for that; what it reads comes in the window's order.
    again = () if connection.vendor == "sqlite" else order
    seen = rows.model._base_manager.filter(asked).order_by(*again)
    table = rows.model._meta.db_table
    seen.query.alias_map[table] = _Window(table, window.query)
    return seen


def _columns(model: type[Model], order: tuple[Any, ...]) -> set[str]:
    try:
        fields = [model._meta.get_field(name.lstrip("-")) for name in order]
    except (AttributeError, FieldDoesNotExist):
        return set()
    return {field.attname for field in fields if field.concrete}
