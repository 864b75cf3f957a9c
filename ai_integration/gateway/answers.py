"""From a model's text to an answer of the right shape."""

import json
from collections.abc import Callable

from pydantic import ValidationError

from ai_integration.jobs import Shape


class Unfit(Exception):
    """The text is not an answer of the shape. The message is fit to be sent back to the model."""


def parse[T: Shape](text: str, shape: type[T], check: Callable[[T], None] | None = None) -> T:
    """The JSON object in `text` (alone, fenced, or amid prose) as `shape`. Raises Unfit."""
    try:
        answer = shape.model_validate(_json_object(text))
        if check:
            check(answer)
    except ValidationError as error:
        raise Unfit(_summary(error)) from error
    except RecursionError as error:
        raise Unfit("it is nested too deeply") from error
    except ValueError as error:
        raise Unfit(str(error)) from error
    return answer


def repair_message(text: str, error: Unfit) -> list[dict[str, str]]:
    """What to say to a model whose answer did not fit."""
    complaint = f"That answer cannot be used: {error}\nAnswer again with the corrected JSON object only."
    return [{"role": "assistant", "content": text or "(nothing)"}, {"role": "user", "content": complaint}]


def _json_object(text: str) -> object:
    start = text.find("{")
    if start < 0:
        raise ValueError("it holds no JSON object")
    # A NUL means nothing in a text, and PostgreSQL refuses to store it.
    return json.JSONDecoder().raw_decode(text[start:].replace(r"\u0000", ""))[0]


def _summary(error: ValidationError) -> str:
    lines = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:8]]
    return "; ".join(lines)


def holds_json(text: str) -> bool:
    """Whether a whole JSON object stands in `text`."""
    try:
        _json_object(text)
    except (ValueError, RecursionError):
        return False
    return True
