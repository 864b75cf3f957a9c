"""Why work stops: what is tried again, and what is said when it is not."""

import logging

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import DomainError

logger = logging.getLogger(__name__)

WORKER_LOST = _("The worker was lost three times at the same place.")
BROKEN = _("Something broke inside the platform, three times at the same place.")


def honest(error: Exception, attempts: int) -> DomainError:
    """`error` as a reason to stop. What is no DomainError is raised again, to be tried again, until attempts run out."""
    if isinstance(error, DomainError):
        return error
    if attempts < settings.MAX_ATTEMPTS_WITHOUT_PROGRESS:
        raise error
    logger.error("Given up after %d attempts", attempts, exc_info=error)
    return DomainError(BROKEN, code="internal", details={"reason": type(error).__name__})


def reason_of(error: DomainError) -> str:
    """One sentence for people, with the detail that the error carries."""
    detail = error.details.get("reason", "")
    return f"{error} ({detail})" if detail else str(error)
