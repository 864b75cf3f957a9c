"""Who acts. A command's first argument is a user, or the platform itself."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SystemActor:
    """The platform acting for nobody in particular: the engine, the sweep, a first start. May do everything."""

    name: str = "system"
    pk: None = None
    is_authenticated: bool = True
    is_superuser: bool = True
    is_active: bool = True

    def __str__(self) -> str:
        return self.name

    def has_perm(self, _permission: str, _obj: object = None) -> bool:
        return True


SYSTEM = SystemActor()

# A user of `settings.AUTH_USER_MODEL`, or SYSTEM. Core knows no user model.
type Actor = Any
