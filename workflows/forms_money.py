"""What the pages of budgets and of the order of models take in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ai_integration.models import Budget
from ai_integration.services import budget_set, choice_set, fallbacks_set, profile_set, rate_set
from foundation.accounts.models import User
from foundation.core.forms import CommandForm, LinesField, Suggested
from personas.selectors import personas
from workflows.selectors import projects

MOST_OFFERED = 300
EVERYTHING = "installation:"


class BudgetForm(CommandForm):
    """A budget on one thing. A second one on the same thing and time takes the place of the first."""

    about = forms.ChoiceField(label=_("On what"))
    period = forms.ChoiceField(label=_("In what time"), choices=Budget.Period.choices, initial="month")
    money = forms.DecimalField(
        label=_("Limit in yen"), min_value=Decimal(0), max_digits=14, decimal_places=2, required=False
    )
    tokens = forms.IntegerField(label=_("Limit in tokens"), min_value=0, max_value=10**15, required=False)
    warn_at = forms.IntegerField(label=_("Tell me at (percent)"), min_value=1, max_value=100, initial=80)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.names = user, _offered(user)
        self.fields["about"].choices = [
            (EVERYTHING, _("everything")),
            (_("Project"), [(key, name) for key, name in self.names.items() if key.startswith("project:")]),
            (_("Secretary"), [(key, name) for key, name in self.names.items() if key.startswith("persona:")]),
            (_("Person"), [(key, name) for key, name in self.names.items() if key.startswith("user:")]),
        ]

    def save(self) -> Budget | None:
        given = dict(self.cleaned_data)
        about = given.pop("about")
        scope, _colon, target = about.partition(":")
        named = {"scope": scope, "target": target, "name": self.names.get(about, "")}
        return self.run(lambda: budget_set(self.user, **named, **given))


class OrderForm(CommandForm):
    """Who stands in for whom, one model to a line."""

    fallbacks = LinesField(
        label=_("Stand-ins, in order"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("One model to a line, such as openai:gpt-5-mini. The first that answers is taken."),
    )

    def save(self, user: Any) -> bool:
        return _went(self.run(lambda: (fallbacks_set(user, **self.cleaned_data), True)))


class KindForm(CommandForm):
    """The model of one kind of task; empty leaves it to the default."""

    model = forms.CharField(label=_("Model"), max_length=120, required=False)
    fallbacks = LinesField(
        label=_("Stand-ins of its own"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )

    def __init__(self, job: str, suggestions: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_kind_{job}_%s", **kwargs)
        self.job = job
        self.fields["model"].widget = Suggested(suggestions, attrs={"spellcheck": "false"})

    def save(self, user: Any) -> bool:
        return _went(self.run(lambda: (choice_set(user, job=self.job, **self.cleaned_data), True)))


class PriceForm(CommandForm):
    """What one model costs and takes in. Empty fields leave the catalogue's word."""

    reference = forms.CharField(label=_("Model"), max_length=120)
    price_in = forms.DecimalField(
        label=_("US dollars per million tokens in"),
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=6,
        required=False,
    )
    price_out = forms.DecimalField(
        label=_("US dollars per million tokens out"),
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=6,
        required=False,
    )
    context = forms.IntegerField(
        label=_("Context (tokens)"), min_value=0, max_value=2 * 10**9, required=False
    )
    output = forms.IntegerField(
        label=_("Longest answer (tokens)"), min_value=0, max_value=2 * 10**9, required=False
    )

    def __init__(self, suggestions: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_price_%s", **kwargs)
        self.fields["reference"].widget = Suggested(suggestions, attrs={"spellcheck": "false"})

    def save(self, user: Any) -> bool:
        return _went(self.run(lambda: (profile_set(user, **self.cleaned_data), True)))


class RateForm(CommandForm):
    per_dollar = forms.DecimalField(
        label=_("Yen for a US dollar"), min_value=Decimal(0), max_digits=12, decimal_places=4
    )

    def save(self, user: Any) -> Any:
        return self.run(lambda: rate_set(user, **self.cleaned_data))


def _went(done: Any) -> bool:
    return done is not None


def _offered(user: Any) -> dict[str, str]:
    """`scope:id` → name of everything that this person may put a budget on."""
    offered = {f"project:{row.pk}": row.name for row in projects(user)[:MOST_OFFERED]}
    offered |= {f"persona:{row.pk}": row.name for row in personas(user)[:MOST_OFFERED]}
    people = User.objects.permitted(user, "view").order_by("username")[:MOST_OFFERED]
    return offered | {f"user:{row.pk}": str(row) for row in people}
