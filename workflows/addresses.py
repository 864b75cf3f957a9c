"""From what an event or a notification is about to the page that shows it."""

from django.urls import NoReverseMatch, reverse

PAGES = {
    "workflow": "workflow",
    "task": "task",
    "plan": "plan",
    "approvalrequest": "approval",
    "project": "project",
    "discussion": "discussion",
    "persona": "persona",
    "vault": "vault",
    "note": "note",
    "source": "source",
}


def address_of(kind: str, object_id: str) -> str:
    """Its page; the list of notifications for what has none."""
    name = PAGES.get(kind)
    try:
        return reverse(name, args=[object_id]) if name else reverse("notifications")
    except NoReverseMatch:
        return reverse("notifications")
