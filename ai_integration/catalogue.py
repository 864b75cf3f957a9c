"""What is known of models: how much they take in, what they cost and what they can do."""

import re
import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("catalogue.toml")
ABILITIES = ("streaming", "structured", "tools", "images", "draws")
DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2}|\d{3}|latest)$")
MILLION = 1_000_000
CHARACTERS_PER_TOKEN = 4  # of Latin text; a full-width character is a token or less
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Profile:
    """`context` and `output` in tokens, prices in US dollars per million tokens; None is unknown.

    `edited` says whether somebody's own word stands in for the catalogue's.
    """

    reference: str
    context: int | None = None
    output: int | None = None
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    can: tuple[str, ...] = ()
    known: bool = False
    edited: bool = False

    @property
    def priced(self) -> bool:
        return self.price_in is not None and self.price_out is not None

    def cost(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        """US dollars; None where the price is unknown."""
        if self.price_in is None or self.price_out is None:
            return None
        return (self.price_in * tokens_in + self.price_out * tokens_out) / MILLION


def listed(reference: str) -> Profile:
    """What the catalogue says of `provider:model` or `provider/label:model`."""
    head, _colon, model = reference.partition(":")
    provider = head.partition("/")[0]
    if provider == "builtin":
        return Profile(
            reference, price_in=NOTHING, price_out=NOTHING, can=("streaming", "structured"), known=True
        )
    named = f"{provider}:{model}"
    found = _entries().get(named) or _entries().get(DATED.sub("", named))
    return replace(found, reference=reference) if found else Profile(reference, can=("streaming",))


def overridden(found: Profile, said: Any) -> Profile:
    """`found` with what a ModelProfile row says."""
    if said is None:
        return found
    fields = {name: getattr(said, name) for name in ("context", "output", "price_in", "price_out")}
    given = {name: value for name, value in fields.items() if value is not None}
    can = tuple(said.can) if said.can else found.can
    return replace(found, **given, can=can, edited=True)


def references() -> list[str]:
    return sorted(_entries())


def most_tokens(messages: list[dict[str, str]]) -> int:
    """How many tokens these messages take at most, for setting money aside: UTF-8 bytes bound every tokenizer in use."""
    return sum(len(each["content"].encode()) for each in messages) + 16 * len(messages)


def least_tokens(messages: list[dict[str, str]]) -> int:
    """How many they take at least, for knowing that they cannot fit."""
    return sum(len(each["content"]) for each in messages) // (CHARACTERS_PER_TOKEN * 2)


@cache
def _entries() -> dict[str, Profile]:
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {reference: _profile(reference, fields) for reference, fields in data.items()}


def _profile(reference: str, fields: dict[str, Any]) -> Profile:
    prices = [Decimal(each) for each in fields.get("price", ())] or [None, None]
    return Profile(
        reference, fields.get("context"), fields.get("output"), *prices, tuple(fields["can"]), known=True
    )
