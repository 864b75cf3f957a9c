"""`teams/`: people who work together, and with whom things are shared."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.accounts import selectors, services
from foundation.accounts.models import Team, User
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.api.serializers import Ids, StrictSerializer
from foundation.core.api.views import ReadViewSet


class MemberOfTeam(serializers.ModelSerializer):
    name = serializers.CharField(source="*")

    class Meta:
        model = User
        fields = ("id", "username", "name")


class PeopleTeamSerializer(serializers.ModelSerializer):
    members = MemberOfTeam(many=True, source="group.user_set.all")

    class Meta:
        model = Team
        fields = ("id", "owner", "name", "members", "created_at", "updated_at")


class PeopleTeamInput(StrictSerializer):
    """`members` are ids of people; whoever makes a team is in it."""

    name = serializers.CharField(max_length=100)
    members = Ids(required=False)


@tagged("利用者 / People")
class PeopleTeamViewSet(IdempotentCreate, ReadViewSet):
    """Teams of people: one's own, those one is in, and all of them for those whose role says `team:view`."""

    serializer_class = PeopleTeamSerializer
    search_fields = ("name",)
    filterset_fields = ("name",)
    rights: ClassVar = {"partial_update": "change", "destroy": "delete"}
    codes: ClassVar = {"create": "team:create"}

    def rows(self, user: Any) -> QuerySet[Team]:
        return selectors.teams(user)

    @extend_schema(
        request=PeopleTeamInput, responses={201: PeopleTeamSerializer}, parameters=[IDEMPOTENCY_KEY]
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        return self.shown(services.people_team_create(request.user, **self._given()), status=201)

    @extend_schema(request=PeopleTeamInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename it, or say who is in it: exactly these."""
        team = self.get_object()
        return self.shown(services.people_team_update(request.user, team, **self._given(partial=True)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the team; what is shared with it is shared no more."""
        services.people_team_delete(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: str) -> Response:
        """Leave a team that one is in."""
        services.people_team_leave(request.user, self.get_object())
        return Response(status=204)

    def _given(self, *, partial: bool = False) -> dict[str, Any]:
        given = self.checked(PeopleTeamInput, partial=partial)
        return given | ({"members": selectors.people_of(given["members"])} if "members" in given else {})
