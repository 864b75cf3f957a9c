"""Lines of the log without what opens doors. Libraries that log what they send are kept quiet besides (settings.LOGGING)."""

import logging
import re

HIDDEN = "[hidden]"
_SECRETS = re.compile(
    r"(?P<before>\b(?:Bearer|Basic|Token)\s+(?=\S{16})"
    r"|(?:api[_-]?key|access|refresh|token|ticket|password|secret|authorization)[\"']?\s*[=:]\s*[\"']?"
    r"|//[^\s/:@]+:(?=[^\s/@]+@))"
    r"(?!(?:Bearer|Basic|Token)\b)[^\s\"'&,;@)}\]]{6,}",
    re.IGNORECASE,
)


class DiscreetFormatter(logging.Formatter):
    """Tokens, keys and passwords are hidden wherever they are named, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRETS.sub(rf"\g<before>{HIDDEN}", super().format(record))
