"""What the views of signing in share."""

from typing import Any, ClassVar

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.core.api.throttling import RateLimitHeaders


class Auth(RateLimitHeaders, APIView):
    """Where people sign in themselves: no personal token gets here. Nothing of it is kept, by caches least of all."""

    by_token = False

    def checked(self, serializer: type, request: Request) -> dict:
        given = serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response


class Door(Auth):
    """For whoever is not signed in yet."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scopes: ClassVar = {"post": "sign_in"}
