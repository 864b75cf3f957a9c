"""Discussions are steered by commands; what was said is never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.accounts.admin import Sharing
from foundation.core.admin import ReadOnlyAdmin, ServiceAdmin, command
from workflows import services
from workflows.models import Discussion, DiscussionMessage, Minutes, Participant


@admin.register(Discussion)
class DiscussionAdmin(Sharing, ServiceAdmin):
    resource = "discussion"
    list_display = ("__str__", "kind", "status", "stop", "owner", "created_at", "ended_at")
    list_filter = ("status", "kind", "created_at")
    list_select_related = ("owner",)
    search_fields = ("topic", "owner__username")
    actions = ("pause", "resume", "end")

    def delete(self, actor: Any, obj: Discussion) -> None:
        services.discussion_delete(actor, obj)

    @command(_("Pause"))
    def pause(self, request: HttpRequest, queryset: QuerySet[Discussion]) -> None:
        self.with_each(request, queryset, services.discussion_pause)

    @command(_("Resume"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Discussion]) -> None:
        self.with_each(request, queryset, services.discussion_resume)

    @command(_("End"))
    def end(self, request: HttpRequest, queryset: QuerySet[Discussion]) -> None:
        self.with_each(request, queryset, services.discussion_end)


@admin.register(Participant)
class ParticipantAdmin(ReadOnlyAdmin):
    resource = "discussion"
    list_display = ("name", "seat", "discussion", "persona")
    list_select_related = ("discussion", "persona")
    search_fields = ("name", "discussion__topic")


@admin.register(DiscussionMessage)
class DiscussionMessageAdmin(ReadOnlyAdmin):
    resource = "discussion"
    list_display = ("discussion", "number", "kind", "author", "created_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("discussion",)
    search_fields = ("author", "text", "discussion__topic")


@admin.register(Minutes)
class MinutesAdmin(ReadOnlyAdmin):
    resource = "discussion"
    list_display = ("discussion", "note_path", "workflow", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("discussion", "workflow")
    search_fields = ("summary", "discussion__topic")
