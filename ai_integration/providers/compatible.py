"""Every server that speaks OpenAI's protocol: Ollama, LM Studio, llama.cpp, vLLM, OpenRouter. The key is optional."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ai_integration.providers import Connection, Drawn, Spec, protocol

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

SPEC = Spec(
    "compatible",
    _("OpenAI-compatible server"),
    takes_key=True,
    needs_address=True,
    takes_address=True,
)


def build(model: str, connection: Connection) -> "ChatOpenAI":
    return protocol.build(model, connection, address="")


async def list_models(connection: Connection) -> list[str]:
    return await protocol.list_models(connection, address="")


shaped, capped = protocol.shaped, protocol.capped


async def draw(model: str, connection: Connection, prompt: str) -> Drawn:
    return await protocol.draw(model, connection, prompt, address="")
