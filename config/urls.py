"""All addresses: pages, the API, its documents, health and metrics."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

# Redoc styles itself while it runs and searches in a worker made of a blob. Everything still comes from here.
REDOC_CSP = {
    "default-src": [CSP.SELF],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "worker-src": [CSP.SELF, "blob:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

swagger = SpectacularSwaggerSplitView.as_view(template_name="api/swagger.html")
redoc = csp_override(REDOC_CSP)(SpectacularRedocView.as_view(template_name="api/redoc.html"))

urlpatterns = [
    path("", include("workflows.urls")),
    path("", include("plans.urls")),
    path("", include("personas.urls")),
    path("", include("knowledge.urls")),
    path("", include("foundation.accounts.urls")),
    path("", include("foundation.activity.urls")),
    path("", include("foundation.monitoring.urls")),
    path("api/", include("config.api")),
    re_path(r"^docs/?$", swagger, name="docs"),
    re_path(r"^redoc/?$", redoc, name="redoc"),
    path("admin/", admin.site.urls),
]

handler400 = "foundation.core.views.bad_request"
handler403 = "foundation.core.views.permission_denied"
handler404 = "foundation.core.views.not_found"
handler500 = "foundation.core.views.server_error"
