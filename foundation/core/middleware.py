"""What every request and every response goes through, static files included."""

from collections.abc import Callable
from datetime import UTC

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from foundation.core.headers import missing
from foundation.core.origins import host_allowed, origin_is_listed, origin_is_own

type Next = Callable[[HttpRequest], HttpResponse]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


class ExactHost:
    """400 for a foreign Host before anything else answers: the guard against DNS rebinding."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not host_allowed(request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", ""))):
            error = {"code": "bad_host", "message": "This server does not go by that name.", "details": {}}
            return JsonResponse({"error": error}, status=400)
        return self.get_response(request)


class SecurityHeaders:
    """The outermost: whatever answers, the standard headers stand on it. An answer of the API is nobody else's to keep."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in missing(response.headers.keys(), secure=request.is_secure()).items():
            response.headers[name] = value
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class GZip(GZipMiddleware):
    """From 1,000 bytes on. What holds a secret that must not be stored is not compressed: its length would tell (BREACH).

    Elsewhere Django pads each answer by a random length, and a page's CSRF token is masked anew each time.
    """

    SMALLEST = 1000

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        small = not response.streaming and len(response.content) < self.SMALLEST
        if small or "no-store" in response.headers.get("Cache-Control", ""):
            return response
        return super().process_response(request, response)


class SameOrigin:
    """403 for a change that another site's page sends. A cookie knows no port and a form needs no preflight.

    Browsers say where a request comes from (Origin, Sec-Fetch-Site); scripts say nothing and have no cookies to abuse.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE_METHODS and _foreign(request):
            error = {"code": "cross_site", "message": "Another site may not do this here.", "details": {}}
            return JsonResponse({"error": error}, status=403)
        return self.get_response(request)


class ApiClock:
    """The API speaks UTC; pages speak the time of the platform's place."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(UTC):
            return self.get_response(request)


def _foreign(request: HttpRequest) -> bool:
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None:
        return request.META.get("HTTP_SEC_FETCH_SITE") in {"cross-site", "same-site"}
    listed = request.path.startswith("/api/v1/") and origin_is_listed(origin)
    return not (listed or origin_is_own(origin, request.META.get("HTTP_HOST", "")))
