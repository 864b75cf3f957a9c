"""People, roles and what lets people in. Changes go through the same commands as everywhere else."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.accounts import services
from foundation.accounts.models import Invitation, OneTimeSecret, PersonalToken, Role, Team, TokenFamily, User
from foundation.accounts.roles import ALL_CODES
from foundation.accounts.selectors import roles
from foundation.core.admin import ReadOnlyAdmin, ServiceAdmin, command

admin.site.unregister(Group)


class NewPersonForm(ModelForm):
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput, strip=False)


class PersonForm(ModelForm):
    """A person, and those of their roles that the viewer may see."""

    viewer: ClassVar[Any] = None
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"), queryset=None, required=False, widget=FilteredSelectMultiple(_("Roles"), False)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].queryset = roles(self.viewer)
        self.fields["roles"].initial = roles(self.viewer).filter(group__user=self.instance)


@admin.register(User)
class UserAdmin(ServiceAdmin):
    resource = "user"
    form = PersonForm
    list_display = (
        "username",
        "display_name",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name", "email")
    ordering = ("username",)
    new = ("username", "password", "display_name", "email", "language")
    known = ("display_name", "email", "language", "is_active", "roles")
    shown = ("username", "is_superuser", "is_staff", "last_login", "date_joined")

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return self.new
        shown = self.get_readonly_fields(request, obj)
        known = self.known if self.has_change_permission(request, obj) else self.known[:-1]
        return (*known, *(("is_staff",) if request.user.is_superuser else ()), *shown)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return tuple(name for name in self.shown if name != "is_staff" or not request.user.is_superuser)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if not change:
            return super().get_form(request, obj, change=change, form=NewPersonForm, **kwargs)
        form = type("PersonFormOfViewer", (PersonForm,), {"viewer": request.user})
        return super().get_form(request, obj, change=change, form=form, **kwargs)

    def create(self, actor: Any, **fields: Any) -> User:
        return services.user_create(actor, **fields)

    def update(self, actor: Any, obj: User, **changes: Any) -> None:
        wanted = changes.pop("roles", None)
        if changes:
            services.user_update(actor, obj, **changes)
        if wanted is not None:
            services.user_roles_set(actor, obj, roles=wanted)


class RoleForm(ModelForm):
    codes = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=[(code, code) for code in sorted(ALL_CODES)],
        required=False,
        widget=FilteredSelectMultiple(_("Permissions"), False),
    )


@admin.register(Role)
class RoleAdmin(ServiceAdmin):
    resource = "role"
    form = RoleForm
    fields = ("name", "codes")
    list_display = ("name", "updated_at")
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()

    def create(self, actor: Any, **fields: Any) -> Role:
        return services.role_create(actor, **fields)

    def update(self, actor: Any, obj: Role, **changes: Any) -> None:
        if "codes" in changes:
            services.role_update(actor, obj, codes=changes["codes"])

    def delete(self, actor: Any, obj: Role) -> None:
        services.role_delete(actor, obj)


@admin.register(Team)
class TeamAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner")
    list_select_related = ("owner",)
    search_fields = ("name",)


@admin.register(TokenFamily)
class TokenFamilyAdmin(ServiceAdmin):
    """Sign-ins by password or command line. They can be ended, and no token can be read."""

    list_display = ("user", "created_at", "expires_at", "revoked_at")
    list_filter = ("created_at",)
    list_select_related = ("user",)
    search_fields = ("user__username",)
    exclude: ClassVar = ("refresh_id",)
    actions = ("revoke",)

    @command(_("End these sign-ins"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[TokenFamily]) -> None:
        def end(actor: Any, family: TokenFamily) -> None:
            services.token_family_revoke(actor, family_id=family.pk, reason="administrator")

        self.with_each(request, queryset, end)


@admin.register(OneTimeSecret)
class OneTimeSecretAdmin(ReadOnlyAdmin):
    list_display = ("user", "purpose", "created_at", "expires_at", "used_at")
    list_filter = ("purpose",)
    list_select_related = ("user",)
    exclude: ClassVar = ("digest", "credential")


@admin.register(Invitation)
class InvitationAdmin(ServiceAdmin):
    """Who was invited. An invitation is made where its link can be shown; here it can be withdrawn."""

    resource = "user"
    list_display = (
        "email",
        "role",
        "invited_by",
        "delivery",
        "created_at",
        "expires_at",
        "accepted_by",
        "revoked_at",
    )
    list_filter = ("delivery", "role")
    list_select_related = ("role", "invited_by", "accepted_by")
    search_fields = ("email",)
    exclude: ClassVar = ("digest",)
    actions = ("revoke",)

    @command(_("Withdraw these invitations"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        self.with_each(request, queryset, services.invitation_revoke)


@admin.register(PersonalToken)
class PersonalTokenAdmin(ServiceAdmin):
    """People's tokens for scripts. They can be ended, and none can be read."""

    list_display = ("name", "user", "hint", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    exclude: ClassVar = ("digest", "fingerprint")
    actions = ("revoke",)

    @command(_("Revoke these tokens"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[PersonalToken]) -> None:
        self.with_each(request, queryset, services.personal_token_revoke)
