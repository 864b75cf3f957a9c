"""The last guard before the log: whoever writes a line, it opens no door."""

import logging
import sys

import pytest

from foundation.core.logs import DiscreetFormatter

SECRET = "s3cr3t-0123456789-abcdef"


@pytest.mark.security("S15")
@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer {0}",
        "{{'authorization': 'Bearer {0}', 'x': 1}}",
        "GET /sign-in/?token={0} HTTP/1.1",
        "/ws/?ticket={0}&x=1",
        "postgres://me:{0}@db/name did not answer",
        'api_key="{0}"',
        '{{"password": "{0}"}}',
        "OPENAI_API_KEY={0}",
    ],
)
def test_a_line_of_the_log_names_no_secret(line: str) -> None:
    """Whoever logs it: the last guard before the file."""
    try:
        raise ValueError(line.format(SECRET))
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "%s", (line.format(SECRET),), sys.exc_info())
    said = DiscreetFormatter("%(message)s").format(record)
    assert SECRET not in said
    assert "Traceback" in said


def test_the_rest_of_a_line_stays() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "Token bucket of %s: secret: yes", ("ten",), None)
    assert DiscreetFormatter("%(message)s").format(record) == "Token bucket of ten: secret: yes"
