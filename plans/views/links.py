"""Deciding by a link from a message. Opening it decides nothing, and neither does the first button: one confirmation follows.

The link is bound to a person, a request and a content; it counts once. Whoever fetches it, a scanner or a preview, only reads.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from foundation.core.errors import Conflict, DomainError
from plans import selectors
from plans.contexts.desk import RequestPage, persona_asking
from plans.link_forms import LinkForm
from plans.services import Origin
from plans.services.outbox import digest_of, link_decide


@require_http_methods(("GET", "HEAD", "POST"))
def decision_link(request: HttpRequest, token: str) -> HttpResponse:
    found = selectors.link(digest_of(token))
    if found is None:
        return _answer(request, {"gone": True}, 404)
    with override(found.user.language):
        return _for(request, found)


def _for(request: HttpRequest, found: Any) -> HttpResponse:
    waits = found.request
    shown = (
        {"content": waits.version.content}
        if waits.version
        else {"at": RequestPage(waits, None, "", "", persona_asking(waits))}
    )
    context: dict[str, Any] = {"request_": waits, "plan": waits.plan} | shown
    if not selectors.can_decide_now(found.user, waits) or waits.content_hash != found.content_hash:
        return _answer(request, {"gone": True, "plan": waits.plan}, 409)
    form = LinkForm(waits, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _answer(request, context | {"form": form}, 200 if request.method != "POST" else 422)
    if not form.confirmed:
        return _answer(request, context | {"form": form.asking_again(), "confirm": form.chosen}, 200)
    origin = Origin("link", request.META.get("REMOTE_ADDR") or None)
    try:
        link_decide(found, origin=origin, **form.given)
    except DomainError as error:
        status = 409 if isinstance(error, Conflict) else error.status
        return _answer(request, {"problem": str(error), "gone": status == 409}, status)
    return _answer(request, {"done": _("Your decision counts. You may close this page.")}, 200)


def _answer(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, "plans/link.html", context | {"plain": True}, status=status)
    patch_cache_control(response, private=True, no_store=True)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
