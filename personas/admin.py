"""Personas and their teams, changed by the same commands as everywhere else."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.accounts.admin import Sharing
from foundation.core.admin import ReadOnlyAdmin, ServiceAdmin
from foundation.core.forms import LinesField
from personas import services
from personas.models import Drawing, Persona, PersonaTeam


class PersonaForm(ModelForm):
    skills = LinesField(label=_("Skills"), required=False, help_text=_("One to a line."))
    tools = LinesField(label=_("Tools"), required=False, help_text=_("One to a line."))
    folders = LinesField(label=_("Folders it may read"), required=False, help_text=_("One to a line."))


@admin.register(Persona)
class PersonaAdmin(Sharing, ServiceAdmin):
    resource = "persona"
    form = PersonaForm
    list_display = ("name", "role", "model", "is_active", "owner", "updated_at")
    list_filter = ("is_active", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("name", "role", "owner__username")

    def get_fields(self, request: HttpRequest, obj: Persona | None = None) -> tuple[str, ...]:
        return (*services.PERSONA_FIELDS, *self.get_readonly_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Persona | None = None) -> tuple[str, ...]:
        return (*(("owner",) if obj else ()), *super().get_readonly_fields(request, obj))

    def create(self, actor: Any, **fields: Any) -> Persona:
        return services.persona_create(actor, **fields)

    def update(self, actor: Any, obj: Persona, **changes: Any) -> None:
        services.persona_update(actor, obj, **changes)

    def delete(self, actor: Any, obj: Persona) -> None:
        services.persona_delete(actor, obj)


@admin.register(PersonaTeam)
class PersonaTeamAdmin(Sharing, ServiceAdmin):
    resource = "persona_team"
    list_display = ("name", "is_default", "owner", "updated_at")
    list_filter = ("is_default", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    autocomplete_fields = ("members",)

    def get_fields(self, request: HttpRequest, obj: PersonaTeam | None = None) -> tuple[str, ...]:
        known = ("name", "description", "members", "is_default")
        return (*known, *self.get_readonly_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: PersonaTeam | None = None) -> tuple[str, ...]:
        return (*(("owner",) if obj else ()), *super().get_readonly_fields(request, obj))

    def create(self, actor: Any, **fields: Any) -> PersonaTeam:
        return services.team_create(actor, **fields)

    def update(self, actor: Any, obj: PersonaTeam, **changes: Any) -> None:
        services.team_update(actor, obj, **changes)

    def delete(self, actor: Any, obj: PersonaTeam) -> None:
        services.team_delete(actor, obj)


@admin.register(Drawing)
class DrawingAdmin(ReadOnlyAdmin):
    resource = "persona"
    list_display = ("persona", "style", "status", "model", "attempts", "created_at")
    list_filter = ("status", "style")
    list_select_related = ("persona",)
    search_fields = ("persona__name", "prompt")
