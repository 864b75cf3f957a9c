"""Where a person wants to be told, outside the platform."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from foundation.core.permissions import fetch
from plans import selectors
from plans.forms import ChannelForm
from plans.services import channel_delete
from plans.services.outbox import channel_test


@page(*BOTH)
def channel_list(request: HttpRequest) -> HttpResponse:
    form = ChannelForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.save(request.user):
        messages.success(request, _("The channel stands. Try it."))
        return see_other(reverse("approval-channels"))
    context = {"channels": selectors.channels(request.user), "form": form}
    response = show(request, "plans/channels.html", context)
    response.status_code = 422 if request.method == "POST" else 200
    return response


@page(*WRITE)
def channel_act(request: HttpRequest, pk: str, act: str) -> HttpResponse:
    found = fetch(selectors.channels(request.user), request.user, pk=pk)
    if act == "test":
        carry_out(request, lambda: channel_test(request.user, found), _("Sent. Look there."))
    else:
        carry_out(request, lambda: channel_delete(request.user, found), _("Deleted."))
    return see_other(reverse("approval-channels"))
