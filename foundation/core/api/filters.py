"""Filters and search over lists: what is given has to mean something, and search is bounded, as every term is a condition."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import BooleanFilter, CharFilter, DjangoFilterBackend, MultipleChoiceFilter
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter
from rest_framework.request import Request

MAX_TERMS = 20
MAX_LENGTH = 400


EMPTY = _("Leave it out, or give it a value.")
NO_TRUTH = _("Write true or false.")
TRUTHS = frozenset({"true", "false", "True", "False", "1", "0"})


class GivenFilters(DjangoFilterBackend):
    """django-filter's, but what is empty or nonsense is refused: a client that lost its value must not get everything."""

    def get_filterset(self, request: Request, queryset: Any, view: Any) -> Any:
        filterset = super().get_filterset(request, queryset, view)
        wrong: dict[str, list[Any]] = {}
        for name, each in filterset.filters.items() if filterset else ():
            given = request.query_params.getlist(name)
            if "" in given and not isinstance(each, CharFilter):
                wrong[name] = [EMPTY]
            elif isinstance(each, BooleanFilter) and not TRUTHS.issuperset(given):
                wrong[name] = [NO_TRUTH]
        if wrong:
            raise ValidationError(wrong)
        return filterset


class TermSearch(SearchFilter):
    """`?search=`: rows that hold every word, in any of the view's `search_fields`."""

    def get_search_terms(self, request: Request) -> list[str]:
        if len(request.query_params.get(self.search_param, "")) > MAX_LENGTH:
            raise ValidationError({self.search_param: [gettext("At most %d characters.") % MAX_LENGTH]})
        terms = super().get_search_terms(request)
        if len(terms) > MAX_TERMS:
            raise ValidationError({self.search_param: [gettext("At most %d words.") % MAX_TERMS]})
        return terms


class AnyOf(MultipleChoiceFilter):
    """One or several values of a field of the row itself: no row comes twice, so none need be compared to tell."""

    def __init__(self, **options: Any) -> None:
        super().__init__(distinct=False, **options)
