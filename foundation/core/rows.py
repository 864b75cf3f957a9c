"""Writing rows on the paths that every command takes: a statement that never changes is composed once, not at every row."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model


def insert[M: Model](row: M) -> M:
    """Add `row`, as `save(force_insert=True)` does. A number that the database gives as its key is not read back.

    Sends no signals, of which this house has none.
    """
    statement, fields = _statement(type(row), connection.vendor)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    row._state.adding, row._state.db = False, connection.alias
    return row


def update_each(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Write these `fields` of each row, as `bulk_update` does, whose statement is composed anew for every hundred rows."""
    if not rows:
        return
    statement, columns = _update(type(rows[0]), tuple(fields), connection.vendor)
    values = [
        [each.get_db_prep_save(getattr(row, each.attname), connection) for each in columns] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def update[M: Model](model: type[M], which: dict[str, Any], values: dict[str, Any]) -> int:
    """Set `values` where the rows are as `which` says, both by names of fields; returns how many rows that were.

    As `filter(**which).update(**values)`, which composes the statement anew. Values that the database computes go that way.
    """
    if any(hasattr(value, "resolve_expression") for value in values.values()):
        return model._base_manager.filter(**which).update(**values)
    statement, given, where = _conditional(model, tuple(values), tuple(which), connection.vendor)
    sent = [_sent(field, value) for field, value in zip(given, values.values(), strict=True)]
    sent += [
        field.get_db_prep_value(value, connection) for field, value in zip(where, which.values(), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, sent)
        return cursor.rowcount


def _sent(field: Field, value: Any) -> Any:
    row = value.prepare_database_save(field) if isinstance(value, Model) else value
    return field.get_db_prep_save(row, connection)


@cache
def _conditional(
    model: type[Model], values: tuple[str, ...], which: tuple[str, ...], _vendor: str
) -> tuple[str, list[Field], list[Field]]:
    quoted, meta = connection.ops.quote_name, model._meta
    given = [meta.get_field(name) for name in values]
    where = [meta.pk if name == "pk" else meta.get_field(name) for name in which]
    told = ", ".join(f"{quoted(each.column)} = %s" for each in given)
    asked = " AND ".join(f"{quoted(each.column)} = %s" for each in where)
    return " ".join(("UPDATE", quoted(meta.db_table), "SET", told, "WHERE", asked)), given, where


@cache
def _update(model: type[Model], names: tuple[str, ...], _vendor: str) -> tuple[str, list[Field]]:
    quoted, meta = connection.ops.quote_name, model._meta
    columns = [meta.get_field(name) for name in names]
    given = ", ".join(f"{quoted(each.column)} = %s" for each in columns)
    where = f"WHERE {quoted(meta.pk.column)} = %s"
    return " ".join(("UPDATE", quoted(meta.db_table), "SET", given, where)), [*columns, meta.pk]


@cache
def _statement(model: type[Model], _vendor: str) -> tuple[str, list[Field]]:
    fields = [each for each in model._meta.local_concrete_fields if not isinstance(each, AutoField)]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(each.column) for each in fields)
    marks = ", ".join(["%s"] * len(fields))
    return " ".join(("INSERT INTO", quoted(model._meta.db_table), f"({columns}) VALUES ({marks})")), fields
