"""`…/{id}/shares/` and `…/{id}/access/`: with whom one thing is shared, and who may see it and why."""

from typing import Any

from django.db.models import Model
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.accounts import selectors, services
from foundation.accounts.reasons import Access, Reason, Share, seen_by, shares_of
from foundation.core.api.serializers import StrictSerializer
from foundation.core.api.views import ReadViewSet
from foundation.core.permissions import LEVELS, require

GRANTEES = ("user", "username", "role", "team")


class ShareSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=("user", "role", "team"))
    id = serializers.UUIDField(source="to.pk")
    name = serializers.CharField(source="to")
    level = serializers.ChoiceField(choices=LEVELS)


class ShareList(serializers.Serializer):
    results = ShareSerializer(many=True)


class GranteeInput(StrictSerializer):
    """Exactly one of `user` (an id), `username`, `role` (an id) and `team` (an id of people's teams)."""

    user = serializers.UUIDField(required=False)
    username = serializers.CharField(max_length=150, required=False)
    role = serializers.UUIDField(required=False)
    team = serializers.UUIDField(required=False)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if len(given.keys() & set(GRANTEES)) != 1:
            raise serializers.ValidationError({"to": [selectors.ONE_OF_THEM]})
        return given


class ShareInput(GranteeInput):
    level = serializers.ChoiceField(choices=LEVELS)


class ReasonSerializer(serializers.Serializer):
    """`because` says why the person may see the holder, in the same shape."""

    kind = serializers.CharField(
        help_text="owner, direct, role, team, inherited, superuser, or code (a role's)."
    )
    level = serializers.ChoiceField(choices=LEVELS)
    name = serializers.CharField(help_text="Of the role, the team, or what it is inherited from.")
    holder = serializers.SerializerMethodField(
        help_text="`{kind, id}` of what it is inherited from, or null."
    )
    because = serializers.SerializerMethodField()

    def get_holder(self, reason: Reason) -> dict[str, str] | None:
        held = reason.holder
        return None if held is None else {"kind": held._meta.model_name or "", "id": str(held.pk)}

    def get_because(self, reason: Reason) -> dict[str, Any] | None:
        return None if reason.because is None else ReasonSerializer(reason.because).data


class AccessSerializer(serializers.Serializer):
    user = serializers.SerializerMethodField()
    level = serializers.ChoiceField(choices=LEVELS)
    reasons = ReasonSerializer(many=True)

    def get_user(self, access: Access) -> dict[str, str]:
        return {"id": str(access.user.pk), "name": str(access.user)}


class AccessList(serializers.Serializer):
    results = AccessSerializer(many=True)


QUERY = [OpenApiParameter(name, str, description="One of the four.") for name in GRANTEES]


class Shares(ReadViewSet):
    """Mixin of a viewset whose rows can be shared. Whoever may manage a row may share it."""

    @extend_schema(responses=ShareList, filters=False)
    @action(detail=True)
    def shares(self, request: Request, pk: str) -> Response:
        """With whom it is shared, and at which level: view, comment, operate or manage."""
        obj = require(request.user, "share", self.get_object())
        return self._list(obj)

    @extend_schema(request=ShareInput, responses=ShareSerializer)
    @shares.mapping.post
    def share_with(self, request: Request, pk: str) -> Response:
        """Share it with a person, a role or a team, or change their level. Said twice, it changes nothing."""
        obj = require(request.user, "share", self.get_object())
        given = self.checked(ShareInput)
        level = given.pop("level")
        to = selectors.grantee(request.user, **given)
        services.access_grant(request.user, obj, to=to, level=level)
        return Response(ShareSerializer(Share(to._meta.model_name or "", to, level)).data)

    @extend_schema(parameters=QUERY, responses={204: None})
    @shares.mapping.delete
    def share_end(self, request: Request, pk: str) -> Response:
        """Share it no longer: `?user=`, `?username=`, `?role=` or `?team=`. One's own share one may always give up."""
        obj, given = self.get_object(), self.request.query_params
        own = given.get("user") == str(request.user.pk) or given.get("username") == request.user.username
        require(request.user, "view" if own else "share", obj)  # before it is told who is among them
        to = selectors.grantee_of(obj, **self.asked(GranteeInput))
        services.access_withdraw(request.user, obj, to=to)
        return Response(status=204)

    @extend_schema(responses=AccessList, filters=False)
    @action(detail=True)
    def access(self, request: Request, pk: str) -> Response:
        """Who may see it, and why. Whoever may not manage it is told about themselves only."""
        obj = self.get_object()
        return Response(AccessList({"results": seen_by(request.user, obj)}).data)

    def _list(self, obj: Model) -> Response:
        return Response(ShareList({"results": shares_of(obj)}).data)
