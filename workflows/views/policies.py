"""Who approves: the policy of a project, and that of one workflow."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.core.errors import Forbidden
from foundation.core.pages import BOTH, page, see_other, show
from foundation.core.permissions import fetch
from plans.policy import read
from plans.policy_sheet import PolicySheet
from workflows import selectors, services
from workflows.contexts.policies import may_set_policy
from workflows.models import Project, Workflow


@page(*BOTH)
def project_policy(request: HttpRequest, pk: str) -> HttpResponse:
    found = fetch(selectors.projects(request.user), request.user, "change", pk=pk)
    return _page(
        request, found, "project", lambda given: services.project_update(request.user, found, policy=given)
    )


@page(*BOTH)
def workflow_policy(request: HttpRequest, pk: str) -> HttpResponse:
    found = fetch(selectors.workflows(request.user), request.user, "change", pk=pk)
    if not may_set_policy(request.user, found):
        raise Forbidden
    return _page(
        request, found, "workflow", lambda given: services.workflow_update(request.user, found, policy=given)
    )


def _page(
    request: HttpRequest, thing: Project | Workflow, kind: str, command: Callable[[dict[str, Any]], Any]
) -> HttpResponse:
    sheet = PolicySheet(request.user, read(thing.policy), request.POST if request.method == "POST" else None)
    address = reverse(kind, args=[thing.pk])
    if sheet.sent and sheet.save(command):
        messages.success(request, _("Saved. What waits already keeps the policy under which it was asked."))
        return see_other(address)
    context = {"sheet": sheet, "thing": thing, "kind": kind, "address": address}
    response = show(request, "workflows/policy.html", context)
    response.status_code = 422 if sheet.refused else 200
    return response
