"""The one way to write small JSON down, so that two who hash it come to the same."""

import hashlib
import json
from typing import Any


def canonical(content: Any) -> str:
    """`content` as JSON: keys sorted, no spaces, UTF-8 as it is."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(content: Any) -> str:
    """The SHA-256 of the canonical form, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()
