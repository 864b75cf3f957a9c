"""Icons that a persona may be given by name. Data: a preset is a sign on a colour."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PREFIX = "preset:"


@dataclass(frozen=True)
class Preset:
    """`symbol` is one emoji, `colour` the CSS colour behind it."""

    name: str
    label: str | Promise
    symbol: str
    colour: str


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("compass", _("Compass: planning"), "🧭", "#dbe7f3"),
        Preset("magnifier", _("Magnifier: research"), "🔎", "#e3eedd"),
        Preset("chart", _("Chart: analysis"), "📊", "#ece3f2"),
        Preset("pen", _("Pen: writing"), "🖋️", "#f5e9d6"),
        Preset("scales", _("Scales: review"), "⚖️", "#e6e6e6"),
        Preset("books", _("Books: library"), "📚", "#f1dfd8"),
        Preset("calendar", _("Calendar: schedules"), "📅", "#dcecec"),
        Preset("letter", _("Letter: correspondence"), "✉️", "#f3ecdb"),
        Preset("abacus", _("Abacus: accounts"), "🧮", "#efe3da"),
        Preset("gear", _("Gear: technology"), "⚙️", "#dfe4e8"),
        Preset("bulb", _("Bulb: ideas"), "💡", "#f7f0cf"),
        Preset("owl", _("Owl: advice"), "🦉", "#e8dfd3"),
    )
}


def reference(name: str) -> str:
    """What a persona's `icon` holds for the preset `name`."""
    return f"{PREFIX}{name}"


def known(icon: str) -> bool:
    return icon.removeprefix(PREFIX) in PRESETS if icon.startswith(PREFIX) else not icon
