"""What the page of sharing and the pages of people's teams take in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.accounts import selectors, services
from foundation.accounts.models import Team
from foundation.accounts.words import LEVEL_HELP, LEVEL_WORDS
from foundation.core.forms import CommandForm, LinesField, Suggested
from workflows.contexts.sharing import Grantees

NONE = ("", "—")


class ShareForm(CommandForm):
    """One person by their name, or one role or team, and the level."""

    username = forms.CharField(
        label=_("Person"), max_length=150, required=False, help_text=_("The name with which they sign in.")
    )
    group = forms.ChoiceField(label=_("Or a role or team"), required=False)
    level = forms.ChoiceField(
        label=_("What they may do"),
        choices=[(level, f"{word}: {LEVEL_HELP[level]}") for level, word in LEVEL_WORDS.items()],
        widget=forms.RadioSelect,
        initial="view",
    )

    def __init__(self, user: Any, offered: Grantees, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        people = [(each.username, str(each)) for each in offered.people]
        self.fields["username"].widget = Suggested(people, attrs={"autocapitalize": "off", "maxlength": 150})
        self.fields["level"].choices = [
            (level, f"{word} — {LEVEL_HELP[level]}") for level, word in LEVEL_WORDS.items()
        ]
        named = [
            (_("Roles"), [(f"role:{each.pk}", str(each)) for each in offered.roles]),
            (_("Teams of people"), [(f"team:{each.pk}", str(each)) for each in offered.teams]),
        ]
        self.fields["group"].choices = [NONE, *((name, rows) for name, rows in named if rows)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("username")) == bool(given.get("group")) and not self.errors:
            self.add_error(None, str(selectors.ONE_OF_THEM))
        return given

    def save(self, obj: Any) -> Any:
        """Share `obj`; None when the command refused."""
        return self.run(lambda: self._granted(obj))

    def _granted(self, obj: Any) -> Any:
        kind, _, pk = self.cleaned_data["group"].partition(":")
        named = {kind: pk} if kind else {"username": self.cleaned_data["username"].strip()}
        to = selectors.grantee(self.user, **named)
        return services.access_grant(self.user, obj, to=to, level=self.cleaned_data["level"])

    def _add(self, name: str, texts: list[Any]) -> None:
        super()._add({"role": "group", "team": "group", "to": "username"}.get(name, name), texts)


class PeopleTeamForm(CommandForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    members = LinesField(
        label=_("Members"),
        required=False,
        help_text=_("The names with which they sign in, one to a line."),
        widget=forms.Textarea(attrs={"rows": 6, "autocapitalize": "off"}),
    )

    def __init__(self, user: Any, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.team = user, team
        if team:
            members = [each.username for each in team.group.user_set.all()]
            self.initial = {"name": team.name, "members": sorted(members)}

    def save(self) -> Team | None:
        return self.run(self._stored)

    def _stored(self) -> Team:
        given = {
            "name": self.cleaned_data["name"],
            "members": selectors.people_named(self.cleaned_data["members"]),
        }
        if self.team:
            return services.people_team_update(self.user, self.team, **given)
        return services.people_team_create(self.user, **given)
