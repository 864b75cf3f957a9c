"""`approval-channels/`."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.core.api.schema import tagged
from foundation.core.api.serializers import StrictSerializer
from foundation.core.api.views import ReadViewSet
from plans import selectors, services
from plans.models import Channel
from plans.services.outbox import channel_test


class ChannelSerializer(serializers.ModelSerializer):
    """`place` is what may be shown of the address, `trouble` why the last message did not arrive."""

    class Meta:
        model = Channel
        fields = (
            "id", "name", "place", "is_active", "quiet_from", "quiet_to", "sent_at", "trouble", "created_at",
        )  # fmt: skip


class ChannelInput(StrictSerializer):
    """`address` is Apprise's: `mailto://…`, `slack://…`, `line://…`, `tgram://…`, `ntfy://…`, `jsons://…`."""

    name = serializers.CharField(max_length=100)
    address = serializers.CharField(max_length=2000, write_only=True)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_to = serializers.TimeField(required=False, allow_null=True)


class ChannelChange(ChannelInput):
    is_active = serializers.BooleanField(required=False)


@tagged("承認の通知先 / Approval channels")
class ChannelViewSet(ReadViewSet):
    """Where you are told of what waits for you, outside the platform. The address never comes out again."""

    serializer_class = ChannelSerializer
    ordering = ("-created_at", "-id")
    rights: ClassVar = {"partial_update": "change", "destroy": "delete"}

    def rows(self, user: Any) -> QuerySet[Channel]:
        return selectors.channels(user)

    @extend_schema(request=ChannelInput, responses={201: ChannelSerializer})
    def create(self, request: Request) -> Response:
        return self.answer(services.channel_create(request.user, **self.checked(ChannelInput)), status=201)

    @extend_schema(request=ChannelChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        found, given = self.get_object(), self.checked(ChannelChange, partial=True)
        return self.answer(services.channel_update(request.user, found, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.channel_delete(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a message there now. 409 `not_sent` when it does not arrive."""
        return self.answer(channel_test(request.user, self.get_object()))
