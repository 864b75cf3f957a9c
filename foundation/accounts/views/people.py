"""設定 › 人: who is here, who was invited, and what they may do."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from foundation.accounts import selectors, services
from foundation.accounts.contexts import people_page
from foundation.accounts.forms import InviteForm
from foundation.accounts.services import mails
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from foundation.core.permissions import fetch, require_permission


@never_cache
@page(*BOTH)
def people(request: HttpRequest) -> HttpResponse:
    """The list; posting invites. A link to hand over is shown in the answer itself, and nowhere again."""
    require_permission(request.user, "user:view")
    form = InviteForm(request.user, request.POST or None)
    if request.method != "POST" or not form.is_valid() or not (made := form.save()):
        return _page(request, form, status=422 if form.errors else 200)
    invitation, path = made
    if path:
        return _page(request, InviteForm(request.user), link=_link(request, path), for_whom=invitation.email)
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
    return see_other(reverse("people"))


@page(*WRITE)
def person_act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    user = selectors.user(request.user, pk)
    if action == "roles":
        chosen = set(request.POST.getlist("roles"))
        wanted = [role for role in selectors.roles(request.user) if str(role.pk) in chosen]
        command: Any = lambda: services.user_roles_set(request.user, user, roles=wanted)  # noqa: E731
        done = _("Saved. It counts from the next request on.")
    else:
        command = lambda: services.user_update(request.user, user, is_active=action == "enable")  # noqa: E731
        done = (
            _("%(name)s may sign in again.")
            if action == "enable"
            else _("%(name)s is signed out, and stays out.")
        )
    carry_out(request, command, done % {"name": user} if "%(name)" in done else done)
    return see_other(reverse("people"))


@never_cache
@page(*WRITE)
def password_link(request: HttpRequest, pk: str) -> HttpResponse:
    user = selectors.user(request.user, pk)
    path = services.password_reset_link_create(request.user, user)
    return _page(request, InviteForm(request.user), link=_link(request, path), for_whom=str(user), reset=True)


@never_cache
@page(*WRITE)
def invitation_act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    found = fetch(selectors.invitations(request.user), request.user, pk=pk)
    if action == "revoke":
        carry_out(request, lambda: services.invitation_revoke(request.user, found), _("Withdrawn."))
        return see_other(reverse("people"))
    path = services.invitation_link_create(request.user, found)
    return _page(request, InviteForm(request.user), link=_link(request, path), for_whom=found.email)


def _page(request: HttpRequest, form: InviteForm, *, status: int = 200, **shown: Any) -> HttpResponse:
    search = request.GET.get("q", "")[:200]
    at = people_page(request.user, cursor=request.GET.get("cursor", ""), search=search)
    context = {"at": at, "page": at.page, "form": form, "search": search} | shown
    response = show(request, "accounts/people.html", context)
    response.status_code = status
    return response


def _link(request: HttpRequest, path: str) -> str:
    return mails.absolute(path, request.build_absolute_uri("/").rstrip("/"))
