"""設定 › AIモデル: who stands in for whom, and what models cost."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.core.errors import NotFound
from foundation.core.pages import BOTH, WRITE, page, see_other, show
from workflows.contexts.model_order import KINDS, kind_form, order_page, prices_page
from workflows.forms_money import OrderForm, PriceForm, RateForm


@page()
def order(request: HttpRequest) -> HttpResponse:
    return show(request, "workflows/model_order.html", {"at": order_page(request.user)})


@page(*WRITE, code="provider:change")
def order_save(request: HttpRequest) -> HttpResponse:
    form = OrderForm(request.POST)
    if form.is_valid() and form.save(request.user):
        return _saved(request, "ai-order")
    return _refused(request, "workflows/model_order.html", order_page(request.user, refused=form))


@page(*WRITE, code="provider:change")
def kind_save(request: HttpRequest, job: str) -> HttpResponse:
    if job not in KINDS:
        raise NotFound
    form = kind_form(request.user, job, request.POST)
    if form.is_valid() and form.save(request.user):
        return _saved(request, "ai-order")
    return _refused(request, "workflows/model_order.html", order_page(request.user, kind=form))


@page(*BOTH, code="provider:change")
def prices(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show(request, "workflows/model_prices.html", {"at": prices_page(request.user)})
    form = PriceForm((), request.POST)
    if form.is_valid() and form.save(request.user):
        return _saved(request, "ai-prices")
    return _refused(request, "workflows/model_prices.html", prices_page(request.user, price=form))


@page(*WRITE, code="provider:change")
def rate_save(request: HttpRequest) -> HttpResponse:
    form = RateForm(request.POST)
    if form.is_valid() and form.save(request.user):
        return _saved(request, "ai-prices")
    return _refused(request, "workflows/model_prices.html", prices_page(request.user, rate=form))


def _saved(request: HttpRequest, name: str) -> HttpResponse:
    messages.success(request, _("Saved. It counts from the next call on."))
    return see_other(reverse(name))


def _refused(request: HttpRequest, template: str, at: Any) -> HttpResponse:
    response = show(request, template, {"at": at})
    response.status_code = 422
    return response
