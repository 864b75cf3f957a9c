"""How what was found is shown."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from knowledge.selectors import SearchHit

register = template.Library()


@register.filter
def marked(hit: SearchHit) -> SafeString:
    """The snippet with what was searched for marked in it."""
    parts, at = [], 0
    for start, end in hit.marks:
        parts += [escape(hit.snippet[at:start]), f"<mark>{escape(hit.snippet[start:end])}</mark>"]
        at = end
    return mark_safe("".join([*parts, escape(hit.snippet[at:])]))  # noqa: S308 - every piece is escaped
