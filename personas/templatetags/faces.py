"""The face of a secretary."""

from typing import Any

from django import template

from personas import icons
from personas.contexts import model_word

register = template.Library()


@register.inclusion_tag("personas/face.html")
def face(persona: Any) -> dict[str, Any]:
    """Its own picture, a sign on a colour, or the initial of the name."""
    preset = icons.PRESETS.get(persona.icon.removeprefix(icons.PREFIX)) if persona.icon else None
    return {"url": persona.icon_url, "preset": preset, "initial": persona.name[:1]}


@register.filter
def model_named(persona: Any, default: str = "") -> str:
    return model_word(persona.model, default)
