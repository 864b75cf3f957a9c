"""What every page's view shares: who may come in, how an error is shown, and post-redirect-get."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from foundation.core.api.throttling import standing
from foundation.core.errors import DomainError, Forbidden, NotFound, TooMany
from foundation.core.permissions import require_permission

type View = Callable[..., HttpResponse]

READ = ("GET", "HEAD")
WRITE = ("POST",)
BOTH = (*READ, *WRITE)


def page(*methods: str, code: str = "", limits: Mapping[str, str] | None = None) -> Callable[[View], View]:
    """A view for people who are signed in. A DomainError that it raises becomes a page with that error's status.

    Sending its form takes the `resource:action` code: whoever may not is told so before anything that they sent is. `limits`
    names the rate limit that a method counts towards; the same ones as in the API, and `default` without a name.
    """

    def decorate(view: View) -> View:
        @require_http_methods(methods or READ)
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _keep_the_pace(request, (limits or {}).get(request.method, "default"))
                if code and request.method not in READ:
                    require_permission(request.user, code)
                response = view(request, *args, **kwargs)
            except ObjectDoesNotExist as error:  # deleted by somebody else at this very moment
                raise Http404(str(error)) from error
            except DomainError as error:
                response = refusal(request, error)
            if "no-store" not in response.headers.get("Cache-Control", ""):
                patch_cache_control(response, private=True, no_cache=True)
            return response

        return guarded

    return decorate


def _keep_the_pace(request: HttpRequest, scope: str) -> None:
    counted = standing(scope, str(request.user.pk))
    if not counted.allowed:
        raise TooMany(retry_after=counted.retry_after)


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page that says what went wrong. Raises Http404 for what is invisible, like any unknown address."""
    if isinstance(error, NotFound):
        raise Http404(str(error)) from error
    context = {"status": error.status, "message": str(error)}
    response = render(request, "error.html", context, status=error.status)
    if "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    return response


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any], parts: Mapping[str, str] | None = None
) -> HttpResponse:
    """The page, or those of its `parts` (name → template) that `?fragment=` asks for: the same templates either way."""
    wanted = [name for name in request.GET.get("fragment", "").split(",") if name in (parts or {})]
    if not wanted or parts is None:
        return render(request, template, dict(context))
    return HttpResponse("".join(render_to_string(parts[name], dict(context), request) for name in wanted))


def see_other(target: str) -> HttpResponseRedirect:
    """303: a reload of what follows repeats nothing."""
    response = HttpResponseRedirect(target)
    response.status_code = 303
    return response


def back_or(request: HttpRequest, fallback: str) -> str:
    """The page of ours that the form names in `next`, else `fallback`."""
    wanted = request.POST.get("next", "")
    local = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if wanted.startswith("/") and local else fallback


def carry_out(request: HttpRequest, command: Callable[[], Any], done: str = "") -> bool:
    """Run one command and say how it went; what is invisible stays a 404, what is forbidden a 403. Returns whether it was
    done."""
    try:
        command()
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        messages.error(request, told(error))
        return False
    if done:
        messages.success(request, done)
    return True


def told(error: DomainError) -> str:
    """The error in one line: its message, and what its details say about single fields."""
    fields = [text for texts in error.details.values() if isinstance(texts, list) for text in texts]
    return " ".join(str(text) for text in [error.message, *fields])
