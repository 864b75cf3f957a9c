"""What the pages of this room take in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ai_integration.contexts import model_names
from ai_integration.services.budgets import MOST_TOKENS, NOT_POSITIVE, TOO_LARGE
from foundation.core.forms import CommandForm, OnceForm, Suggested, choices
from knowledge.models import Source
from knowledge.selectors import source_list, vault_list
from knowledge.services import source_create
from personas.selectors import persona_teams, team_for
from workflows.models import Project, Workflow
from workflows.selectors import projects
from workflows.services import project_create, project_update, workflow_create

MOST_CHARACTERS = 200_000
SOURCES_OFFERED = 30


class DelegateForm(OnceForm):
    """A requirement, and everything that may stand beside it."""

    requirement = forms.CharField(
        label=_("What do you need?"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 8, "autofocus": True}),
        error_messages={"required": _("Say what you need.")},
    )
    title = forms.CharField(label=_("Title"), max_length=300, required=False)
    vault = forms.ChoiceField(label=_("Vault"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    project = forms.ChoiceField(label=_("Project"), required=False)
    source_text = forms.CharField(
        label=_("Text to be used as a source"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    source_file = forms.FileField(
        label=_("File to be used as a source"),
        help_text=_("Markdown, text or CSV, up to 2 MB."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".md,.txt,.csv"}),
    )
    sources = forms.MultipleChoiceField(
        label=_("Sources kept earlier"), required=False, widget=forms.CheckboxSelectMultiple
    )
    model = forms.CharField(
        label=_("AI model"),
        max_length=120,
        required=False,
        help_text=_(
            "What everybody thinks with in this work. Empty: as each secretary and kind of task has it."
        ),
    )
    money = forms.DecimalField(
        label=_("Limit in yen"),
        min_value=Decimal("0.01"),
        max_digits=13,
        decimal_places=2,
        required=False,
        error_messages={"min_value": NOT_POSITIVE, "max_digits": TOO_LARGE, "max_whole_digits": TOO_LARGE},
    )
    tokens = forms.IntegerField(
        label=_("Limit in tokens"),
        min_value=1,
        max_value=MOST_TOKENS,
        required=False,
        error_messages={"min_value": NOT_POSITIVE, "max_value": TOO_LARGE},
    )
    auto_approve = forms.BooleanField(label=_("Approve the plan without showing it to me"), required=False)
    plan = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        vaults, teams = list(vault_list(user)), list(persona_teams(user))
        self.fields["vault"].choices = choices(vaults, _("No vault"))
        self.fields["team"].choices = choices(teams, _("Default team"))
        self.fields["project"].choices = choices(projects(user), _("No project"))
        self.fields["sources"].choices = choices(source_list(user).order_by("-created_at")[:SOURCES_OFFERED])
        self.fields["model"].widget = Suggested(
            model_names(user), attrs={"maxlength": 120, "autocapitalize": "off", "spellcheck": "false"}
        )
        default = team_for(user)
        self.initial = {
            "vault": str(vaults[0].pk) if vaults else "",
            "team": str(default.pk) if default else "",
        } | self.initial

    def save(self) -> Workflow | None:
        """Delegate. None when something was refused, or when this form was already sent."""
        if self._source_given() and not self._keep_source():
            return None
        given = self.cleaned_data
        fields = {
            name: given[name]
            for name in ("requirement", "title", "vault", "team", "project", "sources", "model")
        }
        fields |= {"plan": given["plan"] or None, "budget": self._budget()}
        flags = {"auto_approve": True} if given["auto_approve"] else {}
        return self.run_once(lambda: workflow_create(self.user, **fields, **flags))

    def _budget(self) -> dict[str, float]:
        money, tokens = self.cleaned_data["money"], self.cleaned_data["tokens"]
        limits = {"money": money and float(money), "tokens": tokens}
        return {name: limit for name, limit in limits.items() if limit}

    def _source_given(self) -> bool:
        return bool(self.cleaned_data["source_text"].strip() or self.cleaned_data["source_file"])

    def _keep_source(self) -> bool:
        """Keep what was pasted or uploaded, and choose it: should anything else fail, it need not be given again."""
        text, file = self.cleaned_data["source_text"], self.cleaned_data["source_file"]
        for field, given in (
            ("source_text", {"text": text} if text.strip() else None),
            ("source_file", {"file": file} if file else None),
        ):
            if given is None:
                continue
            title = "" if "file" in given else first_words(text)
            kept = self._at(
                field, lambda given=given, title=title: source_create(self.user, title=title, **given)
            )
            if kept is None:
                return False
            self._choose(kept, field)
        return True

    def _at(self, field: str, command: Any) -> Source | None:
        kept = self.run(command)
        complaints = self.errors.pop("__all__", None)
        for complaint in complaints or ():
            self.add_error(field, complaint)
        return kept

    def _choose(self, source: Source, field: str) -> None:
        self.fields["sources"].choices = [*self.fields["sources"].choices, (str(source.pk), str(source))]
        chosen = [*self.cleaned_data["sources"], str(source.pk)]
        self.cleaned_data["sources"] = chosen
        data: QueryDict = self.data.copy()
        data.setlist("sources", chosen)
        if field in data:
            data[field] = ""
        self.data = data


def first_words(text: str) -> str:
    """A title for a pasted text."""
    line = next((line.strip("# ").strip() for line in text.splitlines() if line.strip()), "")
    return line[:60] or str(_("Pasted text"))


class ProjectForm(CommandForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    goal = forms.CharField(
        label=_("Goal"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    team = forms.ChoiceField(label=_("Team"), required=False)
    vault = forms.ChoiceField(label=_("Vault"), required=False)

    def __init__(self, user: Any, *args: Any, project: Project | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.project = user, project
        self.fields["team"].choices = choices(persona_teams(user), _("Default team"))
        self.fields["vault"].choices = choices(vault_list(user), _("No vault"))
        if project:
            self.initial = {
                "name": project.name,
                "goal": project.goal,
                "team": str(project.team_id or ""),
                "vault": str(project.vault_id or ""),
            }

    def save(self) -> Project | None:
        given = self.cleaned_data | {name: self.cleaned_data[name] or None for name in ("team", "vault")}
        if self.project:
            return self.run(lambda: project_update(self.user, self.project, **given))
        return self.run(lambda: project_create(self.user, **given))
