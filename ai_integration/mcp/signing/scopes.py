"""What a sign-in is asked for: words of a stranger, apart by blanks (RFC 6749, 3.3)."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

LONGEST = 2000
_WORD = re.compile(r"[!#-\[\]-~]+")


def is_sound(scope: str) -> bool:
    return len(scope) <= LONGEST and all(_WORD.fullmatch(each) for each in scope.split())


def together(*scopes: str) -> str:
    """All of them, each word once, in the order in which they came."""
    return " ".join(dict.fromkeys(word for each in scopes for word in each.split()))


def beyond(scope: str, held: str) -> str:
    """What `scope` has and `held` has not."""
    known = set(held.split())
    return " ".join(word for word in scope.split() if word not in known)


def lacking(answer: "httpx2.Response") -> str:
    """The scope without which the server refuses the request, if that is why it does and it says so soundly."""
    from mcp.client.auth.utils import extract_field_from_www_auth, extract_scope_from_www_auth

    if answer.status_code != 403 or extract_field_from_www_auth(answer, "error") != "insufficient_scope":
        return ""
    scope = extract_scope_from_www_auth(answer) or ""
    return together(scope) if is_sound(scope) else ""
