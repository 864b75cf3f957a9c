"""Base views. Rows come from `.permitted(user, action)` for every action, custom ones included."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foundation.core.api.filters import GivenFilters, TermSearch
from foundation.core.api.serializers import QueryWords
from foundation.core.api.throttling import RateLimitHeaders
from foundation.core.errors import NotFound
from foundation.core.permissions import probing, require, require_permission


class ReadViewSet(
    RateLimitHeaders, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    """List and read. `rights` maps an action of the view to the permission verb it needs (default `view`), `codes` one
    that speaks of no row to the `resource:action` code it needs. `uploads` names the actions that take files; all others
    take JSON alone.

    Rows come from `rows(user)`, which a subclass takes from a selector; `ordering` sorts lists other than newest first.
    """

    rights: ClassVar[dict[str, str]] = {}
    uploads: ClassVar[tuple[str, ...]] = ()
    codes: ClassVar[dict[str, str]] = {}
    ordering: tuple[str, ...] | None = None
    filter_backends = (GivenFilters, TermSearch)
    lookup_value_regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if code := self.codes.get(self.action):
            require_permission(request.user, code)

    def rows(self, user: Any) -> QuerySet:
        """Everything of this kind that `user` may see."""
        return super().get_queryset().permitted(user, "view")

    def get_queryset(self) -> QuerySet:
        rows = self.rows(self.request.user)
        return rows.none() if getattr(self, "swagger_fake_view", False) else rows

    def get_parsers(self) -> list[BaseParser]:
        # DRF asks before it says which action it is.
        method = getattr(self.request, "method", None) or ""
        action = getattr(self, "action", None) or getattr(self, "action_map", {}).get(method.lower())
        return [*super().get_parsers(), *([MultiPartParser()] if action in self.uploads else [])]

    def get_object(self) -> Model:
        """The row that the address names. Raises NotFound when it is invisible, Forbidden when `rights` ask for more."""
        found = probing(self.get_queryset()).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise NotFound
        return require(self.request.user, self.rights.get(self.action, "view"), found)

    def answer(self, obj: Any, *, status: int = 200, serializer: type[Serializer] | None = None) -> Response:
        chosen = serializer or self.get_serializer_class()
        return Response(chosen(obj, context=self.get_serializer_context()).data, status=status)

    def shown(self, obj: Model, *, status: int = 200) -> Response:
        """`obj` as reading it would show it: what a command returns lacks what the selector counts and joins."""
        return self.answer(probing(self.get_queryset()).get(pk=obj.pk), status=status)

    def listed(
        self, rows: QuerySet, serializer: type[Serializer], *, ordering: tuple[str, ...] | None = None
    ) -> Response:
        """One page of `rows`, for lists that hang below one object."""
        self.ordering = ordering
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(
            serializer(page, many=True, context=self.get_serializer_context()).data
        )

    def checked(self, serializer: type[Serializer], **kwargs: Any) -> dict[str, Any]:
        """The request's body, validated by `serializer`. Raises DRF's ValidationError (422)."""
        return self._validated(serializer, self.request.data, **kwargs)

    def asked(self, serializer: type[Serializer]) -> dict[str, Any]:
        """The query's parameters, validated by `serializer`. Raises DRF's ValidationError (422)."""
        return self._validated(serializer, QueryWords(self.request.query_params.dict()))

    def handle_exception(self, exc: Exception) -> Response:
        # An error is JSON, also where the answer would have been Markdown.
        self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), "application/json"
        return super().handle_exception(exc)

    def _validated(self, serializer: type[Serializer], data: Any, **kwargs: Any) -> dict[str, Any]:
        given = serializer(data=data, context=self.get_serializer_context(), **kwargs)
        given.is_valid(raise_exception=True)
        return given.validated_data
