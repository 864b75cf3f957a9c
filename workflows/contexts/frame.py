"""The frame around every page: where one can go, and what waits there."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.activity.selectors import notifications
from foundation.activity.streams import followed
from plans.tally import waiting_count

MOST_SHOWN = 99


@dataclass(frozen=True)
class Place:
    """One entry of the navigation. `first` ones stand in the bar of a phone; `key` goes there after `g`."""

    address: str
    label: str | Promise
    icon: str
    key: str
    first: bool
    current: bool
    count: str = ""


PLACES = (
    ("home", _("Home"), "home", "h", True),
    ("workflows", _("Workflows"), "flow", "w", True),
    ("approvals", _("Waiting for you"), "inbox", "a", True),
    ("discussions", _("Discussions"), "comment", "d", False),
    ("projects", _("Projects"), "folder", "p", False),
    ("personas", _("Secretaries"), "persona", "s", False),
    ("knowledge", _("Knowledge"), "book", "k", True),
    ("usage-page", _("Budget and usage"), "coins", "u", False),
    ("settings", _("Settings"), "gear", ",", False),
)
# Pages that belong to a place without lying below its address.
BELONGS = {"/plans/": "approvals", "/teams/": "personas", "/delegate/": "workflows", "/ask/": "discussions"}


class Frame:
    """Read when the template asks; pages for those who are not signed in ask for nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def user(self) -> Any:
        return getattr(self.request, "user", None)

    @property
    def signed_in(self) -> bool:
        return bool(self.user and self.user.is_authenticated)

    @property
    def here(self) -> str:
        """The page that is shown, also when only its frame is asked for."""
        at = self.request.GET.get("at", "")
        return at if at.startswith("/") else self.request.get_full_path()

    @cached_property
    def waiting(self) -> int:
        """At most one more than is shown."""
        return waiting_count(self.user, MOST_SHOWN + 1)

    @property
    def waiting_shown(self) -> str:
        return _shown(self.waiting)

    @cached_property
    def unread(self) -> int:
        return notifications(self.user).filter(read_at=None).count()

    @property
    def unread_shown(self) -> str:
        return _shown(self.unread)

    @property
    def streams(self) -> str:
        return followed(self.user, "inbox")

    @cached_property
    def places(self) -> list[Place]:
        addresses = {name: reverse(name) for name, *_rest in PLACES}
        current = _current(self.here, addresses)
        counts = {"approvals": self.waiting_shown if self.waiting else ""}
        return [
            Place(addresses[name], label, icon, key, first, name == current, counts.get(name, ""))
            for name, label, icon, key, first in PLACES
        ]

    @property
    def elsewhere(self) -> bool:
        """Whether the current place is behind the phone's `more`."""
        return any(place.current and not place.first for place in self.places)


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor."""
    return {"frame": Frame(request)}


def _shown(number: int) -> str:
    return f"{MOST_SHOWN}+" if number > MOST_SHOWN else str(number)


def _current(here: str, addresses: dict[str, str]) -> str:
    path = here.partition("?")[0]
    belongs = next((name for prefix, name in BELONGS.items() if path.startswith(prefix)), "")
    below = (name for name, address in addresses.items() if address != "/" and path.startswith(address))
    return belongs or next(below, "home" if path == "/" else "")
