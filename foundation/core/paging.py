"""Cursor paging for pages: rows newest first, and a place to go on from that new rows do not shift."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.core.permissions import first, found

SIZE = 30


@dataclass(frozen=True)
class Page:
    """One page of rows. `older` and `newer` are cursors, empty where there is nothing more."""

    rows: Sequence[Any]
    older: str = ""
    newer: str = ""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def paged(
    rows: QuerySet, cursor: str = "", *, size: int = SIZE, oldest_first: bool = False, by: str = "created_at"
) -> Page:
    """The page that `cursor` names, sorted by `by` and `id`; an unreadable cursor is the first page."""
    place = _read(cursor)
    upward = place[0] if place else oldest_first
    if place:
        _, at, pk = place
        beyond = "gt" if upward else "lt"
        rows = rows.filter(Q(**{f"{by}__{beyond}": at}) | Q(**{by: at, f"id__{beyond}": pk}))
    found = _fetched(rows, (by, "id") if upward else (f"-{by}", "-id"), size + 1)
    more, behind, found = len(found) > size, place is not None, found[:size]
    newest_first = found[::-1] if upward else found
    return _page(newest_first, behind if upward else more, more if upward else behind, oldest_first, by)


def _fetched(rows: QuerySet, order: tuple[str, ...], most: int) -> list[Any]:
    """The first rows in that order. Only keys are sorted: rows are wide, and there may be many."""
    keys = [each["pk"] for each in first(rows.order_by(*order), most, "pk")]
    by_key = {row.pk: row for row in found(rows.order_by()).filter(pk__in=keys)}
    return [by_key[key] for key in keys if key in by_key]


def _page(newest_first: list[Any], older: bool, newer: bool, oldest_first: bool, by: str) -> Page:
    return Page(
        newest_first[::-1] if oldest_first else newest_first,
        older=_write("o", newest_first[-1], by) if newest_first and older else "",
        newer=_write("n", newest_first[0], by) if newest_first and newer else "",
    )


def _write(way: str, row: Any, by: str) -> str:
    return base64.urlsafe_b64encode(f"{way}|{getattr(row, by).isoformat()}|{row.pk}".encode()).decode()


def _read(cursor: str) -> tuple[bool, datetime, UUID] | None:
    try:
        way, at, pk = base64.urlsafe_b64decode(cursor[:200].encode()).decode().split("|")
        return way == "n", datetime.fromisoformat(at), UUID(pk)
    except (ValueError, binascii.Error):
        return None
