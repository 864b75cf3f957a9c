"""What the pages' templates need again and again: icons, statuses, times, safe Markdown."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation.core import markdown, times

register = template.Library()

STATUS_ICONS = {
    "draft": "draft", "planning": "dots", "awaiting_approval": "inbox", "submitted": "inbox", "under_review": "eye",
    "running": "run", "started": "run", "reviewing": "eye", "revising": "pen", "revision_requested": "pen",
    "changes_requested": "pen",
    "paused": "hold", "waiting_for_human": "question", "completed": "tick", "done": "tick", "approved": "tick", "indexed": "tick",
    "finished": "tick", "answered": "tick", "completed_with_gaps": "tick-gap", "failed": "warning", "rejected": "crossed",
    "cancelled": "stop", "skipped": "stop", "withdrawn": "stop", "superseded": "swap", "expired": "clock",
    "active": "run", "concluding": "pen", "ended": "tick",
    "pending": "clock", "waiting": "clock",
}  # fmt: skip


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A picture from the sprite; silent unless it has a label."""
    sprite = static("img/icons.svg")
    if label:
        shape = '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>'
        return format_html(shape, label, sprite, name)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', sprite, name)


@register.inclusion_tag("parts/status.html")
def status(obj: Any) -> dict[str, Any]:
    """A status as icon and word. `obj` has `status` and `get_status_display`."""
    return {"code": obj.status, "label": obj.get_status_display()}


@register.filter
def status_icon(code: str) -> str:
    """The icon of a status of any kind of thing."""
    return STATUS_ICONS.get(code, "question")


@register.simple_tag
def when(moment: datetime | None) -> SafeString | str:
    """Within a day how long ago, else the date; always the exact time on hover."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    shape = '<time datetime="{}" title="{}" data-when>{}</time>'
    return format_html(
        shape, moment.isoformat(), times.exact(local), times.relative(local, timezone.localtime())
    )


@register.filter
def exact(moment: datetime | None) -> str:
    return times.exact(timezone.localtime(moment)) if moment else ""


@register.filter
def duration(milliseconds: int | None) -> str:
    return times.duration(milliseconds)


@register.filter
def safe_markdown(text: str) -> SafeString:
    """Markdown by anybody, made harmless."""
    return markdown.render(text)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    return mapping.get(key) if mapping else None


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The address's query with `changes`; an empty value takes the name out."""
    request: HttpRequest = context["request"]
    kept = {name: value for name, value in request.GET.items() if name not in ("fragment", *changes)}
    given = kept | {name: value for name, value in changes.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else "?"
