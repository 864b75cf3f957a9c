"""Guessing passwords made slow, without a way to keep anybody out for good.

Attempts are counted before the password is looked at, so that fifty at once are fifty. They count per name and address, and
per name from everywhere. A lock ends LOCK_SECONDS after the first attempt that led to it, however many follow. A browser
in which somebody signed in before has a count of its own: what others try does not lock it. Names that nobody has are
counted like all others, so that a lock tells nothing.
"""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import User
from foundation.core.counting import count, forget
from foundation.core.errors import TooMany
from foundation.core.origins import address_of

LOCK_SECONDS = 15 * 60
HERE, EVERYWHERE = 10, 50
KNOWN_COOKIE = "hisho_known"
KNOWN_DAYS = 365
_SALT = "known browser"

LOCKED = _("Too many attempts. Wait a quarter of an hour, or sign in where you signed in before.")


@dataclass(frozen=True)
class Attempt:
    """One try at a password. `keys` are the counts it goes to, with what each allows."""

    keys: dict[str, int]


def attempt_at(request: Any, username: str) -> Attempt:
    name = _name(username)
    browser = _known_browser(request.COOKIES.get(KNOWN_COOKIE, ""), name)
    if browser:
        return Attempt({f"attempt:browser:{browser}": HERE})
    address = _digest(address_of(request))
    return Attempt({f"attempt:here:{name}:{address}": HERE, f"attempt:everywhere:{name}": EVERYWHERE})


def confirmation(user: User) -> Attempt:
    """A try at one's own password, by somebody who is signed in already."""
    return Attempt({f"attempt:confirm:{user.pk}": HERE})


def begin(attempt: Attempt) -> bool:
    """Count it. Returns whether it is the last one before the lock. Raises TooMany when it is locked.

    Where one count is full the next is not touched: else one address could fill the count of all.
    """
    is_last = False
    for key, limit in attempt.keys.items():
        counted = count(key, LOCK_SECONDS)
        if counted.used > limit:
            raise TooMany(LOCKED, retry_after=counted.seconds_left)
        is_last = is_last or counted.used == limit
    return is_last


def succeeded(attempt: Attempt) -> None:
    forget(*attempt.keys)


def unlock(username: str) -> None:
    """Forget what was tried at this name from everywhere."""
    forget(f"attempt:everywhere:{_name(username)}")


def known_browser_of(user: User) -> str:
    """What the browser of somebody who has just signed in keeps."""
    return signing.dumps({"name": _name(user.username), "browser": secrets.token_urlsafe(9)}, salt=_SALT)


def _known_browser(cookie: str, name: str) -> str:
    """The id of a browser in which this name signed in before; empty when the cookie does not say so."""
    try:
        kept = signing.loads(cookie, salt=_SALT, max_age=KNOWN_DAYS * 24 * 3600)
    except signing.BadSignature:
        return ""
    return kept["browser"] if kept.get("name") == name else ""


def _name(username: str) -> str:
    return _digest(unicodedata.normalize("NFKC", username).casefold())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
