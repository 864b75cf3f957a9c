"""What a tool call would do, in the platform's own words. A model never writes the text of its own approval.

What is known of a tool is its name with its arguments, and the hints of its server. Neither is proof: hints are told as what
the server says, and words that go by a name say so.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from plans.known_tools import KNOWN, known

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
SAID_TO_READ = _("The server says that this tool only reads.")
SAID_TO_DESTROY = _("The server says that it may delete or overwrite something.")
SAID_TO_ADD = _("The server says that it adds something, and deletes or overwrites nothing.")
SAID_TO_REPEAT = _("The server says that a second call with the same arguments changes nothing more.")
SAID_TO_REACH = _("The server says that it reaches systems beyond its own.")
SAID_TO_STAY = _("The server says that it stays within what it holds itself.")
BY_NAME = _("This goes by the tool's name and its arguments; the server alone decides what it does.")
ONCE = _("The tool is called once, with exactly these arguments.")
NO_WAY_BACK = _("What it has done cannot be undone here.")

__all__ = ["EFFECTS", "KNOWN", "NOBODY_KNOWS", "effect_words", "what_it_does"]


def effect_words(payload: Mapping[str, Any]) -> str:
    """What approving the call in `payload` leads to, for whoever decides; one sentence after the other, in their language."""
    reads = _only_reads(payload)
    return _joined([*what_it_does(payload), ONCE, *([] if reads else [NO_WAY_BACK])])


def what_it_does(payload: Mapping[str, Any]) -> list[str | Promise]:
    """The sentences about the tool itself; what is not known is said too."""
    found = EFFECTS.get(str(payload.get("effect", "")))
    if found is not None:
        return [found]
    arguments = payload.get("arguments")
    tool = known(str(payload.get("tool", "")), arguments if isinstance(arguments, Mapping) else {})
    hints = payload.get("hints")
    said = _said(hints) if isinstance(hints, Mapping) else []
    if tool is not None:
        return [*tool.sentences, BY_NAME]
    return said or [NOBODY_KNOWS]


def _said(hints: Mapping[str, Any]) -> list[str | Promise]:
    """By MCP's own rules: what changes something may destroy and be repeated, where nothing else is said."""
    said: list[str | Promise] = []
    if hints.get("read_only_hint") is True:
        said.append(SAID_TO_READ)
    elif hints.get("destructive_hint") is False:
        said.append(SAID_TO_ADD)
    elif hints.get("destructive_hint") is True:
        said.append(SAID_TO_DESTROY)
    elif hints:
        said.append(NOBODY_KNOWS)
    if hints.get("idempotent_hint") is True and hints.get("read_only_hint") is not True:
        said.append(SAID_TO_REPEAT)
    if "open_world_hint" in hints:
        said.append(SAID_TO_REACH if hints["open_world_hint"] is True else SAID_TO_STAY)
    return said


def _only_reads(payload: Mapping[str, Any]) -> bool:
    """By our own words alone: that a server says so is no reason to leave the warning out."""
    arguments = payload.get("arguments")
    tool = known(str(payload.get("tool", "")), arguments if isinstance(arguments, Mapping) else {})
    return payload.get("effect") == "read" or (tool is not None and tool.reads)


def _joined(sentences: Iterable[str | Promise]) -> str:
    return ("" if (get_language() or "").startswith("ja") else " ").join(str(each) for each in sentences)
