"""Who stands in for whom, what models cost, and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ai_integration.catalogue import Profile
from ai_integration.contexts import models, suggestions
from ai_integration.selectors import setup
from workflows.forms_money import KindForm, OrderForm, PriceForm, RateForm

KINDS: dict[str, Promise] = {
    "plan": _("Planning"),
    "work": _("Carrying out a task"),
    "review": _("Reviewing results"),
    "speak": _("Speaking in a discussion"),
    "moderate": _("Moderating a discussion"),
    "minutes": _("Writing minutes"),
    "draw": _("Drawing pictures of secretaries"),
}


ABLE: dict[str, Promise] = {
    "streaming": _("streaming"),
    "structured": _("JSON Schema"),
    "tools": _("tools"),
    "images": _("reads pictures"),
    "draws": _("draws pictures"),
}


@dataclass(frozen=True)
class Kind:
    """One kind of task, and the model that it has for itself, if any."""

    job: str
    label: str | Promise
    form: KindForm
    model: str


@dataclass(frozen=True)
class OrderPage:
    order: OrderForm
    standing_in: Sequence[str]
    kinds: Sequence[Kind]
    default: str
    may_choose: bool


@dataclass(frozen=True)
class PricesPage:
    rows: Sequence[Profile]
    able: Mapping[str, Promise]
    price: PriceForm
    rate: RateForm
    may_choose: bool


def order_page(user: Any, *, refused: OrderForm | None = None, kind: KindForm | None = None) -> OrderPage:
    now, offered = setup(), _offered(user)
    row = now.choices.get("fallbacks")
    standing_in = row.fallbacks if row else []
    kinds = [_kind(job, now.choices.get(f"job:{job}"), offered, kind) for job in KINDS]
    order = refused or OrderForm(initial={"fallbacks": standing_in})
    default = now.choices.get("default")
    return OrderPage(order, standing_in, kinds, default.reference if default else "", may_choose(user))


def prices_page(user: Any, *, price: PriceForm | None = None, rate: RateForm | None = None) -> PricesPage:
    """What is known of the models that are connected, and of those that somebody said something of."""
    now, listed = setup(), models(user)
    names = {each.reference for each in listed.choices} | set(now.said) - {"builtin"}
    rows = sorted((now.profile(each) for each in names if each != "builtin"), key=lambda row: row.reference)
    return PricesPage(
        rows,
        ABLE,
        price or PriceForm([(row.reference, row.reference) for row in rows]),
        rate or RateForm(initial={"per_dollar": f"{now.rate.normalize():f}"}),
        may_choose(user),
    )


def may_choose(user: Any) -> bool:
    return user.is_superuser or "provider:change" in user.permission_codes


def kind_form(user: Any, job: str, data: Any) -> KindForm:
    return KindForm(job, _offered(user), data)


def _kind(job: str, row: Any, offered: Any, refused: KindForm | None) -> Kind:
    initial = {"model": row.reference, "fallbacks": row.fallbacks} if row else {}
    form = refused if refused and refused.job == job else KindForm(job, offered, initial=initial)
    return Kind(job, KINDS[job], form, row.reference if row else "")


def _offered(user: Any) -> list[tuple[str, str]]:
    return suggestions(models(user), "ja" if (get_language() or "").startswith("ja") else "en")
