"""Cursor pagination: `results`, `next`, `previous`, `?limit=` up to 200."""

from dataclasses import dataclass, replace
from typing import Any, Self

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from foundation.core.permissions import first, found

NO_LIMIT = _("A whole number from 1 to 200.")


@dataclass(frozen=True)
class _Keyed:
    """Stands for the rows while DRF orders them, goes to where its cursor points, and takes a page."""

    rows: QuerySet
    fields: tuple[str, ...]

    def order_by(self, *names: str) -> Self:
        return replace(self, rows=self.rows.order_by(*names))

    def filter(self, **beyond: Any) -> Self:
        return replace(self, rows=self.rows.filter(**beyond))

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        return first(self.rows, part.stop, *self.fields)[part.start :]


class CursorPagination(pagination.CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering = ("-created_at", "-id")

    def get_ordering(self, request: Request, queryset: QuerySet, view: APIView) -> tuple[str, ...]:
        """The view's own `ordering`, if it has one."""
        return tuple(getattr(view, "ordering", None) or self.ordering)

    def get_page_size(self, request: Request) -> int:
        """Raises ValidationError (422) for a limit that is none; more than there may be is as many as there may be."""
        for given in request.query_params.getlist(self.page_size_query_param):
            if not (given.isdecimal() and given.isascii() and len(given) < 10 and int(given)):
                raise ValidationError({self.page_size_query_param: [NO_LIMIT]})
        return super().get_page_size(request)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        told = super().get_schema_operation_parameters(view)
        for each in told:
            if each["name"] == self.page_size_query_param:
                each["schema"] |= {"minimum": 1, "maximum": 999_999_999}
        return told

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: Any = None) -> list[Any]:
        """The rows of the page. Only keys are sorted: rows are wide, and there may be many."""
        ordering = self.get_ordering(request, queryset, view)
        keyed = _Keyed(queryset, ("pk", *(name.lstrip("-") for name in ordering)))
        keys = super().paginate_queryset(keyed, request, view) or []
        wanted = [key["pk"] for key in keys]
        rows = {row.pk: row for row in found(queryset.order_by()).filter(pk__in=wanted)}
        return [rows[pk] for pk in wanted if pk in rows]
