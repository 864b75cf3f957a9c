"""The result of reading a request in one language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """`questions` holds two or more separate questions; a single one is an aspect of its topic."""

    topic: str = ""
    things: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    comparing: bool = False
    asking: bool = False
