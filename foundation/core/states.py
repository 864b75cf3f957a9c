"""Status fields move only through a table, by conditional update."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.utils import timezone

from foundation.core.errors import Conflict, IllegalTransition
from foundation.core.rows import update


class Transitions:
    """Which status may follow which. `table` maps each status to those that may come next."""

    def __init__(self, table: Mapping[str, Iterable[str]], *, field: str = "status") -> None:
        self.table = {status: frozenset(targets) for status, targets in table.items()}
        self.field = field

    def allows(self, current: str, target: str) -> bool:
        return target in self.table[current]

    @property
    def terminal(self) -> frozenset[str]:
        return frozenset(status for status, targets in self.table.items() if not targets)

    def step(self, model: type[Model], current: str, target: str) -> dict[str, Any]:
        """What a conditional update sets to move rows of `model` that are `current`. Raises IllegalTransition."""
        if not self.allows(current, target):
            raise IllegalTransition(model._meta.model_name, current, target)
        return {self.field: target, "updated_at": timezone.now()}

    def move(self, obj: Model, target: str, **updates: Any) -> str:
        """Move `obj` to `target`, setting `updates` in the same statement; return the status it had.

        Raises IllegalTransition when the table forbids it, Conflict when another writer moved it first.
        """
        current = getattr(obj, self.field)
        updates |= self.step(type(obj), current, target)
        moved = update(type(obj), {"pk": obj.pk, self.field: current}, updates)
        if not moved:
            raise Conflict(details={"kind": obj._meta.model_name, "id": str(obj.pk), "expected": current})
        for name, value in updates.items():
            setattr(obj, name, value)
        return current
