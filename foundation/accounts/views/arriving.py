"""Pages for people who are not signed in: joining by invitation, and a new password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from foundation.accounts import services
from foundation.accounts.forms import AskForm, JoinForm, NewPasswordForm
from foundation.accounts.services import mails
from foundation.accounts.views.doors import BACKEND, know_browser, too_fast
from foundation.core.errors import Conflict, DomainError
from foundation.core.pages import see_other

BOTH = ("GET", "HEAD", "POST")


@never_cache
@sensitive_post_parameters("password")
@csrf_protect
@require_http_methods(BOTH)
def join(request: HttpRequest) -> HttpResponse:
    token = request.GET.get("token", "")[:200]
    try:
        services.require_team()
        invitation = services.invitation_open(token)
    except DomainError as error:
        return _closed(request, error, _("Invitation"))
    form = JoinForm(request.POST or None)
    if request.method == "POST" and too_fast(request):
        return _form(request, form, _("Welcome"), status=429)
    if request.method == "POST" and form.is_valid():
        language = "en" if (get_language() or "").startswith("en") else "ja"
        if user := _tried(form, lambda: form.save(token, language)):
            login(request, user, backend=BACKEND)
            return know_browser(see_other("/"), user)
    about = _("%(who)s invites you. Choose your name and password.") % {
        "who": invitation.invited_by or mails.NAME
    }
    return _form(request, form, _("Welcome"), about=about, button=_("Join"))


@never_cache
@csrf_protect
@require_http_methods(BOTH)
def password_ask(request: HttpRequest) -> HttpResponse:
    if not mails.set_up():
        raise Http404
    form = AskForm(request.POST or None)
    title = _("A new password")
    if request.method == "POST" and too_fast(request):
        return _form(request, form, title, status=429)
    if request.method == "POST" and form.is_valid():
        services.password_reset_ask(form.cleaned_data["email"])
        said = _(
            "If somebody here has this address, a mail with a link is on its way. The link works for an hour."
        )
        return render(request, "accounts/arriving.html", {"title": title, "said": said})
    about = _("A link to choose a new one is sent to your mail address.")
    return _form(request, form, title, about=about, button=_("Send the link"))


@never_cache
@sensitive_post_parameters("password")
@csrf_protect
@require_http_methods(BOTH)
def password_new(request: HttpRequest) -> HttpResponse:
    """The link is used up by setting a password, not by opening the page."""
    title, form = _("A new password"), NewPasswordForm(request.POST or None)
    if request.method == "POST" and too_fast(request):
        return _form(request, form, title, status=429)
    if request.method == "POST" and form.is_valid():
        try:
            user = form.save(request.GET.get("token", "")[:200])
        except DomainError as error:
            return _closed(request, error, title)
        if user:
            messages.success(request, _("Your new password is set. Sign in with it."))
            return know_browser(see_other("/sign-in/"), user)
        if form.non_field_errors():
            return _closed(request, Conflict(form.non_field_errors()[0]), title)
    about = _("All your earlier sign-ins and tokens end with it.")
    return _form(request, form, title, about=about, button=_("Set the password"))


def _tried(form: Any, command: Any) -> Any:
    try:
        return command()
    except DomainError as error:
        form.add_error(None, str(error))
    return None


def _form(
    request: HttpRequest, form: Any, title: str, *, about: str = "", button: str = "", status: int = 200
) -> HttpResponse:
    if status == 429:
        said = _("Too many attempts. Wait a minute and try again.")
        return render(request, "accounts/arriving.html", {"title": title, "trouble": said}, status=429)
    context = {"title": title, "form": form, "about": about, "button": button}
    return render(request, "accounts/arriving.html", context, status=422 if form.errors else status)


def _closed(request: HttpRequest, error: DomainError, title: str) -> HttpResponse:
    return render(request, "accounts/arriving.html", {"title": title, "trouble": str(error)}, status=410)
