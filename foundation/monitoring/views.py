"""`/health…` and `/metrics`, outside the API."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from foundation.core.draining import draining
from foundation.monitoring import checks, health
from foundation.monitoring.metrics import SOCKETS, recent


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when work may be sent here: not draining, and nothing vital is down."""
    if draining():
        return _told({"status": "draining"}, health.DOWN)
    status = health.overall(health.report(only_vital=True))
    return _told({"status": status}, status)


@never_cache
@require_safe
def full(request: HttpRequest) -> JsonResponse:
    """Everything, component by component."""
    components = health.report()
    status = health.overall(components)
    body = {
        "status": status,
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "components": {name: part.as_json() for name, part in components.items()},
        "system": checks.system()
        | {
            "active_connections": int(SOCKETS._value.get()),
            "requests_per_minute": recent.requests_per_minute(),
        },
    }
    return _told(body, status)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _told(body: dict[str, Any], status: str) -> JsonResponse:
    if status != health.DOWN:
        return JsonResponse(body)
    response = JsonResponse(body, status=503, headers={"Retry-After": "5"})
    response._has_been_logged = True  # asked every few seconds, and an answer rather than an error
    return response
