"""OpenAI itself. OPENAI_BASE_URL leads the same key to another server of its protocol."""

from typing import TYPE_CHECKING

from ai_integration.providers import Connection, Drawn, Spec, protocol

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

ADDRESS = "https://api.openai.com/v1"
DRAWS = "gpt-image-1-mini"
SPEC = Spec(
    "openai",
    "OpenAI",
    needs_key=True,
    takes_key=True,
    address=ADDRESS,
    key_variable="OPENAI_API_KEY",
    address_variable="OPENAI_BASE_URL",
)


def build(model: str, connection: Connection) -> "ChatOpenAI":
    return protocol.build(model, connection, address=ADDRESS)


async def list_models(connection: Connection) -> list[str]:
    return await protocol.list_models(connection, address=ADDRESS)


shaped, capped = protocol.shaped, protocol.capped


async def draw(model: str, connection: Connection, prompt: str) -> Drawn:
    return await protocol.draw(model, connection, prompt, address=ADDRESS)
