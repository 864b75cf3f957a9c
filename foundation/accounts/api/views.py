"""`auth/`: coming in and going."""

from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.accounts import selectors, services
from foundation.accounts.api import serializers
from foundation.accounts.api.base import Auth, Door
from foundation.core.api.schema import tagged


@tagged("認証 / Authentication")
class TokenView(Door):
    @extend_schema(request=serializers.PasswordSignIn, responses=serializers.TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Name and password for an access and a refresh token."""
        given = self.checked(serializers.PasswordSignIn, request)
        user = services.sign_in_by_password(request._request, **given)
        return Response(serializers.TokenPairSerializer(services.token_pair_create(user)).data)


@tagged("認証 / Authentication")
class TokenRefreshView(Door):
    @extend_schema(request=serializers.RefreshInput, responses=serializers.TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """The next pair. Each refresh token works once; using one again ends the whole sign-in."""
        given = self.checked(serializers.RefreshInput, request)
        return Response(serializers.TokenPairSerializer(services.token_pair_refresh(given["refresh"])).data)


@tagged("認証 / Authentication")
class JoinView(Door):
    @extend_schema(request=serializers.JoinInput, responses={201: serializers.TokenPairSerializer})
    def post(self, request: Request) -> Response:
        """Accept an invitation: choose a name and a password, and be signed in."""
        given = self.checked(serializers.JoinInput, request)
        user = services.invitation_accept(given.pop("token"), **given)
        return Response(serializers.TokenPairSerializer(services.token_pair_create(user)).data, status=201)


@tagged("認証 / Authentication")
class ResetAskView(Door):
    @extend_schema(request=serializers.ResetAsk, responses={202: None})
    def post(self, request: Request) -> Response:
        """Ask for a mail with a link to a new password. The answer does not tell whether anybody has this address."""
        services.password_reset_ask(self.checked(serializers.ResetAsk, request)["email"])
        return Response(status=202)


@tagged("認証 / Authentication")
class ResetView(Door):
    @extend_schema(request=serializers.ResetInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set the password that a link from such a mail allows, once. All earlier sign-ins and tokens end."""
        given = self.checked(serializers.ResetInput, request)
        services.password_reset(given["token"], password=given["password"])
        return Response(status=204)


@tagged("認証 / Authentication")
class LogoutView(Auth):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End this sign-in: its tokens, its session and its sockets."""
        kind, _, rest = request.auth.partition(":")
        if kind == "family":
            services.token_family_revoke(request.user, family_id=rest.partition(":")[0])
        else:
            services.sign_out(request.user)
            logout(request._request)
        return Response(status=204)


@tagged("認証 / Authentication")
class MeView(Auth):
    @extend_schema(responses=serializers.MeSerializer)
    def get(self, request: Request) -> Response:
        """Who I am here, and what my roles let me do."""
        return Response(serializers.MeSerializer(selectors.oneself(request.user)).data)

    @extend_schema(request=serializers.OwnProfile, responses=serializers.MeSerializer)
    def patch(self, request: Request) -> Response:
        """Change my own profile. A changed password ends all sign-ins, this one too."""
        services.user_update(request.user, request.user, **self.checked(serializers.OwnProfile, request))
        return self.get(request)


@tagged("認証 / Authentication")
class SocketTicketView(Auth):
    by_token = changes_nothing = True  # what is said on the socket is limited like everything else

    @extend_schema(request=None, responses={201: serializers.TicketSerializer})
    def post(self, request: Request) -> Response:
        """A ticket for `/ws/?ticket=…`: single use, 30 seconds."""
        ticket = services.socket_ticket_create(request.user, credential=request.auth)
        return Response({"ticket": ticket}, status=201)
