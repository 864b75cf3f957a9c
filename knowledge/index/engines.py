"""Finding passages by grams. Both engines give the same ids in the same order: the newest passage first."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db import connection

from knowledge.grams import Term
from knowledge.index.document import Scope


class Engine(Protocol):
    def passages(self, terms: Sequence[Term], scope: Scope, limit: int) -> list[int]:
        """Ids of passages that hold all of `terms`, newest first, at most `limit`."""
        ...

    def passages_of_shared_notes(self, terms: Sequence[Term], scope: Scope, limit: int) -> list[int]:
        """Ids of passages that hold any of `terms`, in notes that hold all of them, newest first, at most `limit`."""
        ...


_GRAMS = "SELECT note_id, id, ordinal, grams FROM knowledge_passage WHERE id IN "


def engine() -> Engine:
    return _ENGINES[connection.vendor]


def passage_grams(pks: Sequence[int]) -> list[tuple[Any, int, int, str]]:
    """(note, id, ordinal, grams) of passages, by id. Straight from the table: ranking reads hundreds of rows a search.

    The note's key is as the database keeps it: hexadecimal on SQLite.
    """
    if not pks:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_GRAMS + f"({','.join(['%s'] * len(pks))}) ORDER BY id", list(pks))
        return cursor.fetchall()


def _ids(sql: str, params: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[0] for row in cursor.fetchall()]


class _Sqlite:
    _FIND = "SELECT rowid FROM knowledge_passage_fts WHERE knowledge_passage_fts MATCH %s ORDER BY rowid DESC LIMIT %s"
    _JOINED = "FROM knowledge_passage_fts f JOIN knowledge_passage p ON p.id = f.rowid WHERE f.knowledge_passage_fts MATCH %s"

    def passages(self, terms: Sequence[Term], scope: Scope, limit: int) -> list[int]:
        return _ids(self._FIND, [_fts_match(terms, scope, "AND"), limit])

    def passages_of_shared_notes(self, terms: Sequence[Term], scope: Scope, limit: int) -> list[int]:
        shared = " INTERSECT ".join(["SELECT p.note_id " + self._JOINED] * len(terms))
        sql = f"SELECT p.id {self._JOINED} AND p.note_id IN ({shared}) ORDER BY f.rowid DESC LIMIT %s"
        any_of = _fts_match(terms, scope, "OR")
        return _ids(sql, [any_of, *(_fts_match([term], scope, "OR") for term in terms), limit])


def _fts_match(terms: Sequence[Term], scope: Scope, operator: str) -> str:
    """All or any of `terms`, as phrases, inside `scope`."""
    leaves = f" {operator} ".join(f'"{" ".join(term.grams)}"{"*" if term.prefix else ""}' for term in terms)
    homes = " OR ".join(f'"{home}"' for home in scope.homes)
    return " AND ".join(
        part for part in (f"({leaves})", homes and f"({homes})", scope.zone and f'"{scope.zone}"') if part
    )


class _Postgresql:
    _FROM = "FROM knowledge_passage p WHERE array_to_tsvector(string_to_array(p.grams, ' ')) @@ %s::tsquery"
    # Materialised: else the planner may walk the primary key backwards and unpack every row on its way.
    _NEWEST = ("WITH found AS MATERIALIZED (", ") SELECT id FROM found ORDER BY id DESC LIMIT %s")

    def passages(self, terms: Sequence[Term], scope: Scope, limit: int) -> list[int]:
        where, params = self._where(terms, scope, "AND")
        return _ids(f"SELECT p.id {where}".join(self._NEWEST), [*params, limit])

    def passages_of_shared_notes(self, terms: Sequence[Term], scope: Scope, limit: int) -> list[int]:
        where, params = self._where(terms, scope, "OR")
        each = [self._where([term], scope, "OR") for term in terms]
        shared = " INTERSECT ".join(f"SELECT p.note_id {sql}" for sql, _ in each)
        sql = f"SELECT p.id {where} AND p.note_id IN ({shared})".join(self._NEWEST)
        return _ids(sql, [*params, *(value for _, values in each for value in values), limit])

    def _where(self, terms: Sequence[Term], scope: Scope, operator: str) -> tuple[str, list[str]]:
        """The index finds sets of grams; that they stand side by side is looked up in the text of the column."""
        sign = {"AND": " & ", "OR": " | "}[operator]
        homes = " | ".join(map(_ts_word, scope.homes))
        parts = (
            f"({sign.join(map(_ts_leaf, terms))})",
            homes and f"({homes})",
            scope.zone and _ts_word(scope.zone),
        )
        query = " & ".join(part for part in parts if part)
        if all(len(term.grams) == 1 for term in terms):
            return self._FROM, [query]
        beside = f" {operator} ".join(["position(%s in ' ' || p.grams || ' ') > 0"] * len(terms))
        return f"{self._FROM} AND ({beside})", [query, *(term.needle for term in terms)]


def _ts_word(gram: str) -> str:
    return f"'{gram}'"


def _ts_leaf(term: Term) -> str:
    *firsts, last = term.grams
    return f"({' & '.join([*map(_ts_word, firsts), _ts_word(last) + (':*' if term.prefix else '')])})"


_ENGINES: dict[str, Engine] = {"sqlite": _Sqlite(), "postgresql": _Postgresql()}
