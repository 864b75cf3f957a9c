"""The admin changes vaults and sources through the commands. Notes, links and passages are made by the sync."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.accounts.admin import Sharing
from foundation.core.admin import ReadOnlyAdmin, ServiceAdmin, command
from knowledge import services
from knowledge.models import Link, Note, NoteWrite, Passage, Source, Vault


@admin.register(Vault)
class VaultAdmin(Sharing, ServiceAdmin):
    resource = "vault"
    list_display = ("name", "path", "owner", "synced_at", "stopped")
    list_filter = ("synced_at",)
    list_select_related = ("owner",)
    search_fields = ("name", "path", "owner__username")
    actions = ("request_sync", "accept_vanished")

    def get_fields(self, request: HttpRequest, obj: Vault | None = None) -> tuple[str, ...]:
        known = ("name", "path", "report_folder")
        return (*known, "owner", "synced_at", "stopped", "passage_total") if obj else known

    def get_readonly_fields(self, request: HttpRequest, obj: Vault | None = None) -> tuple[str, ...]:
        return ("path", "owner", "synced_at", "stopped", "passage_total") if obj else ()

    def create(self, actor: Any, **fields: Any) -> Vault:
        return services.vault_register(actor, **fields)

    def update(self, actor: Any, obj: Vault, **changes: Any) -> None:
        services.vault_update(actor, obj, **changes)

    def delete(self, actor: Any, obj: Vault) -> None:
        services.vault_remove(actor, obj)

    @command(_("Synchronise"), "change")
    def request_sync(self, request: HttpRequest, queryset: QuerySet[Vault]) -> None:
        self.with_each(request, queryset, services.vault_request_sync)

    @command(_("Synchronise; the missing notes were removed on purpose"), "change")
    def accept_vanished(self, request: HttpRequest, queryset: QuerySet[Vault]) -> None:
        def accept(actor: Any, vault: Vault) -> None:
            services.vault_request_sync(actor, vault, accept_vanished=True)

        self.with_each(request, queryset, accept)


@admin.register(Source)
class SourceAdmin(Sharing, ServiceAdmin):
    resource = "source"
    list_display = ("title", "owner", "file_name", "size", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("owner",)
    search_fields = ("title", "file_name", "owner__username")

    def get_fields(self, request: HttpRequest, obj: Source | None = None) -> Any:
        return super().get_fields(request, obj) if obj else ("title", "text")

    def create(self, actor: Any, **fields: Any) -> Source:
        return services.source_create(actor, **fields)

    def delete(self, actor: Any, obj: Source) -> None:
        services.source_delete(actor, obj)


@admin.register(Note)
class NoteAdmin(ReadOnlyAdmin):
    resource = "note"
    list_display = ("path", "vault", "status", "zone", "reason", "updated_at")
    list_filter = ("status", "zone", "updated_at")
    list_select_related = ("vault",)
    search_fields = ("path", "title", "vault__name")


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin):
    list_display = ("note", "line", "target", "heading", "resolved")
    list_filter = ("embed", "from_property")
    list_select_related = ("note", "resolved")
    search_fields = ("target", "note__path")


@admin.register(Passage)
class PassageAdmin(ReadOnlyAdmin):
    list_display = ("note", "source", "line", "heading", "zone")
    list_filter = ("zone",)
    list_select_related = ("note", "source")
    search_fields = ("heading", "note__path", "source__title")
    exclude = ("grams",)


@admin.register(NoteWrite)
class NoteWriteAdmin(ReadOnlyAdmin):
    resource = "note"
    list_display = ("path", "vault", "status", "attempt", "created_at")
    list_filter = ("status", "created_at")
    list_select_related = ("vault",)
    search_fields = ("path", "vault__name")
