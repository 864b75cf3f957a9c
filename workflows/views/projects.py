"""Projects, and the settings."""

from django.conf import settings as platform
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ai_integration.selectors import default_reference, model_label
from foundation.core.errors import Forbidden
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from foundation.core.permissions import fetch
from workflows import selectors, services
from workflows.contexts.projects import project_page, projects_page
from workflows.forms import ProjectForm

PARTS = {"rows": "workflows/list_rows.html"}


@page()
def project_list(request: HttpRequest) -> HttpResponse:
    return show(request, "workflows/projects.html", projects_page(request.user).__dict__)


@page(*BOTH, code="project:create")
def project_new(request: HttpRequest) -> HttpResponse:
    form = ProjectForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid() and (made := form.save()):
        messages.success(request, _("The project stands. Delegate its first work."))
        return see_other(reverse("project", args=[made.pk]))
    return _form_page(request, form, _("New project"))


@page()
def project(request: HttpRequest, pk: str) -> HttpResponse:
    at = project_page(request.user, pk, request.GET.get("cursor", ""))
    context = {"at": at, "project": at.project, "page": at.page, "streams": at.streams}
    return show(request, "workflows/project.html", context, PARTS)


@page(*BOTH)
def project_edit(request: HttpRequest, pk: str) -> HttpResponse:
    at = project_page(request.user, pk)
    if not at.may_change:
        raise Forbidden
    form = ProjectForm(request.user, request.POST or None, project=at.project)
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        return see_other(reverse("project", args=[pk]))
    return _form_page(request, form, _("Change the project"))


@page(*WRITE)
def project_delete(request: HttpRequest, pk: str) -> HttpResponse:
    found = fetch(selectors.projects(request.user), request.user, pk=pk)
    done = _("Deleted. Its workflows stay.")
    gone = carry_out(request, lambda: services.project_delete(request.user, found), done)
    return see_other(reverse("projects") if gone else reverse("project", args=[pk]))


@page()
def settings(request: HttpRequest) -> HttpResponse:
    language = "ja" if (get_language() or "").startswith("ja") else "en"
    default = default_reference()
    context = {
        "languages": platform.LANGUAGES,
        "model": model_label(default, language),
        "builtin": default.partition(":")[0] == "builtin",
        "version": platform.SPECTACULAR_SETTINGS["VERSION"],
        "embedded": platform.EMBEDDED_QUEUE,
        "database": platform.DATABASES["default"]["ENGINE"].rpartition(".")[2],
        "data_dir": str(platform.DATA_DIR) if request.user.is_superuser else "",
        "by_link": platform.SIGN_IN == "link",
        "own_password": request.user.has_usable_password(),
        "sees_people": request.user.is_superuser or "user:view" in request.user.permission_codes,
        "time_zone": platform.TIME_ZONE,
        "may_audit": request.user.is_superuser or "audit:view" in request.user.permission_codes,
    }
    return show(request, "workflows/settings.html", context)


def _form_page(request: HttpRequest, form: ProjectForm, title: str) -> HttpResponse:
    response = show(request, "workflows/project_form.html", {"form": form, "title": title})
    response.status_code = 422 if form.errors else 200
    return response
