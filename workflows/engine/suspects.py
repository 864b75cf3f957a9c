"""Work that was lost twice with its process is tried alone.

A process takes everything along that it was doing, so the first two losses accuse the innocent too. Of those who are tried
alone only one can be to blame, and the others go on.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.models import Q

from foundation.core.leases import Lease

_alone = threading.Lock()


@contextmanager
def claimed(claim: Callable[[Q], Lease | None]) -> Iterator[Lease | None]:
    """The lease that `claim(when)` takes, or None when there is none to take or when the work's turn has not come.

    What has to wait for its turn is found again by the sweep.
    """
    last_chance = settings.MAX_ATTEMPTS_WITHOUT_PROGRESS - 1
    lease = claim(Q(attempts__lt=last_chance))
    if lease:
        yield lease
    elif _alone.acquire(blocking=False):
        try:
            yield claim(Q(attempts__gte=last_chance))
        finally:
            _alone.release()
    else:
        yield None
