"""The built-in secretary: no key, no network, no generative AI."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ai_integration.providers import Connection, Spec

if TYPE_CHECKING:
    from ai_integration.builtin.model import BuiltinSecretary

SPEC = Spec("builtin", _("Built-in secretary (no generative AI)"))


def build(_model: str, _connection: Connection) -> "BuiltinSecretary":
    from ai_integration.builtin.model import BuiltinSecretary

    return BuiltinSecretary(delay_ms=settings.BUILTIN_DELAY_MS, pace_ms=settings.BUILTIN_PACE_MS)


async def list_models(_connection: Connection) -> list[str]:
    return []


def shaped(_chat: Any, _name: str, _schema: dict[str, Any]) -> None:
    """Its answers have the shape by themselves."""


def capped(chat: Any, _tokens: int) -> Any:
    return chat
