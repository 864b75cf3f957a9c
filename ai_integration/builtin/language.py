"""The language to answer in."""

from typing import Literal

from ai_integration.builtin import text

Language = Literal["ja", "en"]


def of(asked: str, written: str) -> Language:
    """The language asked for by its code; where that is neither Japanese nor English, the one written in."""
    code = asked.strip().lower().replace("_", "-").split("-")[0]
    if code in {"ja", "jp", "日本語"}:
        return "ja"
    return "en" if code == "en" or not text.is_japanese(written) else "ja"
