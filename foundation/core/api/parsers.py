"""JSON that the rest of the platform can store: no endless nesting, no NUL, no half of a surrogate pair."""

import io
import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")

TOO_DEEP = _("This JSON is nested too deeply.")
BAD_TEXT = _("A text holds a NUL or half of a surrogate pair.")


class StrictJSONParser(JSONParser):
    def parse(self, stream: IO[bytes], media_type: str | None = None, context: Mapping | None = None) -> Any:
        """The parsed body. Raises ParseError (400)."""
        raw = stream.read()
        try:
            data = super().parse(io.BytesIO(raw), media_type, context)
        except RecursionError as error:
            raise ParseError(TOO_DEEP) from error
        if _SUSPECT.search(raw):
            _check_texts(data)
        return data


def _check_texts(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ParseError(BAD_TEXT) from error
    if r"\u0000" in text.replace(r"\\", ""):
        raise ParseError(BAD_TEXT)
