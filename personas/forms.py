"""What the pages of secretaries and their teams take in."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid
from foundation.core.forms import CommandForm, LinesField, Suggested, choices
from foundation.core.images import portrait
from personas import icons
from personas.avatars import STYLES
from personas.models import Persona, PersonaTeam
from personas.selectors import personas
from personas.services import (
    persona_create,
    persona_import,
    persona_update,
    picture_clear,
    picture_set,
    team_create,
    team_update,
)
from personas.shapes import unpacked

TEXTS = ("name", "role", "description", "personality", "skills", "model", "folders", "icon", "is_active")


def _icon_choices() -> list[tuple[str, Any]]:
    shown = [
        (icons.reference(name), format_html("{} {}", each.symbol, each.label))
        for name, each in icons.PRESETS.items()
    ]
    return [("", _("Initial of the name")), *shown]


class PersonaForm(CommandForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    role = forms.CharField(
        label=_("Role"),
        max_length=60,
        help_text=_("Tasks that ask for this role are given to this secretary."),
    )
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    personality = forms.CharField(
        label=_("Personality"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("How this secretary works and writes."),
    )
    skills = LinesField(
        label=_("Skills"),
        required=False,
        help_text=_("One to a line."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    icon = forms.ChoiceField(label=_("Icon"), required=False)
    picture = forms.FileField(
        label=_("Picture of your own"),
        required=False,
        help_text=_("PNG, JPEG, WebP or GIF, up to 5 MB. It is cut to a square."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    no_picture = forms.BooleanField(label=_("Remove the picture"), required=False)
    model = forms.CharField(
        label=_("AI model"),
        max_length=120,
        required=False,
        help_text=_(
            "Empty for the platform's default. Otherwise one of the list, or provider:model. “builtin” is the built-in secretary."
        ),
    )
    folders = LinesField(
        label=_("Folders it may read"),
        required=False,
        help_text=_("One to a line, such as “製品”, as in the vault. Empty: whatever the work brings."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    is_active = forms.BooleanField(label=_("Takes work"), required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        persona: Persona | None = None,
        models: Iterable[tuple[str, str]] = (),
        may_upload: Callable[[], bool] = lambda: True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.persona, self.may_upload = persona, may_upload
        self.fields["model"].widget = Suggested(models, attrs={"maxlength": 120, "autocapitalize": "off"})
        self.fields["icon"].choices = _icon_choices()
        if not (persona and persona.picture):
            del self.fields["no_picture"]
        if persona:
            self.initial = {name: getattr(persona, name) for name in TEXTS}
            if persona.icon and persona.icon not in dict(self.fields["icon"].choices):
                self.fields["icon"].choices = [(persona.icon, _("As it is")), *self.fields["icon"].choices]

    def clean_picture(self) -> bytes | None:
        """Drawn anew, so that a bad file is told before anything is changed."""
        given = self.cleaned_data.get("picture")
        if given and not self.may_upload():
            raise forms.ValidationError(_("Too many uploads. Wait a minute and choose the picture again."))
        try:
            return portrait(given) if given else None
        except Invalid as error:
            raise forms.ValidationError(str(error)) from error

    def save(self, user: Any) -> Persona | None:
        given = dict(self.cleaned_data)
        drawn, gone = given.pop("picture", None), given.pop("no_picture", False)
        return self.run(lambda: self._stored(user, given, drawn, gone=gone))

    def _stored(self, user: Any, given: dict[str, Any], drawn: bytes | None, *, gone: bool) -> Persona:
        made = persona_update(user, self.persona, **given) if self.persona else persona_create(user, **given)
        if drawn:
            return picture_set(user, made, drawn=drawn)
        return picture_clear(user, made) if gone and made.picture else made

    def _complain(self, error: Any) -> None:
        if error.code == "name_taken":
            return self.add_error("name", str(error))
        return super()._complain(error)


class DrawingForm(CommandForm):
    """What a picture is to show, and how."""

    prompt = forms.CharField(
        label=_("What it should show"),
        max_length=500,
        required=False,
        help_text=_("Such as: a calm woman with short hair. Empty: it goes by role and character."),
    )
    style = forms.ChoiceField(label=_("Style"), choices=list(STYLES.items()))


class ImportForm(CommandForm):
    file = forms.FileField(
        label=_("File"),
        help_text=_("What “Export” gave on another installation."),
        widget=forms.FileInput(attrs={"accept": "application/json,.json"}),
    )

    def __init__(self, *args: Any, may_upload: Callable[[], bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_upload = may_upload

    def clean_file(self) -> Any:
        if not self.may_upload():
            raise forms.ValidationError(_("Too many uploads. Wait a minute and choose the file again."))
        return self.cleaned_data["file"]

    def save(self, user: Any) -> Persona | None:
        return self.run(lambda: persona_import(user, **unpacked(self.cleaned_data["file"])))

    def _add(self, name: str, texts: list[Any]) -> None:
        super()._add("file", texts)  # whatever is wrong is wrong in there


class TeamForm(CommandForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    members = forms.MultipleChoiceField(
        label=_("Members"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_default = forms.BooleanField(
        label=_("Takes what is delegated to no team in particular"), required=False
    )

    def __init__(self, user: Any, *args: Any, team: PersonaTeam | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.team = user, team
        people = list(personas(user).order_by("created_at")[:500])
        members = list(team.members.all()) if team else []
        self.fields["members"].choices = choices(list(dict.fromkeys([*members, *people])))
        if team:
            self.initial = {
                "name": team.name,
                "description": team.description,
                "is_default": team.is_default,
                "members": [str(each.pk) for each in members],
            }

    def save(self) -> PersonaTeam | None:
        given = self.cleaned_data
        if self.team:
            return self.run(lambda: team_update(self.user, self.team, **given))
        return self.run(lambda: team_create(self.user, **given))

    def _complain(self, error: Any) -> None:
        if error.code == "name_taken":
            return self.add_error("name", str(error))
        return super()._complain(error)
