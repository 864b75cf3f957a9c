"""Asking for text as the model writes it: what others than us put to a model, and read themselves."""

from typing import Any

from ai_integration.jobs import Shape


class Said(Shape):
    """What a model said. No shape is asked for, so no text is unfit."""

    text: str


class Plain:
    """Stands where `Structure` stands; the server is told of no schema."""

    bound = False

    def __init__(self, chat: Any, provider: str) -> None:
        self.chat, self.streams = chat, provider != "builtin"

    def refused(self, _error: Exception) -> bool:
        return False


def as_said(text: str) -> Said:
    return Said(text=text.replace("\x00", ""))  # PostgreSQL refuses to store it
