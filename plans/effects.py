"""What a tool call would do, in the platform's own words. A model never writes the text of its own approval."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOBODY_KNOWS = _("It may change something outside the platform. What exactly, nobody here can say.")
EFFECTS: dict[str, str | Promise] = {
    "read": _("It reads, and changes nothing."),
    "write": _("It changes or adds something outside the platform."),
    "delete": _("It may delete or overwrite something outside the platform. That may be impossible to undo."),
    "destructive": _(
        "It may delete or overwrite something outside the platform. That may be impossible to undo."
    ),
    "send": _("It sends something to other people or systems. What is sent cannot be taken back."),
    "spend": _("It may cost money."),
    "execute": _("It runs a program."),
    "network": _("It reaches systems outside this network."),
}


def effect_words(payload: Mapping[str, Any]) -> str | Promise:
    """The sentence for the effect that the gateway found; what it did not find is said too."""
    return EFFECTS.get(str(payload.get("effect", "")), NOBODY_KNOWS)
