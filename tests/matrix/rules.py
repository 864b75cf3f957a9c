"""What the five people get on a route."""

from dataclasses import dataclass, field
from typing import Any

PEOPLE = ("anonymous", "stranger", "viewer", "member", "owner")

OPEN = ("ok", "ok", "ok", "ok", "ok")
SIGNED_IN = ("in", "ok", "ok", "ok", "ok")
SEE = ("in", "no", "ok", "ok", "ok")
WORK = ("in", "no", "not", "ok", "ok")
MANAGE = ("in", "no", "not", "not", "ok")
OWN = ("in", "no", "no", "no", "ok")
MEMBERS = ("in", "ok", "not", "ok", "ok")  # roles that say `…:create`
OWNERS = ("in", "not", "not", "not", "ok")  # a role of administrators
NOBODY = ("in", "no", "no", "no", "no")

LIST = "list"


@dataclass(frozen=True)
class On:
    """What a route hangs on, and its rules by method. `also` fills the rest of the address, once per value."""

    thing: str = ""
    also: tuple[dict[str, Any], ...] = ({},)
    rules: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shows: str = ""
    query: str = ""


def on(thing: str = "", *, also: Any = ({},), shows: str = "", query: str = "", **rules: Any) -> On:
    return On(thing, tuple(also), rules, shows, query)


def actions(*names: str) -> list[dict[str, Any]]:
    return [{"action": name} for name in names]


def listing(shows: str, **rules: Any) -> On:
    """A list: everybody who is signed in, each with what they may see. `shows` is a thing that must be in it then."""
    return on(shows=shows, get=SIGNED_IN, **rules)


SHARED_KINDS = (
    "persona", "personateam", "project", "workflow", "plan", "discussion", "vault", "source", "credential",
)  # fmt: skip
