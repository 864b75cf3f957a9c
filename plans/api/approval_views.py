"""`approvals/`."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foundation.core.api.schema import tagged
from foundation.core.api.views import ReadViewSet
from plans import selectors, services
from plans.api import approval_serializers as serializers
from plans.api.filters import ApprovalFilter
from plans.models import ApprovalRequest
from plans.services import Origin


def origin_of(request: Request) -> Origin:
    return Origin("api", request.META.get("REMOTE_ADDR") or None)


@tagged("承認待ち / Approvals")
class ApprovalViewSet(ReadViewSet):
    """The inbox: what waits for you, the nearest deadline first. Without `status` only what you have not decided yet."""

    serializer_class = serializers.ApprovalSerializer
    filterset_class = ApprovalFilter
    search_fields = ("title",)
    ordering = ("sorts_at", "id")

    def rows(self, user: Any) -> QuerySet[ApprovalRequest]:
        return selectors.approvals(user)

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.ApprovalRow if self.action == "list" else serializers.ApprovalSerializer

    @extend_schema(request=serializers.DecideInput)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Decide. The first decision counts, or as many as the policy needs; later ones get 409."""
        waiting = self.get_object()
        given = self.checked(serializers.DecideInput)
        return self.shown(services.request_decide(request.user, waiting, origin=origin_of(request), **given))

    @extend_schema(request=serializers.DelegateInput)
    @action(detail=True, methods=["post"])
    def delegate(self, request: Request, pk: str) -> Response:
        """Hand your part in this decision to somebody else, who will see what it is about."""
        waiting = self.get_object()
        given = self.checked(serializers.DelegateInput)
        to = selectors.taker(given["to"])
        done = services.request_delegate(request.user, waiting, to=to, comment=given.get("comment", ""))
        return self.answer(done)  # who gave it back may not see it any more

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="withdraw-decision")
    def withdraw_decision(self, request: Request, pk: str) -> Response:
        """Take your own decision back while others are still missing."""
        return self.shown(services.vote_withdraw(request.user, self.get_object()))
