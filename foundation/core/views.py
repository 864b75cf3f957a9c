"""What is answered when no view did: JSON below `/api/` and to scripts, a calm page to browsers."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from foundation.core.api.errors import DATABASE_AWAY, RETRY_SECONDS, envelope
from foundation.core.errors import Unavailable


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "bad_request", _("This request could not be understood."))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "forbidden", _("You may see this, but not do that."))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = _("This request did not come from one of our pages. Reload the page and try again.")
    return _answer(request, 403, "csrf_failed", message)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "not_found", _("This does not exist, or you may not see it."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the error is being handled: a database that is away is no bug of ours."""
    if isinstance(sys.exception(), DATABASE_AWAY):
        answer = _answer(request, 503, Unavailable.code, str(Unavailable.message))
        answer.headers["Retry-After"] = RETRY_SECONDS
        return answer
    return _answer(
        request, 500, "server_error", _("Something went wrong on our side. What was saved is kept.")
    )


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse(envelope(code, message), status=status)
    # When something broke, the frame around the page may be what broke: its counts come from the database.
    context: dict[str, Any] = {"status": status, "message": message, "plain": status >= 500}
    return render(request, "error.html", context, status=status)


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or not request.accepts("text/html")
