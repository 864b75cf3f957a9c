"""The pages on which people come in and go."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from foundation.accounts import services
from foundation.accounts.language import remember
from foundation.accounts.models import User
from foundation.core.api.throttling import hit
from foundation.core.errors import DomainError
from foundation.core.origins import address_of
from foundation.core.pages import back_or, see_other

BACKEND = "django.contrib.auth.backends.ModelBackend"
PASSWORD_FIELDS = ("username", "password")


@never_cache
@sensitive_post_parameters("password")
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """SIGN_IN=link: opening the console's link makes the session. SIGN_IN=password: a form."""
    if settings.SIGN_IN == "password":
        return _by_password(request)
    token = request.GET.get("token", "")
    if not token or _is_only_a_look(request):
        return _arrive(request) if request.user.is_authenticated else _page(request)
    try:
        user = services.sign_in_by_link(token)
    except DomainError as error:
        return _arrive(request) if request.user.is_authenticated else _page(request, str(error), status=410)
    login(request, user, backend=BACKEND)
    return _arrive(request)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        services.sign_out(request.user)
    logout(request)
    return see_other(settings.LOGIN_URL)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read in another language, and stay on the page."""
    wanted = request.POST.get("language", "")
    response = see_other(back_or(request, "/"))
    if wanted in dict(settings.LANGUAGES):
        remember(response, wanted)
        if request.user.is_authenticated and request.user.language != wanted:
            services.user_update(request.user, request.user, language=wanted)
    return response


def _by_password(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _arrive(request) if request.user.is_authenticated else _page(request)
    if too_fast(request):
        return _page(request, _("Too many attempts. Wait a minute and try again."), status=429)
    given = {name: request.POST.get(name, "")[:200] for name in PASSWORD_FIELDS}
    try:
        user = services.sign_in_by_password(request, **given)
    except DomainError as error:
        return _page(request, str(error), status=error.status)
    login(request, user, backend=BACKEND)
    return know_browser(_arrive(request), user)


def too_fast(request: HttpRequest) -> bool:
    """Counts one try at this door from this address."""
    return not hit("sign_in", address_of(request))


def know_browser(response: HttpResponse, user: User) -> HttpResponse:
    """Let this browser remember that this person signed in here: what others try elsewhere does not lock it."""
    response.set_cookie(
        services.KNOWN_COOKIE,
        services.known_browser_of(user),
        max_age=services.KNOWN_DAYS * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _is_only_a_look(request: HttpRequest) -> bool:
    """A link is used up by opening it, not by a browser or a program that looks ahead."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method != "GET" or "prefetch" in purpose.lower()


def _arrive(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    local = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return see_other(wanted if local else "/")


def _page(request: HttpRequest, message: str = "", *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "mode": settings.SIGN_IN,
        "mail": settings.EMAIL_ON,
        "message": message,
        "next": request.GET.get("next", ""),
    }
    return render(request, "accounts/sign_in.html", context, status=status)
