"""What the pages of people, passwords and tokens take in."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from foundation.accounts import services
from foundation.accounts.contexts import SCOPES, role_word
from foundation.accounts.models import Invitation, PersonalToken, User
from foundation.accounts.selectors import roles_to_give
from foundation.core.forms import CommandForm
from foundation.core.scopes import READ

NEW = {"autocomplete": "new-password"}
PRESENT = {"autocomplete": "current-password"}
DAYS = ((7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("365 days")))
RULES = _("At least 8 characters, not only digits, and nothing that is guessed easily.")
MOST = 200


def _password(label: Any, attrs: dict[str, str], help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs=attrs)
    return forms.CharField(label=label, widget=widget, strip=False, max_length=MOST, help_text=help_text)


class InviteForm(CommandForm):
    email = forms.EmailField(label=_("Mail address"), required=False)
    role = forms.ChoiceField(label=_("Role here"))

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_invite_%s", **kwargs)
        self.user, self.roles = user, {role.name: role for role in roles_to_give(user)}
        self.fields["role"].choices = [(name, role_word(name)) for name in self.roles]
        self.fields["role"].initial = "member"
        if not settings.EMAIL_ON:
            self.fields["email"].help_text = _(
                "Only to remember whom it is for: this platform sends no mail."
            )

    def save(self) -> tuple[Invitation, str] | None:
        given = self.cleaned_data
        role = self.roles[given["role"]]
        return self.run(lambda: services.invitation_create(self.user, role=role, email=given["email"]))


class JoinForm(CommandForm):
    username = forms.CharField(
        label=_("User name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    display_name = forms.CharField(
        label=_("Shown as"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = _password(_("Password"), NEW, RULES)

    def save(self, token: str, language: str) -> User | None:
        return self.run(lambda: services.invitation_accept(token, language=language, **self.cleaned_data))


class AskForm(CommandForm):
    email = forms.EmailField(
        label=_("Mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class NewPasswordForm(CommandForm):
    password = _password(_("New password"), NEW, RULES)

    def save(self, token: str) -> User | None:
        return self.run(lambda: services.password_reset(token, password=self.cleaned_data["password"]))


class ChangePasswordForm(CommandForm):
    current_password = _password(_("Present password"), PRESENT)
    password = _password(_("New password"), NEW, RULES)

    def save(self, user: Any) -> User | None:
        return self.run(lambda: services.user_update(user, user, **self.cleaned_data))


class TokenForm(CommandForm):
    name = forms.CharField(label=_("What it is for"), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=SCOPES, widget=forms.CheckboxSelectMultiple, initial=[READ]
    )
    codes = forms.MultipleChoiceField(
        label=_("Only single rights instead"), required=False, widget=forms.SelectMultiple(attrs={"size": 6})
    )
    days = forms.TypedChoiceField(label=_("Ends after"), choices=DAYS, coerce=int, initial=90)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_token_%s", **kwargs)
        self.user = user
        self.fields["scopes"].required = False
        held = services.codes_held(user)
        self.fields["codes"].choices = [(code, code) for code in sorted(held)]

    def save(self) -> tuple[PersonalToken, str] | None:
        given = self.cleaned_data
        wanted = [*given["scopes"], *given["codes"]]
        return self.run(
            lambda: services.personal_token_create(
                self.user, name=given["name"], scopes=wanted, days=given["days"]
            )
        )
