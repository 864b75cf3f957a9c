"""What the page of AI models takes in. A key is never put back into a field."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ai_integration.models import Credential
from ai_integration.providers import Spec
from ai_integration.services import credential_create, credential_update, default_model_set
from foundation.core.forms import CommandForm

SECRET = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class CredentialForm(CommandForm):
    """A connection to one provider: a new one, or `credential` changed."""

    base_url = forms.CharField(
        label=_("Address"),
        max_length=300,
        required=False,
        help_text=_("Such as http://127.0.0.1:11434/v1 (Ollama) or https://openrouter.ai/api/v1."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "off", "spellcheck": "false"}),
    )
    api_key = forms.CharField(
        label=_("Key"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs=SECRET, render_value=False),
    )
    label = forms.CharField(
        label=_("Short name"),
        max_length=30,
        required=False,
        help_text=_("Only where you connect several: small letters, digits and hyphens."),
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
    )
    shared = forms.BooleanField(label=_("Everybody's work may use it"), required=False)

    def __init__(self, spec: Spec, *args: Any, credential: Credential | None = None, **kwargs: Any) -> None:
        name = f"{spec.id}-{credential.pk.hex[:8]}" if credential else spec.id
        super().__init__(*args, auto_id=f"id_{name}_%s", **kwargs)
        self.spec, self.credential = spec, credential
        self.fields["api_key"].required = spec.needs_key and credential is None
        self.fields["base_url"].required = spec.needs_address
        if not spec.needs_address:
            self.fields["base_url"].help_text = _(
                "Empty for the provider's own. Otherwise that of another server that answers as it does."
            )
        if not spec.takes_address:
            del self.fields["base_url"]
        if settings.SIGN_IN == "link":
            del self.fields["shared"]
        if credential:
            self.initial = {name: getattr(credential, name) for name in ("base_url", "label", "shared")}
            self.fields["api_key"].help_text = _("Empty: the key stays as it is.")

    def save(self, user: Any) -> Credential | None:
        given = self.cleaned_data
        if self.credential:
            return self.run(lambda: credential_update(user, self.credential, **given))
        return self.run(lambda: credential_create(user, provider=self.spec.id, **given))


class DefaultForm(CommandForm):
    """Which model answers where none is named: one of those listed, or the name of another."""

    model = forms.CharField(label=_("Model"), max_length=120)

    def save(self, user: Any) -> Any:
        return self.run(lambda: default_model_set(user, **self.cleaned_data))
