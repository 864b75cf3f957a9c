"""What the page of an approval policy takes in: what it says, its steps, and who is asked when the deadline passes."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from foundation.accounts import selectors as accounts
from foundation.core.errors import Invalid
from foundation.core.forms import CommandForm, LinesField
from foundation.core.permissions import holds_code
from plans.policy import MOST, Policy
from plans.selectors import names_in

MOST_OFFERED, MOST_STEPS = 100, 10
LONGEST_HOURS = 24 * 366
ESCALATE = "escalate"
Ticks = forms.CheckboxSelectMultiple
type Choice = tuple[str, str]


@dataclass(frozen=True)
class Offered:
    """Whom the forms can offer: those that the user knows, and those that the policy names already."""

    people: list[Choice]
    roles: list[Choice]
    teams: list[Choice]


def offered(user: Any, policy: Policy) -> Offered:
    who, known = (*policy.steps, policy.escalate_to), names_in(policy)
    people = {str(each.pk): str(each) for each in (user, *accounts.colleagues(user)[:MOST_OFFERED])}
    people |= {str(pk): known[pk] for each in who for pk in each.users if pk in known}
    roles = {each.name: each.name for each in accounts.roles(user)[:MOST_OFFERED]}
    roles |= {name: name for each in who for name in each.roles}
    teams = {str(each.pk): str(each) for each in accounts.teams(user)[:MOST_OFFERED]}
    teams |= {str(pk): known[pk] for each in who for pk in each.teams if pk in known}
    return Offered([*people.items()], [*roles.items()], [*teams.items()])


class WhoForm(CommandForm):
    """People, roles and teams of people."""

    people = forms.MultipleChoiceField(label=_("People"), required=False, widget=Ticks)
    others = LinesField(
        label=_("Other people"),
        required=False,
        help_text=_("The names with which they sign in, one to a line."),
        widget=forms.Textarea(attrs={"rows": 1, "autocapitalize": "off"}),
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=Ticks)
    teams = forms.MultipleChoiceField(label=_("Teams of people"), required=False, widget=Ticks)

    def __init__(self, whom: Offered, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("people", "roles", "teams"):
            self.fields[name].choices = getattr(whom, name)

    def clean_others(self) -> list[str]:
        try:
            return [str(each.pk) for each in accounts.people_named(self.cleaned_data["others"])]
        except Invalid as error:
            raise ValidationError(error.details["members"]) from error

    @property
    def given(self) -> dict[str, Any]:
        found = self.cleaned_data
        users = list(dict.fromkeys([*found["people"], *found["others"]]))
        return {"users": users, "roles": found["roles"], "teams": found["teams"]}


class StepForm(WhoForm):
    needed = forms.IntegerField(
        label=_("How many of them must approve"), min_value=1, max_value=MOST, initial=1
    )

    @property
    def key(self) -> str:
        return self.prefix.partition("-")[2]

    @property
    def given(self) -> dict[str, Any]:
        return super().given | {"needed": self.cleaned_data["needed"]}


class HoursField(forms.CharField):
    """Hours, with commas or spaces between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{each:g}" for each in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = str(value or "").replace("、", " ").replace(",", " ").split()
        try:
            return [float(each) for each in words]
        except ValueError as error:
            raise ValidationError(_("Write numbers of hours, such as: 24, 2")) from error


class PolicyForm(CommandForm):
    """Everything but who decides. The rule that asks nobody is only there for those who may approve plans."""

    author_may_approve = forms.BooleanField(label=_("Whoever wrote a plan may decide on it"), required=False)
    deadline_hours = forms.FloatField(
        label=_("Deadline, in hours after the question"),
        required=False,
        min_value=0.01,
        max_value=LONGEST_HOURS,
    )
    remind_hours = HoursField(
        label=_("Reminders, in hours before it"),
        required=False,
        max_length=200,
        help_text=_("For example: 24, 2"),
    )
    on_deadline = forms.ChoiceField(
        label=_("When the deadline passes"),
        widget=forms.RadioSelect,
        choices=[
            ("wait", _("It waits on")),
            (ESCALATE, _("Others are asked too")),
            ("reject", _("It counts as rejected")),
            ("expire", _("It expires: nobody decides any more")),
        ],
    )
    max_rounds = forms.IntegerField(
        label=_("Rounds of changes at most"),
        required=False,
        min_value=1,
        max_value=50,
        help_text=_(
            "After so many requests for changes the team stops and asks. Empty: the platform's own number."
        ),
    )
    auto = forms.BooleanField(label=_("Ask nobody where a plan stays within these limits"), required=False)
    max_cost = forms.FloatField(
        label=_("Cost at most, in US dollars by its own estimate"),
        min_value=0,
        max_value=1_000_000,
        error_messages={"required": _("Say how much at most; 0 for what costs nothing.")},
    )
    tools = LinesField(
        label=_("The only tools that the team may hold"),
        required=False,
        help_text=_("One to a line, such as files/read_file. Empty: no tools at all."),
        widget=forms.Textarea(attrs={"rows": 2, "autocapitalize": "off", "spellcheck": "false"}),
    )
    vault_writes = forms.BooleanField(label=_("Reports may be written into the vault"), required=False)

    AUTO = ("auto", "max_cost", "tools", "vault_writes")

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_approve = holds_code(user, "plan:approve")
        if not self.may_approve:
            for name in self.AUTO:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("auto"):  # the limit belongs to a rule that is not set
            self.errors.pop("max_cost", None)
        return given

    def rule(self) -> dict[str, Any] | None:
        return (
            {name: self.cleaned_data[name] for name in self.AUTO[1:]} if self.cleaned_data["auto"] else None
        )
