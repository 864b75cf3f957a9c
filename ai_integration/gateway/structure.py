"""Asking for an answer of a shape in the way that the server understands: JSON Schema where it can, words where it cannot."""

import hashlib
import re
from functools import cache
from typing import Any

from ai_integration import providers
from ai_integration.faults import chain, status_of, words_of
from ai_integration.jobs import Shape
from ai_integration.providers import Connection, Reference
from foundation.core import soft_cache

PLAIN_SECONDS = 3600
# Servers turn the schema into a grammar and refuse long repetitions; what is left out is checked here afterwards.
LONGEST_REPETITION = 500
LENGTHS = {"maxLength", "maxItems"}
LEFT_OUT = {"default", "title", "description"}
SPEAKS_OF_IT = re.compile(
    r"response_format|json_schema|json schema|grammar|schema|output_config", re.IGNORECASE
)


class Structure:
    """How one call asks for its shape. `chat` is the model to ask; after `refused` it is asked in words alone.

    `streams` says that its answer is read as it comes, so that silence is noticed. The built-in secretary's is there at once.
    """

    def __init__(self, chat: Any, shape: type[Shape], reference: Reference, connection: Connection) -> None:
        self._plain = chat
        self.streams = reference.provider != "builtin"
        self._key = _remembered_as(reference, connection)
        held = (
            None if soft_cache.get(self._key) else providers.shaped(chat, reference.provider, *_asked(shape))
        )
        self.bound = held is not None
        self.chat = held if self.bound else chat

    def refused(self, error: Exception) -> bool:
        """Whether the server does not know this way of asking, so that it is asked anew. Remembered for an hour."""
        if not self.bound or status_of(error) not in (400, 422, 501) or not _speaks_of_it(error):
            return False
        soft_cache.keep(self._key, True, PLAIN_SECONDS)
        self.bound, self.chat = False, self._plain
        return True


def _remembered_as(reference: Reference, connection: Connection) -> str:
    told = repr((reference.provider, reference.model, connection.base_url))
    return f"no-schema:{hashlib.sha256(told.encode()).hexdigest()}"


@cache
def _asked(shape: type[Shape]) -> tuple[str, dict[str, Any]]:
    return shape.__name__, lean(shape.model_json_schema())


def lean(schema: Any, *, names: bool = False) -> Any:
    """The schema without what servers stumble over; `names` says that its keys are names of fields."""
    if isinstance(schema, list):
        return [lean(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if names or not _left_out(key, value)}
    return {
        key: lean(value, names=not names and key in ("properties", "$defs")) for key, value in kept.items()
    }


def _left_out(key: str, value: Any) -> bool:
    return key in LEFT_OUT or (key in LENGTHS and value > LONGEST_REPETITION)


def _speaks_of_it(error: Exception) -> bool:
    return any(SPEAKS_OF_IT.search(words_of(each)) for each in chain(error))
