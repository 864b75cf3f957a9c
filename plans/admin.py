"""Plans and what waits for a decision, to be read and shared.

There is no deciding here: a decision is bound to the content that was read, and the plan's own page shows it.
"""

from django.contrib import admin

from foundation.accounts.admin import Sharing
from foundation.core.admin import ReadOnlyAdmin
from plans.models import (
    ApprovalRequest,
    Channel,
    DecisionLink,
    Message,
    Plan,
    PlanComment,
    PlanTemplate,
    PlanVersion,
    Seat,
    Timer,
    Vote,
)


@admin.register(Plan)
class PlanAdmin(Sharing, ReadOnlyAdmin):
    resource = "plan"
    list_display = ("title", "status", "owner", "current", "updated_at")
    list_filter = ("status", "updated_at")
    list_select_related = ("owner", "current__plan")
    search_fields = ("title", "owner__username")


@admin.register(PlanVersion)
class PlanVersionAdmin(ReadOnlyAdmin):
    resource = "plan"
    list_display = ("plan", "number", "author_user", "author_persona", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("plan", "author_user", "author_persona")
    search_fields = ("plan__title", "content_hash")


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(Sharing, ReadOnlyAdmin):
    resource = "approval"
    list_display = ("title", "kind", "status", "owner", "asked_of", "decided_by", "automatic", "created_at")
    list_filter = ("kind", "status", "automatic", "created_at")
    list_select_related = ("owner", "asked_of", "decided_by")
    search_fields = ("title", "owner__username")


@admin.register(PlanComment)
class PlanCommentAdmin(ReadOnlyAdmin):
    resource = "plan"
    list_display = ("plan", "number", "item", "author_name", "asks_change", "answered_in", "created_at")
    list_filter = ("asks_change", "followed", "created_at")
    list_select_related = ("plan", "answered_in__plan")
    search_fields = ("plan__title", "text", "author_name")


@admin.register(PlanTemplate)
class PlanTemplateAdmin(ReadOnlyAdmin):
    resource = "plan"
    list_display = ("name", "owner", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")


@admin.register(Seat)
class SeatAdmin(ReadOnlyAdmin):
    resource = "approval"
    list_display = ("request", "step", "user", "role", "team", "handed_over_by")
    list_select_related = ("request", "user", "role", "team", "handed_over_by")
    search_fields = ("request__title", "user__username")


@admin.register(Vote)
class VoteAdmin(ReadOnlyAdmin):
    resource = "approval"
    list_display = (
        "request",
        "user_name",
        "decision",
        "step",
        "via",
        "automatic",
        "created_at",
        "withdrawn_at",
    )
    list_filter = ("decision", "via", "automatic", "created_at")
    list_select_related = ("request",)
    search_fields = ("request__title", "user_name")


@admin.register(Timer)
class TimerAdmin(ReadOnlyAdmin):
    resource = "approval"
    list_display = ("request", "kind", "due_at", "fired_at")
    list_filter = ("kind", "due_at")
    list_select_related = ("request",)
    search_fields = ("request__title",)


@admin.register(Channel)
class ChannelAdmin(ReadOnlyAdmin):
    """Where people are told; the address itself is shown to nobody."""

    resource = "approval"
    list_display = ("name", "owner", "place", "is_active", "sent_at", "trouble")
    list_filter = ("is_active",)
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    exclude = ("address",)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    resource = "approval"
    list_display = ("channel", "event", "status", "attempts", "due_at", "error")
    list_filter = ("status", "event")
    list_select_related = ("channel",)
    search_fields = ("channel__name", "request__title")


@admin.register(DecisionLink)
class DecisionLinkAdmin(ReadOnlyAdmin):
    resource = "approval"
    list_display = ("user", "request", "expires_at", "used_at")
    list_select_related = ("user", "request")
    search_fields = ("user__username", "request__title")
    exclude = ("digest",)
