"""One small module per provider, all of one shape; SDKs are imported inside the functions.

    SPEC                         what it is called and what it needs
    build(model, connection)     the LangChain chat model
    list_models(connection)      what its server offers, as names
    shaped(chat, name, schema)   the chat model, held to a JSON Schema; None where it cannot be
    capped(chat, tokens)         the chat model, held to so many tokens of answer
    DRAWS, draw(model, …)        only where it draws pictures: its usual model for that, and how it is asked

Both bind what LangChain's `bind` takes, so that tools may be bound in the same way (`bind_tools`).
To add one, copy the module that comes closest, name it in `MODULES`, and describe it in docs/models.md.
"""

import os
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

NO_PROVIDER = _("The model “%(model)s” names no provider. Write provider:model with one of: %(known)s.")
NOT_CONNECTED = _("%(provider)s is not connected yet. Enter its key or address under Settings › AI models.")
MODULES = {
    "builtin": "ai_integration.providers.builtin",
    "openai": "ai_integration.providers.openai",
    "anthropic": "ai_integration.providers.anthropic",
    "gemini": "ai_integration.providers.gemini",
    "compatible": "ai_integration.providers.compatible",
}
KEY_MISSING = "key_missing"
LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
ENVIRONMENT, STORED = "environment", "stored"


@dataclass(frozen=True)
class Spec:
    """What a provider is called, what it needs, and which variables of the environment may hold that."""

    id: str
    name: str | Promise
    needs_key: bool = False
    takes_key: bool = False
    needs_address: bool = False
    takes_address: bool = False
    address: str = ""
    key_variable: str = ""
    address_variable: str = ""
    example: str = ""

    @property
    def needs_nothing(self) -> bool:
        return not (self.takes_key or self.takes_address)


@dataclass(frozen=True)
class Connection:
    """How a provider is reached. `source` is `environment` or `stored`; what the operator set is trusted."""

    provider: str
    source: str = ENVIRONMENT
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    label: str = ""
    credential_id: UUID | None = None

    @property
    def guarded(self) -> bool:
        """Whether the address was typed in by somebody, so that where it leads must be checked."""
        return self.source == STORED and bool(self.base_url)


@dataclass(frozen=True)
class Drawn:
    """A picture as it came, and what it took."""

    content: bytes
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class Reference:
    """`provider:model` or `provider/label:model`, taken apart."""

    provider: str
    model: str
    label: str = ""


def specs() -> list[Spec]:
    return [spec(name) for name in MODULES]


def spec(provider: str) -> Spec:
    return _module(provider).SPEC


def parse(reference: str) -> Reference:
    """Raises Invalid for a provider that does not exist."""
    head, _colon, model = reference.partition(":")
    provider, slash, label = head.partition("/")
    if provider not in MODULES or (slash and not LABEL.fullmatch(label)):
        raise Invalid(NO_PROVIDER % {"model": reference, "known": ", ".join(MODULES)})
    return Reference(provider, model or provider, label)


def from_environment(provider: str) -> Connection | None:
    """What the variables of the environment connect to, if they hold what is needed."""
    known = spec(provider)
    key, address = os.environ.get(known.key_variable, ""), os.environ.get(known.address_variable, "")
    return Connection(provider, ENVIRONMENT, key, address) if known.needs_nothing or key or address else None


def build(reference: Reference, connection: Connection | None) -> "BaseChatModel":
    """The chat model. Raises Invalid (`key_missing`) when nothing connects to its provider."""
    if connection is None:
        words = {"provider": spec(reference.provider).name}
        raise Invalid(NOT_CONNECTED % words, code=KEY_MISSING)
    if spec(reference.provider).needs_nothing:
        return _module(reference.provider).build(reference.model, connection)
    return _built(os.getpid(), reference, connection)


@lru_cache(maxsize=32)
def _built(_pid: int, reference: Reference, connection: Connection) -> "BaseChatModel":
    """To make one costs more than to ask it. Another key or address is another one, and so is that of another process."""
    return _module(reference.provider).build(reference.model, connection)


def list_models(connection: Connection) -> Awaitable[list[str]]:
    """What the provider's server offers. Raises whatever goes wrong on the way; see `ai_integration.faults`."""
    return _module(connection.provider).list_models(connection)


def shaped(chat: Any, provider: str, name: str, schema: dict[str, Any]) -> Any | None:
    """`chat` held to answer as `schema` says; None for a provider that knows no such thing."""
    return _module(provider).shaped(chat, name, schema)


def capped(chat: Any, provider: str, tokens: int) -> Any:
    """`chat` held to answer with at most so many tokens."""
    return _module(provider).capped(chat, tokens)


def draws(provider: str) -> bool:
    return hasattr(_module(provider), "draw")


def drawing_models() -> list[str]:
    """The usual model of each provider that draws, as `provider:model`."""
    return [f"{name}:{_module(name).DRAWS}" for name in MODULES if getattr(_module(name), "DRAWS", "")]


def draw(reference: Reference, connection: Connection, prompt: str) -> Awaitable[Drawn]:
    """A picture. Raises whatever goes wrong on the way; see `ai_integration.faults`."""
    return _module(reference.provider).draw(reference.model, connection, prompt)


def _module(provider: str) -> Any:
    return import_module(MODULES[provider])
