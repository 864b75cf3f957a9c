"""`notifications/` and `audit/`."""

from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.activity import selectors, services
from foundation.activity.api import serializers
from foundation.activity.models import AuditEntry, Notification
from foundation.core.api.downloads import as_download
from foundation.core.api.schema import tagged
from foundation.core.api.views import ReadViewSet
from foundation.core.errors import Invalid


class NotificationFilter(filters.FilterSet):
    unread = filters.BooleanFilter(
        field_name="read_at", lookup_expr="isnull", label="only unread ones, or only read ones"
    )

    class Meta:
        model = Notification
        fields = ("type",)


class AuditFilter(filters.FilterSet):
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields = ("action", "object_kind", "object_id", "actor")


@tagged("通知 / Notifications")
class NotificationViewSet(ReadViewSet):
    """One's own notifications, newest first."""

    serializer_class = serializers.NotificationSerializer
    filterset_class = NotificationFilter
    search_fields = ("title",)

    def rows(self, user: Any) -> QuerySet[Notification]:
        return selectors.notifications(user)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark as read. Doing it twice changes nothing."""
        return self.answer(services.notification_read(request.user, self.get_object()))


@tagged("監査 / Audit")
class AuditViewSet(ReadViewSet):
    """What was done, by whom. Without `audit:view` only what one did oneself."""

    serializer_class = serializers.AuditEntrySerializer
    filterset_class = AuditFilter
    search_fields = ("action", "actor_name", "object_id")
    ordering = ("-at", "-id")

    def rows(self, user: Any) -> QuerySet[AuditEntry]:
        return selectors.audit_entries(user)

    @extend_schema(responses=serializers.AuditVerdictSerializer, filters=False)
    @action(detail=False, pagination_class=None, filter_backends=())
    def verify(self, request: Request) -> Response:
        """Whether the chained rows are as they were written, and how many are not chained yet."""
        verdict = selectors.audit_verdict(request.user)
        return Response(serializers.AuditVerdictSerializer(verdict).data)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "form", str, enum=tuple(services.EXPORT_FORMS), description="jsonl (default) or csv"
            )
        ],
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.BINARY,
        },
    )
    @action(detail=False, pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        """Everything that the filters let through, oldest first, as a file. Handing it out is recorded too."""
        form = request.query_params.get("form", "jsonl")
        if form not in services.EXPORT_FORMS:
            known = ", ".join(services.EXPORT_FORMS)
            raise Invalid(_("The form must be one of: %(known)s.") % {"known": known})
        asked = {name: value[:200] for name, value in request.query_params.items()}
        rows = self.filter_queryset(self.get_queryset())
        file = services.audit_export(request.user, rows=rows, form=form, asked=asked)
        return as_download(file, name=f"audit.{form}", media_type=services.EXPORT_FORMS[form])
