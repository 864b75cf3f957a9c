"""What can go wrong, in the platform's own words. Edges turn every DomainError into the one error shape."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What a 401 says in WWW-Authenticate.
CHALLENGE = 'Bearer realm="hisho"'


class DomainError(Exception):
    """An error a person can act on.

    `code` is stable and documented, `message` is for people, `status` is the HTTP status, `details` is JSON.
    """

    code = "error"
    status = 400
    message: str | Promise = _("The request could not be carried out.")

    def __init__(
        self,
        message: str | Promise | None = None,
        *,
        code: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.code = code or type(self).code
        self.details = details or {}
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class Invalid(DomainError):
    code, status, message = "invalid", 422, _("Some of the input is not valid.")


class NotAuthenticated(DomainError):
    code, status, message = "not_authenticated", 401, _("Sign in first.")


class NotFound(DomainError):
    code, status, message = "not_found", 404, _("This does not exist, or you may not see it.")


class Forbidden(DomainError):
    code, status, message = "forbidden", 403, _("You may see this, but not do that.")


class Conflict(DomainError):
    code, status, message = "conflict", 409, _("Someone else was faster, or the state no longer allows this.")


class IllegalTransition(Conflict):
    code = "illegal_transition"

    def __init__(self, kind: str, current: str, target: str) -> None:
        message = _("A %(kind)s that is %(current)s cannot become %(target)s.")
        words = {"kind": kind, "current": current, "target": target}
        super().__init__(str(message) % words, details=words)


class LeaseLost(DomainError):
    """Another worker holds the lease now; whoever gets this stops at once and writes nothing more."""

    code, status, message = "lease_lost", 409, _("Another worker has taken this over.")


class Unavailable(DomainError):
    code, status, message = "unavailable", 503, _("A part of the platform does not answer at the moment.")


class TooMany(DomainError):
    """`details.retry_after` is in seconds; edges tell it as `Retry-After` too."""

    code, status, message = "too_many_attempts", 429, _("Too many attempts. Wait, and try again.")

    def __init__(self, message: str | Promise | None = None, *, retry_after: int) -> None:
        super().__init__(message, details={"retry_after": retry_after})
