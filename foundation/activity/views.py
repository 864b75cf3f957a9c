"""The audit trail, for those whose role may read it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.activity import selectors, services
from foundation.activity.contexts import audit_page
from foundation.activity.forms import FORMS, AuditExportForm, AuditFilterForm
from foundation.core.api.downloads import as_download
from foundation.core.errors import Invalid
from foundation.core.pages import WRITE, page, see_other, show


@page()
def audit(request: HttpRequest) -> HttpResponseBase:
    form = AuditFilterForm(request.GET)
    narrowed = form.narrowed() if form.is_valid() else None  # what makes no sense is told at its field
    at = audit_page(request.user, narrowed=narrowed, cursor=request.GET.get("cursor", ""))
    context = {"at": at, "page": at.page, "form": form, "forms": FORMS}
    return show(request, "activity/audit.html", context, {"rows": "activity/audit_rows.html"})


@page(*WRITE)
def audit_verify(request: HttpRequest) -> HttpResponseBase:
    """Go through every sealed row now."""
    verdict = services.audit_verify(request.user)
    if verdict.ok:
        messages.success(request, _("Every sealed row is as it was written."))
    else:
        messages.error(request, selectors.audit_fault(verdict))
    return see_other(reverse("audit-trail") + "#chain")


@page(*WRITE, code="audit:export")
def audit_export(request: HttpRequest) -> HttpResponseBase:
    """The rows that the page shows, all of them, as a file."""
    form = AuditExportForm(request.POST)
    if not form.is_valid():
        raise Invalid(details=form.errors.get_json_data())
    kind = form.cleaned_data.pop("form")
    rows = selectors.audit_narrowed(request.user, **form.narrowed())
    file = services.audit_export(request.user, rows=rows, form=kind, asked=form.asked)
    return as_download(file, name=f"audit.{kind}", media_type=services.EXPORT_FORMS[kind])
