"""`calls/` and `usage/`."""

from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ai_integration import contexts, selectors
from ai_integration.api.serializers import usage as serializers
from ai_integration.models import CallRecord
from foundation.core.api.schema import tagged
from foundation.core.api.serializers import QueryWords
from foundation.core.api.throttling import RateLimitHeaders
from foundation.core.api.views import ReadViewSet


class CallFilter(filters.FilterSet):
    workflow = filters.UUIDFilter(field_name="subject_id")
    persona = filters.CharFilter(field_name="persona_name")

    class Meta:
        model = CallRecord
        fields = ("status", "job", "provider", "model")


@tagged("モデルの呼び出し / Calls and usage")
class CallViewSet(ReadViewSet):
    """Calls to models that were made for you."""

    serializer_class = serializers.CallSerializer
    filterset_class = CallFilter
    search_fields = ("persona_name", "model", "error")

    def rows(self, user: Any) -> QuerySet[CallRecord]:
        return selectors.calls(user).defer("context", "answer")


def _asked(request: Request) -> dict[str, Any]:
    asked = serializers.UsageQuery(data=QueryWords(request.query_params.dict()))
    asked.is_valid(raise_exception=True)
    given = asked.validated_data
    return {"since": given.get("since"), "until": given.get("until"), "subject_id": given.get("workflow")}


class UsageFileView(RateLimitHeaders, APIView):
    @extend_schema(
        tags=["モデルの呼び出し / Calls and usage"],
        parameters=[serializers.UsageQuery],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The same as a file: one line for each day, persona, workflow and model."""
        return contexts.usage_file(request.user, **_asked(request))


class UsageView(RateLimitHeaders, APIView):
    @extend_schema(
        tags=["モデルの呼び出し / Calls and usage"],
        parameters=[serializers.UsageQuery],
        responses=serializers.UsageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Tokens, cost and time by day, persona, workflow and model; the last 30 days unless told otherwise."""
        return Response(serializers.UsageSerializer(selectors.usage(request.user, **_asked(request))).data)
