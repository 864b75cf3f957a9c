"""What a tool answered, as data: text of a bounded size. Whatever it says, it is material, never an order."""

import json
from dataclasses import dataclass
from typing import Any

MOST_TEXT = 60_000  # characters
MOST_STRUCTURED = 60_000


@dataclass(frozen=True)
class Result:
    """`is_error` is what the tool itself says about its answer; `left_out` counts characters beyond what is kept.

    `waited` is how many seconds other calls had the turn before.
    """

    text: str = ""
    structured: Any = None
    is_error: bool = False
    left_out: int = 0
    waited: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "structured": self.structured,
            "is_error": self.is_error,
            "left_out": self.left_out,
        }


def as_data(answer: Any) -> Result:
    """The SDK's CallToolResult. Pictures and files are named, not kept."""
    text = "\n".join(_words(each) for each in answer.content).replace("\x00", "")
    structured = answer.structured_content
    if structured is not None:
        told = json.dumps(structured, ensure_ascii=False, default=str).replace("\\u0000", "")
        structured = json.loads(told) if len(told) <= MOST_STRUCTURED else None
        text = text or told
    return Result(text[:MOST_TEXT], structured, bool(answer.is_error), max(0, len(text) - MOST_TEXT))


def _words(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type == "resource_link":
        return f"[{block.name}: {block.uri}]"
    if block.type == "resource":
        inner = getattr(block.resource, "text", None)
        return f"[{block.resource.uri}]\n{inner}" if inner is not None else f"[{block.resource.uri}]"
    kind = getattr(block, "mime_type", "") or block.type
    return f"[{kind}, {len(getattr(block, 'data', '')) * 3 // 4} bytes]"
