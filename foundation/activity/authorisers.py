"""Who may follow which stream. Upper rooms register one function per stream kind."""

from collections.abc import Callable
from typing import Any

type Authoriser = Callable[[Any, str], bool]

_authorisers: dict[str, Authoriser] = {}


def register(kind: str, may_follow: Authoriser) -> None:
    """`may_follow(user, object_id)` answers for streams named `<kind>:<object_id>`."""
    _authorisers[kind] = may_follow


def may_follow(user: Any, stream: str) -> bool:
    kind, _, object_id = stream.partition(":")
    authoriser = _authorisers.get(kind)
    return bool(authoriser and authoriser(user, object_id))


def _inbox(user: Any, user_id: str) -> bool:
    return str(user.pk) == user_id


def _system(user: Any, _object_id: str) -> bool:
    return user.is_authenticated and user.is_superuser


register("inbox", _inbox)
register("system", _system)
