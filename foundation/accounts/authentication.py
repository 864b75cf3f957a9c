"""Who sends a request: a token, or a session cookie. `request.auth` is the credential, for socket tickets."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions, permissions
from rest_framework.request import Request

from foundation.accounts import selectors, services
from foundation.core.errors import CHALLENGE
from foundation.core.scopes import only_reads, reaches


class CsrfFailed(exceptions.PermissionDenied):
    default_code = "csrf_failed"
    default_detail = _("This request did not come from one of our pages. Reload the page and try again.")


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <access token or personal token>`."""

    def authenticate(self, request: Request) -> tuple[Any, str] | None:
        scheme, _space, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = selectors.bearer(raw.strip())
        if found is None:
            raise exceptions.AuthenticationFailed(
                _("This token is not valid, or no longer."), code="bad_token"
            )
        if (token := found[0].through) is not None:
            services.personal_token_used(token)
        return found

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class WithinScopes(permissions.BasePermission):
    """A token that only reads changes nothing, and none gets where people sign in themselves (`by_token = False`)."""

    message = _("This token is not for that. Make one with the scope it takes, or sign in.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if getattr(request.user, "through", None) is None:
            return True
        if not reaches(request.user, request.path.removeprefix("/api/v1/").partition("/")[0]):
            return False
        if request.method in permissions.SAFE_METHODS:
            return True
        if only_reads(request.user) and not getattr(view, "changes_nothing", False):
            return False
        return getattr(view, "by_token", True)


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie; whatever changes something needs the CSRF token too."""

    def authenticate(self, request: Request) -> tuple[Any, str] | None:
        found = super().authenticate(request)
        return found and (found[0], selectors.session_credential(request._request.session.session_key))

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request._request)  # DRF's own request would parse the body first
        except exceptions.PermissionDenied as error:
            raise CsrfFailed from error
