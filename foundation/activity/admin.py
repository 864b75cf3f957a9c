"""What happened, to be read. Nothing here can be added, changed or deleted."""

from typing import ClassVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry

from foundation.activity.models import AuditChain, AuditEntry, Event, IdempotencyRecord, Notification, Stream
from foundation.core.admin import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    resource = "audit"
    list_display = ("at", "actor_name", "action", "object_kind", "object_id")
    list_filter = ("at",)
    search_fields = ("actor_name", "action", "object_kind", "object_id")
    date_hierarchy = "at"


@admin.register(AuditChain)
class AuditChainAdmin(ReadOnlyAdmin):
    resource = "audit"
    list_display = ("epoch", "sequence", "hash", "exported")


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    list_display = ("name", "epoch", "last_seq")
    search_fields = ("name",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("stream", "seq", "type", "priority", "at")
    list_filter = ("at",)
    search_fields = ("stream", "type")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "type", "title", "read_at")
    list_filter = ("created_at",)
    list_select_related = ("user",)
    search_fields = ("title", "user__username")


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "route", "status")
    list_select_related = ("user",)
    search_fields = ("user__username", "route")
    exclude: ClassVar = ("key", "body")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What was done in these pages, in Django's own words; the audit has it too."""

    list_display = ("action_time", "user", "content_type", "object_repr", "action_flag")
    list_filter = ("action_time", "action_flag")
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "user__username")
