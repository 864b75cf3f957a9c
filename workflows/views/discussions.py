"""Discussions: the list, a new one, one that is watched live, and a question to one secretary."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from foundation.core.errors import DomainError
from foundation.core.forms import OnceForm
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from foundation.core.permissions import fetch
from workflows import selectors, services
from workflows.contexts.discussions import discussion_page, discussions_page
from workflows.discussion_forms import AskForm, DiscussionForm
from workflows.minutes_text import WORDS
from workflows.models import Discussion

LIST_PARTS = {"rows": "workflows/discussion_rows.html"}
PARTS = {name: f"workflows/discussion_{name}.html" for name in ("head", "talk", "seats", "foot", "minutes")}


@page()
def discussion_list(request: HttpRequest) -> HttpResponse:
    asked = {"words": request.GET.get("q", ""), "chosen": request.GET.get("status", "")}
    at = discussions_page(request.user, cursor=request.GET.get("cursor", ""), **asked)
    context = {"at": at, "page": at.page, "streams": at.streams}
    return show(request, "workflows/discussions.html", context, LIST_PARTS)


@page(*BOTH, code="discussion:create")
def discussion_new(request: HttpRequest) -> HttpResponse:
    initial = {name: request.GET[name] for name in ("project", "topic") if name in request.GET}
    form = DiscussionForm(request.user, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        if made or not form.errors:  # sent twice: the first one counts
            return see_other(reverse("discussion", args=[made.pk]) if made else reverse("discussions"))
    return _form_page(request, "workflows/discussion_new.html", form)


@page(*BOTH, code="discussion:create")
def ask(request: HttpRequest) -> HttpResponse:
    """One question to one secretary; the answer is there when the next page is."""
    form = AskForm(request.user, request.POST or None, initial={"persona": request.GET.get("persona", "")})
    if request.method == "POST" and form.is_valid():
        made = form.save()
        if made is None and not form.errors:
            return see_other(reverse("discussions"))
        if made is not None:
            _answer(made)
            return see_other(reverse("discussion", args=[made.pk]))
    return _form_page(request, "workflows/ask.html", form)


def _answer(question: Discussion) -> None:
    from workflows.engine.discussions import answer_now  # brings the graphs, which pages do not need

    with suppress(DomainError):  # the page of the question says what went wrong, and offers to try again
        answer_now(question)


@page()
def discussion(request: HttpRequest, pk: str) -> HttpResponse:
    at = discussion_page(request.user, pk)
    context = {"at": at, "discussion": at.discussion, "streams": at.streams}
    return show(request, "workflows/discussion.html", context, PARTS)


@page(*WRITE)
def discussion_act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    found = _found(request, pk)
    carry_out(request, lambda: _command(request, found, action))
    return see_other(f"{reverse('discussion', args=[pk])}#foot")


def _command(request: HttpRequest, found: Discussion, action: str) -> Any:
    user, given = request.user, request.POST
    commands: dict[str, Callable[[], Any]] = {
        "say": lambda: services.discussion_interject(
            user, found, text=given.get("text", ""), client_msg_id=_id(given.get("client_msg_id", ""))
        ),
        "redirect": lambda: services.discussion_redirect(user, found, topic=given.get("topic", "")),
        "clarify": lambda: services.discussion_clarify(
            user, found, persona=_id(given.get("persona", "")), question=given.get("question", "")
        ),
        "pause": lambda: services.discussion_pause(user, found),
        "resume": lambda: services.discussion_resume(user, found),
        "end": lambda: services.discussion_end(user, found),
        "save": lambda: services.minutes_save(user, found),
    }
    return commands[action]()


@page(*WRITE)
def to_workflow(request: HttpRequest, pk: str) -> HttpResponse:
    found = _found(request, pk)
    made: list[Any] = []
    if not carry_out(request, lambda: made.append(services.discussion_to_workflow(request.user, found)[0])):
        return see_other(reverse("discussion", args=[pk]))
    messages.success(request, _("A draft was made of the action items. Look at the tasks, then start it."))
    return see_other(reverse("workflow", args=[made[0].pk]))


@page(*WRITE)
def discussion_delete(request: HttpRequest, pk: str) -> HttpResponse:
    found = _found(request, pk)
    done = _("Deleted. Notes in the vault stay.")
    gone = carry_out(request, lambda: services.discussion_delete(request.user, found), done)
    return see_other(reverse("discussions") if gone else reverse("discussion", args=[pk]))


@page()
def minutes_file(request: HttpRequest, pk: str) -> HttpResponse:
    """The minutes' Markdown, to be kept."""
    found = _found(request, pk)
    minutes = services.minutes_export(request.user, found)
    name = WORDS[found.language]["title"].format(topic=str(found))
    disposition = content_disposition_header(as_attachment=True, filename=f"{name[:100]}.md")
    headers = {"Content-Disposition": disposition or "attachment"}
    return HttpResponse(minutes.markdown, content_type="text/markdown; charset=utf-8", headers=headers)


def _found(request: HttpRequest, pk: str) -> Discussion:
    return fetch(selectors.discussions(request.user), request.user, pk=pk)


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _form_page(request: HttpRequest, template: str, form: OnceForm) -> HttpResponse:
    response = show(request, template, {"form": form})
    response.status_code = 422 if form.errors else 200
    return response
