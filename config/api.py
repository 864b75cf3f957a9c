"""Everything below `/api/v1/`. Each room brings its own addresses."""

from importlib import import_module

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, include, path, re_path, resolve
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView

from foundation.core.views import not_found

ROOMS = (
    "foundation.accounts",
    "foundation.activity",
    "foundation.monitoring",
    "ai_integration",
    "knowledge",
    "personas",
    "plans",
    "workflows",
)


class SchemaView(SpectacularAPIView):
    """The OpenAPI document: JSON, or YAML with `?format=yaml`."""

    renderer_classes = (OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer)


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """404 in the one error shape; an address that only lacks its last slash is shown the way (307 keeps the method)."""
    if not request.path.endswith("/") and _exists(f"{request.path}/"):
        query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
        return HttpResponseRedirect(f"{request.path}/{query}", preserve_request=True)
    return not_found(request)


def _exists(address: str) -> bool:
    try:
        return resolve(address).func is not unknown
    except Resolver404:
        return False


def _brings_addresses(room: str) -> bool:
    return settings.BASE_DIR.joinpath(*room.split("."), "api", "urls.py").exists()


urlpatterns = [
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    *(
        path("v1/", include(import_module(f"{room}.api.urls").urlpatterns))
        for room in ROOMS
        if _brings_addresses(room)
    ),
    re_path(r"", unknown),
]
