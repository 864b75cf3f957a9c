"""設定 › トークン, 設定 › パスワード: what is one's own."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from foundation.accounts import selectors, services
from foundation.accounts.forms import ChangePasswordForm, TokenForm
from foundation.accounts.views.doors import BACKEND
from foundation.core.errors import NotFound
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from foundation.core.permissions import fetch


@never_cache
@page(*BOTH)
def tokens(request: HttpRequest) -> HttpResponse:
    """The list; posting makes one. The token is shown in the answer itself, and nowhere again."""
    form = TokenForm(request.user, request.POST or None)
    made = form.save() if request.method == "POST" and form.is_valid() else None
    if made:
        form = TokenForm(request.user)
    context = {"rows": selectors.personal_tokens(request.user), "form": form}
    context |= {"made": made[0], "raw": made[1]} if made else {}
    response = show(request, "accounts/tokens.html", context)
    response.status_code = 422 if form.errors else 200
    return response


@page(*WRITE)
def token_revoke(request: HttpRequest, pk: str) -> HttpResponse:
    found = fetch(selectors.personal_tokens(request.user), request.user, pk=pk)
    done = _("Revoked. It opens nothing any more.")
    carry_out(request, lambda: services.personal_token_revoke(request.user, found), done)
    return see_other(reverse("tokens"))


@never_cache
@sensitive_post_parameters("password", "current_password")
@page(*BOTH)
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password: other browsers, tokens and sockets end, this browser stays."""
    if not request.user.has_usable_password():
        raise NotFound
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (user := form.save(request.user)):
        login(request, user, backend=BACKEND)
        messages.success(request, _("Your password is changed. Everywhere else you are signed out."))
        return see_other(reverse("settings"))
    response = show(request, "accounts/password.html", {"form": form})
    response.status_code = 422 if form.errors else 200
    return response
