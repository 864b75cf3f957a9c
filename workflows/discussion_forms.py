"""What the pages of discussions take in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.core.forms import OnceForm, choices
from knowledge.selectors import vault_list
from personas.selectors import active_members, personas, team_for
from workflows.models import Discussion
from workflows.selectors import projects
from workflows.services import discussion_create, question_begin
from workflows.services.discussions import MAX_ROUNDS, MAX_TOPIC
from workflows.states import DiscussionKind

KINDS = [choice for choice in DiscussionKind.choices if choice[0] != DiscussionKind.ASK]


class DiscussionForm(OnceForm):
    topic = forms.CharField(
        label=_("What is to be discussed?"),
        max_length=MAX_TOPIC,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        error_messages={"required": _("Write something.")},
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS)
    participants = forms.MultipleChoiceField(
        label=_("Participants"), widget=forms.CheckboxSelectMultiple, help_text=_("They speak in this order.")
    )
    vault = forms.ChoiceField(label=_("Vault"), required=False)
    max_rounds = forms.IntegerField(label=_("Rounds at most"), min_value=1, max_value=MAX_ROUNDS, initial=3)
    moderator = forms.ChoiceField(label=_("Moderator"), required=False)
    project = forms.ChoiceField(label=_("Project"), required=False)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        people = list(personas(user).filter(is_active=True).order_by("created_at", "name"))
        vaults = list(vault_list(user))
        self.fields["participants"].choices = choices(people)
        self.fields["moderator"].choices = choices(people, _("The platform itself"))
        self.fields["vault"].choices = choices(vaults, _("No vault"))
        self.fields["project"].choices = choices(projects(user), _("No project"))
        team = active_members(team_for(user))
        self.initial = {
            "vault": str(vaults[0].pk) if vaults else "",
            "participants": [str(each.pk) for each in team[:4]],
        } | self.initial

    def save(self) -> Discussion | None:
        fields = {name: given for name, given in self.cleaned_data.items() if name != "once" and given != ""}
        return self.run_once(lambda: discussion_create(self.user, **fields))


class AskForm(OnceForm):
    persona = forms.ChoiceField(label=_("Secretary"))
    question = forms.CharField(
        label=_("Your question"),
        max_length=MAX_TOPIC,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        error_messages={"required": _("Write something.")},
    )
    vault = forms.ChoiceField(label=_("Vault"), required=False)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        vaults = list(vault_list(user))
        self.fields["persona"].choices = choices(
            personas(user).filter(is_active=True).order_by("created_at", "name")
        )
        self.fields["vault"].choices = choices(vaults, _("No vault"))
        self.initial = {"vault": str(vaults[0].pk) if vaults else ""} | self.initial

    def save(self) -> Discussion | None:
        given = self.cleaned_data
        fields = {"persona": given["persona"], "question": given["question"], "vault": given["vault"] or None}
        return self.run_once(lambda: question_begin(self.user, **fields))
