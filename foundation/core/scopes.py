"""What a token may be used for: part of what its person may do, never more.

A scope is `read`, `write` or one `resource:action` code. A person who came with a personal token has `scopes`; everybody
else has none and is limited by their rights alone. Asked wherever rights are: `.permitted()` and `require_permission()`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

READ, WRITE = "read", "write"
_named_only: set[str] = set()
_parts: dict[str, str] = {}


def register(*, named_only: Iterable[str] = (), parts: Mapping[str, str] | None = None) -> None:
    """Called from `AppConfig.ready`.

    `named_only`: resources that `write` does not reach; a script that writes reports has no business there unless it is said.
    `parts`: `{part of the API: resource}` where the part goes by another name than the resource it is about.
    """
    _named_only.update(named_only)
    _parts.update(parts or {})


def covers(user: Any, code: str) -> bool:
    """Whether what `user` came with reaches as far as `resource:action`."""
    scopes = getattr(user, "scopes", None)
    if scopes is None or code in scopes:
        return True
    resource, _, action = code.partition(":")
    if action == "view":
        return READ in scopes or WRITE in scopes
    return WRITE in scopes and resource not in _named_only


def covers_rows(user: Any, model: type[Any], action: str) -> bool:
    """The same for the rows of a model; a part is reached with what it is part of."""
    if getattr(user, "scopes", None) is None:
        return True
    return covers(user, f"{_resource(model)}:{action}")


def reaches(user: Any, segment: str) -> bool:
    """Whether a token has anything to do with the part of the API below `/api/v1/<segment>/`.

    Single rights speak of single kinds of things; this refuses what no row's rights would have caught.
    """
    scopes = getattr(user, "scopes", None)
    if scopes is None or READ in scopes or WRITE in scopes or segment == "auth":
        return True
    resource = _parts.get(segment, segment.removesuffix("s").replace("-", "_"))
    return any(scope.partition(":")[0] == resource for scope in scopes)


def only_reads(user: Any) -> bool:
    """Whether what `user` came with changes nothing at all."""
    scopes = getattr(user, "scopes", None)
    return scopes is not None and all(scope == READ or scope.endswith(":view") for scope in scopes)


def _resource(model: type[Any]) -> str:
    """What a model calls itself (`resource`), else what it is part of, else its name."""
    named = getattr(model, "resource", None)
    through = getattr(model, "permitted_through", None)
    if named is None and through:
        return _resource(model._meta.get_field(through).related_model)
    return named or model._meta.model_name
