"""Rate limits per user and scope, from `settings.RATE_LIMITS` (requests a minute), told in headers on every answer."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from foundation.core.counting import count_within
from foundation.core.origins import address_of

if TYPE_CHECKING:  # DRF's views load this module while they are being loaded themselves
    from rest_framework.views import APIView

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Standing:
    """Where somebody stands with a limit. `reset` is the end of the window, in seconds since 1970."""

    limit: int
    remaining: int
    reset: int
    allowed: bool
    retry_after: int


class ScopedThrottle(BaseThrottle):
    """Per user, or per address before sign-in."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        self.standing = standing(_scope(request, view), _who(request))
        request._request.rate_limit = self.standing
        return self.standing.allowed

    def wait(self) -> float:
        return float(self.standing.retry_after)


class RateLimitHeaders:
    """Mixin for views: `X-RateLimit-*` from what the throttle counted."""

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        counted = getattr(getattr(request, "_request", request), "rate_limit", None)
        if counted:
            tell(response, counted)
        return response


def tell(response: Any, counted: Standing) -> None:
    response.headers["X-RateLimit-Limit"] = str(counted.limit)
    response.headers["X-RateLimit-Remaining"] = str(counted.remaining)
    response.headers["X-RateLimit-Reset"] = str(counted.reset)


def standing(scope: str, who: str) -> Standing:
    """Count one use of `scope` by `who`.

    The minute before counts as far as it reaches into the last sixty seconds, so that nobody gets twice the limit at the
    turn of a minute. What was refused before does not count there.
    """
    limit, now = settings.RATE_LIMITS[scope], time.time()
    used, before = count_within(f"rate:{scope}:{who}", WINDOW_SECONDS, now)
    before = min(before, limit)
    passed = now % WINDOW_SECONDS
    left = limit - used - before * (1 - passed / WINDOW_SECONDS)
    reset = int(now // WINDOW_SECONDS + 1) * WINDOW_SECONDS
    wait = _wait(limit, used, before, passed)
    return Standing(limit, max(0, math.floor(left)), reset, left >= 0, wait)


def _wait(limit: int, used: int, before: int, passed: float) -> int:
    """Seconds until one more would be allowed: when enough of the minute before has gone by, or of this one."""
    room = limit - used - 1
    if room >= 0:
        wait = WINDOW_SECONDS * (1 - room / before) - passed if before else 0
    else:
        wait = WINDOW_SECONDS - passed + WINDOW_SECONDS / limit
    return max(1, math.ceil(wait))


def hit(scope: str, who: str) -> bool:
    """Count one use of `scope` by `who`; True while it is within the limit. For edges that are not DRF views."""
    return standing(scope, who).allowed


def _scope(request: Request, view: "APIView") -> str:
    scopes = getattr(view, "throttle_scopes", {})
    return scopes.get(getattr(view, "action", None) or request.method.lower(), "default")


def _who(request: Request) -> str:
    known = request.user and request.user.is_authenticated
    return str(request.user.pk) if known else address_of(request)
