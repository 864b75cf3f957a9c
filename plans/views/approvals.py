"""What waits for a person, and the decisions on whatever is not a plan."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.accounts.selectors import user_by_name
from foundation.core.errors import Invalid
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from plans import selectors
from plans.contexts import inbox_page, request_page
from plans.contexts.desk import shown
from plans.forms import AnswerForm, HandOverForm
from plans.models import ApprovalRequest
from plans.services import request_delegate, vote_withdraw
from plans.views.plans import origin_of

INBOX_PARTS = {"inbox": "plans/inbox_rows.html"}


@page()
def approval_list(request: HttpRequest) -> HttpResponse:
    context = inbox_page(request.user, request.GET.get("cursor", ""))
    return show(request, "plans/inbox.html", context.__dict__, INBOX_PARTS)


@page(*BOTH)
def approval(request: HttpRequest, pk: str) -> HttpResponse:
    """A plan is decided on its own page; everything else here, where its effects are shown."""
    at = request_page(request.user, pk)
    found = at.request
    if found.kind == ApprovalRequest.Kind.PLAN and found.plan_id:
        return redirect("plan", pk=found.plan_id)
    given = _data(request)
    arguments = shown(found.payload.get("arguments", {}))
    initial = {"content_hash": found.content_hash, "arguments": arguments}
    at.form = AnswerForm(found, given, initial=initial, rule_for=at.rule_for)
    if request.method == "POST" and at.form.is_valid() and at.form.decide(request.user, origin_of(request)):
        messages.success(request, _("Decided."))
        return see_other(reverse("approvals"))
    status = 422 if request.method == "POST" else 200
    response = show(
        request, "plans/approval.html", {"at": at, "request_": found, "hand_over": HandOverForm()}
    )
    response.status_code = status
    return response


def _data(request: HttpRequest) -> Any:
    """What was sent. A button may say decision and answer in one: `answer:happened`."""
    if request.method != "POST":
        return None
    given = request.POST.copy()
    decision, _colon, answer = given.get("decision", "").partition(":")
    if answer:
        given["decision"], given["answer"] = decision, answer
    return given


@page(*WRITE)
def approval_take_back(request: HttpRequest, pk: str) -> HttpResponse:
    found = selectors.approval(request.user, pk)
    done = _("Taken back. You may decide again.")
    carry_out(request, lambda: vote_withdraw(request.user, found), done)
    return see_other(reverse("approval", args=[pk]))


@page(*WRITE)
def approval_hand_over(request: HttpRequest, pk: str) -> HttpResponse:
    """Give one's part to somebody else."""
    found = selectors.approval(request.user, pk)
    handed = carry_out(request, lambda: _hand_over(request, found), _("Handed over."))
    return see_other(reverse("approvals") if handed else reverse("approval", args=[pk]))


def _hand_over(request: HttpRequest, found: ApprovalRequest) -> None:
    form = HandOverForm(request.POST)
    to = user_by_name(form.data.get("to", "").strip())
    if not form.is_valid() or to is None:
        raise Invalid(details={"to": [_("There is no such person, or they may not decide.")]})
    request_delegate(request.user, found, to=to, comment=form.cleaned_data["comment"])
