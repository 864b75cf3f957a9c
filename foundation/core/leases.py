"""Leases: one worker at a time, by conditional update, on the database's clock, with a fencing number.

A worker that lost its lease finds out at its next write (`guard`) and stops. One thread per process renews
every lease the process holds. A lease whose process is known to be dead need not be waited for (`free_dead`).
"""

import itertools
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import close_old_connections, connection, models, transaction
from django.db.models import DateTimeField, F, Func, Q, Value
from django.db.models.functions import Now

from foundation.core.errors import LeaseLost
from foundation.core.forks import after_fork
from foundation.core.models import Leased
from foundation.core.prepared import Prepared
from foundation.core.processes import is_gone
from foundation.core.rows import update

FREED: dict[str, Any] = {"lease_owner": "", "lease_expires_at": None}
_life = uuid.uuid4().hex[:8]
_claims = itertools.count(1)


@dataclass(eq=False)
class Lease:
    """The right to work on one row, until it expires or somebody else claims it. `row` is how it read at the claim.

    `over` says that the last write of the work gave the lease back with it (`finish`).
    """

    model: type[Leased]
    pk: uuid.UUID
    owner: str
    fence: int
    row: Any = field(default=None, repr=False)
    over: bool = False

    def rows(self) -> models.QuerySet:
        return self.model._base_manager.filter(pk=self.pk, fence=self.fence, lease_owner=self.owner)


def free() -> Q:
    return Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())


def claim(
    model: type[Leased],
    pk: uuid.UUID,
    when: Q | None = None,
    *,
    related: tuple[str, ...] = (),
    **updates: Any,
) -> Lease | None:
    """Take the lease of one row, or None when another worker holds it or `when` does not hold for the row.

    `related` names what is read together with the row; `updates` are set in the same statement.
    """
    owner = _owner()
    taken = {"lease_owner": owner, "lease_expires_at": _expiry()} | updates
    rows = model._base_manager.filter(free(), when or Q(), pk=pk)
    if not rows.update(**taken, fence=F("fence") + 1, attempts=F("attempts") + 1):
        return None
    row = next(iter(_claimed(model, related)(pk, owner)), None)
    return None if row is None else Lease(model, pk, owner, row.fence, row)


@cache
def _claimed(model: type[Leased], related: tuple[str, ...]) -> Prepared:
    def of(pk: uuid.UUID, owner: str) -> models.QuerySet:
        return _with(model._base_manager.filter(pk=pk, lease_owner=owner), related).order_by()

    return Prepared(of, uuid.UUID, str)


def release(lease: Lease, **updates: int) -> None:
    if not lease.over:
        lease.rows().update(**FREED, **updates)


def finish(lease: Lease, when: dict[str, Any], **updates: Any) -> bool:
    """The last write of a work: set `updates` and give the lease back in one statement, so that the release is no write of
    its own. False, and nothing is written, when the row's fields are no longer as `when` says. Raises LeaseLost.

    Whoever else has `lease` at hand sees that it is over once the transaction is committed.
    """
    held = {"pk": lease.pk, "fence": lease.fence, "lease_owner": lease.owner}
    if not update(lease.model, held | when, FREED | {"attempts": 0} | updates):
        if not lease.rows().exists():
            raise LeaseLost
        return False

    def over() -> None:
        lease.over = True

    transaction.on_commit(over)
    return True


def progressed(lease: Lease) -> None:
    """Note that the work moved on: attempts count only what fails without any progress."""
    lease.rows().filter(attempts__gt=1).update(attempts=1)


def guard(lease: Lease, *related: str) -> Leased:
    """The leased row, locked until the commit. Every engine write calls this in its transaction. Raises LeaseLost.

    What `related` names is read with it, and not locked.
    """
    row = _with(lease.rows(), related).select_for_update(of=("self",)).first()
    if row is None:
        raise LeaseLost
    return row


def _with(rows: models.QuerySet, related: tuple[str, ...]) -> models.QuerySet:
    return rows.select_related(*related) if related else rows


@contextmanager
def kept(lease: Lease) -> Iterator[Lease]:
    """Renew `lease` in the background while the block runs, and release it at the end.

    A block that ends well clears the attempts; one that raises leaves them counted.
    """
    _keeper.add(lease)
    try:
        yield lease
    except BaseException:
        _keeper.remove(lease)
        release(lease)
        raise
    _keeper.remove(lease)
    release(lease, attempts=0)


def free_dead() -> int:
    """Free the leases of processes of this machine that are gone, so that nobody waits for them to expire.

    Returns how many. Sound beside other processes: only a process that certainly no longer runs loses its leases.
    """
    freed = 0
    for model in apps.get_models():
        if issubclass(model, Leased):
            held = model._base_manager.filter(lease_expires_at__gt=Now())
            dead = [
                owner for owner in held.values_list("lease_owner", flat=True).distinct() if _is_dead(owner)
            ]
            if dead:
                freed += held.filter(lease_owner__in=dead).update(**FREED)
    return freed


def _owner() -> str:
    # Another one for every claim: of two claims by one process, the later must not pass for the earlier.
    return f"{_place()}:{os.getpid()}:{_life}:{next(_claims)}"


def _place() -> str:
    """This machine as far as process numbers mean the same: in another container they are other processes."""
    namespace = ""
    with suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    return f"{socket.gethostname()[:40]}/{namespace[5:-1]}"


def _is_dead(owner: str) -> bool:
    place, pid, life = [*owner.rsplit(":", 3), "", "", ""][:3]
    if place != _place() or not pid.isdecimal():
        return False
    if int(pid) == os.getpid():
        return life != _life  # a number that came round again
    return is_gone(int(pid))


class _FromNow(Func):
    """The database's own time, plus a span such as "+12 seconds"."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **given: Any) -> Any:
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW', %(expressions)s)"
        return self.as_sql(compiler, connection, template=template, **given)

    def as_postgresql(self, compiler: Any, connection: Any, **given: Any) -> Any:
        template = "(STATEMENT_TIMESTAMP() + %(expressions)s::interval)"
        return self.as_sql(compiler, connection, template=template, **given)


def _expiry() -> Func:
    return _FromNow(Value(f"+{settings.LEASE_SECONDS} seconds"))


class _Keeper:
    def __init__(self) -> None:
        self._leases: set[Lease] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, lease: Lease) -> None:
        with self._lock:
            self._leases.add(lease)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)
                self._thread.start()

    def remove(self, lease: Lease) -> None:
        with self._lock:
            self._leases.discard(lease)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(settings.LEASE_SECONDS / 3):
            self._renew_all()

    def _renew_all(self) -> None:
        with self._lock:
            leases = list(self._leases)
        close_old_connections()
        try:
            for lease in leases:
                lease.rows().update(lease_expires_at=_expiry())
        except Exception:  # noqa: BLE001, S110 - the database may be away; the next round tries again, the fence protects
            pass
        finally:
            connection.close()


_keeper = _Keeper()


def _another_process() -> None:
    global _life, _claims, _keeper  # a child's claims are its own
    _life, _claims, _keeper = uuid.uuid4().hex[:8], itertools.count(1), _Keeper()


after_fork(_another_process)
