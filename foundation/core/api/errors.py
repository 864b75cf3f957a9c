"""The one error shape: `{"error": {"code", "message", "details"}}`."""

import logging
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from foundation.core.errors import CHALLENGE, DomainError, Unavailable

logger = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "rate_limited",
}

# Codes that our own subclasses of DRF's exceptions carry; DRF's are replaced by those above.
OWN_CODES = frozenset({"bad_token", "csrf_failed"})


# The database is away or has no connection left: nothing was done, and later it will work.
DATABASE_AWAY = (OperationalError, InterfaceError)
RETRY_SECONDS = "5"


def envelope(code: str, message: str, details: Any = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": details or {}}}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Returns None for a bug, which then becomes a 500."""
    set_rollback()
    if isinstance(error, DATABASE_AWAY):
        logger.warning("The database does not answer (%s)", error.__class__.__name__)
        error = Unavailable()
    if isinstance(error, DomainError):
        headers = {"WWW-Authenticate": CHALLENGE} if error.status == status.HTTP_401_UNAUTHORIZED else {}
        if error.status == status.HTTP_503_SERVICE_UNAVAILABLE:
            headers["Retry-After"] = RETRY_SECONDS
        if "retry_after" in error.details:
            headers["Retry-After"] = str(error.details["retry_after"])
        return Response(envelope(error.code, str(error), error.details), status=error.status, headers=headers)
    if isinstance(error, ValidationError):
        details = error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
        return Response(envelope("invalid", _("Some of the input is not valid."), details), status=422)
    if isinstance(
        error, Http404 | ObjectDoesNotExist
    ):  # the latter: deleted by somebody else at this very moment
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        return Response(envelope("too_large", _("This is more than is taken at once.")), status=413)
    if not isinstance(error, exceptions.APIException):
        return None
    return _from_drf(error)


def _from_drf(error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait) + 1)
    if isinstance(error, exceptions.ValidationError):
        body = envelope("invalid", _("Some of the input is not valid."), _as_dict(error.detail))
        return Response(body, status=status.HTTP_422_UNPROCESSABLE_ENTITY)
    given = getattr(error.detail, "code", None)
    code = given if given in OWN_CODES else CODES.get(error.status_code, "error")
    return Response(envelope(code, str(error.detail)), status=error.status_code, headers=headers)


def _as_dict(detail: Any) -> dict[str, Any]:
    return detail if isinstance(detail, dict) else {"non_field_errors": detail}
