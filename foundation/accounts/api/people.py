"""`users/`, `roles/` and `invitations/`."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.accounts import selectors, services
from foundation.accounts.api import serializers
from foundation.accounts.models import Invitation, PersonalToken, Role, User
from foundation.accounts.services import mails
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.api.views import ReadViewSet
from foundation.core.errors import Invalid

NOT_TO_GIVE = _("There is no role of this name that you can give.")


@tagged("利用者 / People")
class UserViewSet(ReadViewSet):
    """People: everybody for those whose role says `user:view`, oneself otherwise."""

    serializer_class = serializers.UserSerializer
    search_fields = ("username", "display_name", "email")
    filterset_fields = ("is_active",)

    ordering = ("-date_joined", "-id")
    codes: ClassVar = {"create": "user:create"}

    def rows(self, user: Any) -> QuerySet[User]:
        return selectors.users(user)

    @extend_schema(request=serializers.UserInput, responses={201: serializers.UserSerializer})
    def create(self, request: Request) -> Response:
        user = services.user_create(request.user, **self.checked(serializers.UserInput))
        return self.answer(user, status=201)

    @extend_schema(request=serializers.UserChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        changes = self.checked(serializers.UserChange)
        user = services.user_update(request.user, self.get_object(), **changes)
        return self.answer(user)

    @extend_schema(request=None, responses=serializers.HandedLinkSerializer)
    @action(detail=True, methods=["post"], url_path="password-link")
    def password_link(self, request: Request, pk: str) -> Response:
        """A link under which this person can set a new password, once, to hand over: for where no mail is sent."""
        path = services.password_reset_link_create(request.user, self.get_object())
        return _unstored(Response({"link": _link(request, path)}))


@tagged("利用者 / People")
class RoleViewSet(IdempotentCreate, ReadViewSet):
    """Named sets of `resource:action` codes."""

    serializer_class = serializers.RoleSerializer
    search_fields = ("name",)
    filterset_fields = ("name",)
    codes: ClassVar = {"create": "role:create"}

    def rows(self, user: Any) -> QuerySet[Role]:
        return selectors.roles(user)

    @extend_schema(
        request=serializers.RoleInput,
        responses={201: serializers.RoleSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        return self.answer(
            services.role_create(request.user, **self.checked(serializers.RoleInput)), status=201
        )

    @extend_schema(request=serializers.RoleChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        role = self.get_object()
        return self.answer(services.role_update(request.user, role, **self.checked(serializers.RoleChange)))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.role_delete(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(request=serializers.RoleMember, responses=serializers.RoleSerializer)
    @action(detail=True, methods=["post"])
    def grant(self, request: Request, pk: str) -> Response:
        """Give this role to a user."""
        return self.answer(services.role_grant(request.user, self.get_object(), user=self._member()))

    @extend_schema(request=serializers.RoleMember, responses=serializers.RoleSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Take this role away from a user; it counts from their next request on."""
        return self.answer(services.role_revoke(request.user, self.get_object(), user=self._member()))

    def _member(self) -> User:
        return selectors.user(self.request.user, self.checked(serializers.RoleMember)["user"])


@tagged("利用者 / People")
class InvitationViewSet(ReadViewSet):
    """Links that let one person in, once, with a role. For whoever holds `user:create`."""

    serializer_class = serializers.InvitationSerializer
    filterset_fields = ("delivery",)
    search_fields = ("email",)
    codes: ClassVar = {"create": "user:create"}

    def rows(self, user: Any) -> QuerySet[Invitation]:
        return selectors.invitations(user)

    @extend_schema(request=serializers.InvitationInput, responses={201: serializers.InvitationMade})
    def create(self, request: Request) -> Response:
        """Invite somebody. `link` is shown this once; where mail is set up and an address is given, it is mailed instead."""
        given = self.checked(serializers.InvitationInput)
        role = next(
            (each for each in selectors.roles_to_give(request.user) if each.name == given["role"]), None
        )
        if role is None:
            raise Invalid(details={"role": [str(NOT_TO_GIVE)]})
        made, path = services.invitation_create(request.user, role=role, email=given.get("email", ""))
        context = self.get_serializer_context() | {"link": _link(request, path)}
        return _unstored(Response(serializers.InvitationMade(made, context=context).data, status=201))

    @extend_schema(request=None, responses=serializers.HandedLinkSerializer)
    @action(detail=True, methods=["post"])
    def link(self, request: Request, pk: str) -> Response:
        """A new link to hand over; the one before stops working."""
        path = services.invitation_link_create(request.user, self.get_object())
        return _unstored(Response({"link": _link(request, path)}))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraw it."""
        services.invitation_revoke(request.user, self.get_object())
        return Response(status=204)


@tagged("認証 / Authentication")
class PersonalTokenViewSet(ReadViewSet):
    """My tokens for scripts and MCP clients: `Authorization: Bearer hisho_pat_…`. Made by people, never by a token."""

    by_token = False
    serializer_class = serializers.PersonalTokenSerializer
    search_fields = ("name",)

    def rows(self, user: Any) -> QuerySet[PersonalToken]:
        return selectors.personal_tokens(user)

    @extend_schema(request=serializers.PersonalTokenInput, responses={201: serializers.PersonalTokenMade})
    def create(self, request: Request) -> Response:
        """`scopes`: `read`, `write`, or `resource:action` codes that I hold. `token` is shown this once."""
        row, raw = services.personal_token_create(
            request.user, **self.checked(serializers.PersonalTokenInput)
        )
        context = self.get_serializer_context() | {"token": raw}
        return _unstored(Response(serializers.PersonalTokenMade(row, context=context).data, status=201))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke it; it counts no more from the next request on."""
        services.personal_token_revoke(request.user, self.get_object())
        return Response(status=204)


def _link(request: Request, path: str) -> str:
    return mails.absolute(path, request.build_absolute_uri("/").rstrip("/")) if path else ""


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
