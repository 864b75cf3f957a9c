"""What the pages of tools take in. Secret values are never put back into a field."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ai_integration import gateway, services
from ai_integration.models import McpServer
from ai_integration.states import ToolPolicy, Transport
from foundation.core.forms import CommandForm
from personas.models import Persona

PLAIN = {"autocapitalize": "off", "spellcheck": "false", "autocomplete": "off"}
KEPT = _("Empty: what is stored stays.")


class WordsField(forms.CharField):
    """Arguments, one to a line; unlike words of a list, they keep their spaces and may stand twice."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[str]:
        text = (value or "").replace("\r\n", "\n").strip("\n")
        return text.split("\n") if text else []

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def run_validators(self, value: Any) -> None:
        """Each is checked by the command."""


class ValuesField(forms.CharField):
    """NAME=value, one to a line; None when nothing was entered."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> dict[str, str] | None:
        lines = [line for line in (value or "").replace("\r\n", "\n").split("\n") if line.strip()]
        if any("=" not in line for line in lines):
            raise forms.ValidationError(_("Write NAME=value on each line."))
        return {name.strip(): rest for name, _sign, rest in (line.partition("=") for line in lines)} or None

    def run_validators(self, value: Any) -> None:
        """Each is checked by the command."""


class ServerForm(CommandForm):
    """A server of tools: a new one, or `server` changed."""

    name = forms.CharField(
        label=_("Short name"),
        max_length=30,
        help_text=_("Small letters, digits and hyphens. Secretaries name a tool as name/tool."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    transport = forms.ChoiceField(
        label=_("How it is reached"), choices=Transport.choices, initial=Transport.STDIO
    )
    command = WordsField(
        label=_("Command"),
        required=False,
        help_text=_(
            "The program and its arguments, one to a line. No shell reads them; this is exactly what is started."
        ),
        widget=forms.Textarea(attrs=PLAIN | {"rows": 4}),
    )
    environment = ValuesField(
        label=_("Variables"),
        required=False,
        help_text=_(
            "NAME=value, one to a line. The server sees these and nothing else of the platform's own."
        ),
        widget=forms.Textarea(attrs=PLAIN | {"rows": 2}),
    )
    folder = forms.CharField(
        label=_("Folder in which it is started"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs=PLAIN),
    )
    url = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=300,
        help_text=_("Such as http://127.0.0.1:3000/mcp. Only for a server that is reached by an address."),
        widget=forms.TextInput(attrs=PLAIN | {"inputmode": "url"}),
    )
    headers = ValuesField(
        label=_("Headers"),
        required=False,
        help_text=_("Such as Authorization=Bearer …, one to a line."),
        widget=forms.Textarea(attrs=PLAIN | {"rows": 2}),
    )
    client_id = forms.CharField(
        label=_("Client ID for signing in"),
        required=False,
        max_length=500,
        help_text=_("Only where the place to sign in does not register clients by itself."),
        widget=forms.TextInput(attrs=PLAIN),
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs=PLAIN, render_value=False),
    )
    timeout_seconds = forms.IntegerField(
        label=_("Longest time for one call, in seconds"), initial=60, min_value=1, max_value=3600
    )
    shared = forms.BooleanField(label=_("Everybody's work may use it"), required=False)
    enabled = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, server: McpServer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.server = server
        if settings.SIGN_IN == "link":
            del self.fields["shared"]
        if server:
            names = ("name", "transport", "command", "folder", "url", "client_id", "timeout_seconds")
            self.initial = {name: getattr(server, name) for name in (*names, "shared", "enabled")}
            for secret in ("environment", "headers", "client_secret"):
                self.fields[secret].help_text = KEPT

    def save(self, user: Any) -> McpServer | None:
        given = self.cleaned_data
        given["client_secret"] = given["client_secret"] or None
        if self.server:
            return self.run(lambda: gateway.server_change(user, self.server, **given))
        filled = {name: value for name, value in given.items() if value is not None}
        return self.run(lambda: services.mcp_server_create(user, **filled))


class ApproveForm(CommandForm):
    """What was read (`digest`), and what happens when a secretary asks for it."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    policy = forms.ChoiceField(
        label=_("When a secretary asks for it"), choices=ToolPolicy.choices, initial=ToolPolicy.ASK
    )
    repeatable = forms.BooleanField(
        label=_("It only reads: a call whose end nobody saw may be made again"), required=False
    )


class RuleForm(CommandForm):
    """What holds for one persona."""

    persona = forms.ModelChoiceField(label=_("Secretary"), queryset=Persona.objects.none())
    policy = forms.ChoiceField(
        label=_("When this secretary asks for it"),
        choices=[("", _("as for all")), *ToolPolicy.choices],
        required=False,
    )

    def __init__(self, people: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["persona"].queryset = people
