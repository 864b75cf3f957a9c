"""Delegating, the list of workflows, one workflow, and what can be done with it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.core.pages import BOTH, WRITE, back_or, carry_out, page, see_other, show
from foundation.core.permissions import fetch
from workflows import selectors, services
from workflows.contexts.lists import workflows_page
from workflows.contexts.workflow import workflow_page
from workflows.forms import DelegateForm

LIST_PARTS = {"rows": "workflows/list_rows.html"}
PARTS = {name: f"workflows/{name}.html" for name in ("head", "dag", "tasks", "detail", "log")}
DONE: dict[str, Any] = {
    "start": gettext_lazy("Started. The team is planning."),
    "pause": gettext_lazy("Paused. What was found is kept."),
    "resume": gettext_lazy("It goes on."),
    "cancel": gettext_lazy("Cancelled. What was found so far is kept."),
}
COMMANDS: dict[str, Callable[..., Any]] = {
    "start": services.workflow_start,
    "pause": services.workflow_pause,
    "resume": services.workflow_resume,
    "cancel": services.workflow_cancel,
}


@page(*BOTH, code="workflow:create")
def delegate(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show(
            request,
            "workflows/delegate.html",
            {"form": DelegateForm(request.user, initial=_beginning(request))},
        )
    form = DelegateForm(request.user, request.POST, request.FILES)
    workflow = form.save() if form.is_valid() else None
    if workflow:
        messages.success(request, _("Delegated. The team is planning; you will be asked before it begins."))
        return see_other(reverse("workflow", args=[workflow.pk]))
    if not form.errors:  # sent twice: the first one counts
        return see_other(reverse("workflows"))
    response = show(request, "workflows/delegate.html", {"form": form})
    response.status_code = 422
    return response


def _beginning(request: HttpRequest) -> dict[str, Any]:
    """What an address may put into the form: a project, or the words of an earlier workflow."""
    given: dict[str, Any] = {name: request.GET[name] for name in ("project", "plan") if name in request.GET}
    if again := request.GET.get("again"):
        earlier = fetch(selectors.workflows(request.user), request.user, pk=again)
        given |= {"requirement": earlier.requirement, "project": str(earlier.project_id or "")}
        given |= {"model": earlier.model} | {name: earlier.budget.get(name) for name in ("money", "tokens")}
    return given


@page()
def workflow_list(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("cursor",)}
    context = workflows_page(
        request.user, words=request.GET.get("q", ""), chosen=request.GET.get("status", ""), **asked
    )
    return show(
        request,
        "workflows/list.html",
        {"at": context, "page": context.page, "streams": context.streams},
        LIST_PARTS,
    )


@page()
def workflow(request: HttpRequest, pk: str) -> HttpResponse:
    asked = {"view": request.GET.get("view", ""), "task": request.GET.get("task", "")}
    context = workflow_page(request.user, pk, **asked)
    template = "workflows/report.html" if context.view == "report" else "workflows/workflow.html"
    return show(
        request, template, {"at": context, "workflow": context.workflow, "streams": context.streams}, PARTS
    )


@page()
def report_file(request: HttpRequest, pk: str) -> HttpResponse:
    """The report's Markdown, to be kept."""
    found = fetch(selectors.workflows(request.user), request.user, pk=pk)
    report = services.report_export(request.user, found)
    disposition = content_disposition_header(as_attachment=True, filename=f"{report.title[:100]}.md")
    headers = {"Content-Disposition": disposition or "attachment"}
    return HttpResponse(report.markdown, content_type="text/markdown; charset=utf-8", headers=headers)


@page(*WRITE)
def workflow_act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    found = fetch(selectors.workflows(request.user), request.user, pk=pk)
    given = {"reason": request.POST.get("reason", "")} if action == "cancel" else {}
    carry_out(request, lambda: COMMANDS[action](request.user, found, **given), str(DONE[action]))
    return see_other(back_or(request, reverse("workflow", args=[pk])))


@page(*WRITE)
def workflow_delete(request: HttpRequest, pk: str) -> HttpResponse:
    found = fetch(selectors.workflows(request.user), request.user, pk=pk)
    done = _("Deleted. Notes in the vault stay.")
    gone = carry_out(request, lambda: services.workflow_delete(request.user, found), done)
    return see_other(reverse("workflows") if gone else reverse("workflow", args=[pk]))


@page()
def task(request: HttpRequest, pk: str) -> HttpResponse:
    """A task's place is beside its siblings."""
    found = fetch(selectors.tasks(request.user), request.user, pk=pk)
    return redirect(f"{reverse('workflow', args=[found.workflow_id])}?task={found.key}")


@page(*WRITE)
def task_act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    """Do it again, or take it out."""
    found = fetch(selectors.tasks(request.user), request.user, pk=pk)
    commands: dict[str, Callable[[], Any]] = {
        "retry": lambda: services.task_retry(request.user, found),
        "take-out": lambda: services.task_set_status(request.user, found, "cancelled"),
    }
    done = {"retry": _("It will be done again."), "take-out": _("Taken out of the work.")}
    carry_out(request, commands[action], done[action])
    return see_other(f"{reverse('workflow', args=[found.workflow_id])}?task={found.key}")
