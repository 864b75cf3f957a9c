"""Home, the frame, search and notifications."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.activity.selectors import notifications
from foundation.activity.services import notification_read
from foundation.core.pages import WRITE, page, see_other, show
from foundation.core.permissions import fetch
from workflows.addresses import address_of
from workflows.contexts.home import home_page
from workflows.contexts.lists import notifications_page, search_page
from workflows.services import sample_remove as sample_put_away

FRAME_PARTS = {name: f"parts/{name}.html" for name in ("tools", "side", "below")}
HOME_PARTS = {name: f"workflows/home_{name}.html" for name in ("waiting", "moving", "back")}


@page()
def home(request: HttpRequest) -> HttpResponse:
    context = home_page(request.user).__dict__
    return show(request, "workflows/home.html", context, HOME_PARTS)


@page(*WRITE)
def sample_remove(request: HttpRequest) -> HttpResponse:
    sample_put_away(request.user)
    messages.success(request, _("The sample is gone. The copied notes still lie in its folder."))
    return see_other(reverse("home"))


@page()
def frame(request: HttpRequest) -> HttpResponse:
    """The parts of the frame that count things; for the feed."""
    return show(request, "parts/tools.html", {}, FRAME_PARTS)


@page(limits={"GET": "search"})
def search(request: HttpRequest) -> HttpResponse:
    context = search_page(request.user, request.GET.get("q", ""))
    return show(
        request,
        "workflows/search.html",
        context.__dict__ | {"found": context.found},
        {"found": "workflows/search_found.html"},
    )


@page()
def notification_list(request: HttpRequest) -> HttpResponse:
    context = notifications_page(request.user, request.GET.get("cursor", ""))
    return show(
        request,
        "workflows/notifications.html",
        context.__dict__,
        {"notifications": "workflows/notification_rows.html"},
    )


@page(*WRITE)
def notification_open(request: HttpRequest, pk: str) -> HttpResponse:
    """Mark it as read, and go to what it is about."""
    found = fetch(notifications(request.user), request.user, pk=pk)
    notification_read(request.user, found)
    return see_other(address_of(found.object_kind, found.object_id))


@page(*WRITE)
def notifications_read(request: HttpRequest) -> HttpResponse:
    for each in notifications(request.user).filter(read_at=None):
        notification_read(request.user, each)
    return see_other(address_of("notification", ""))
