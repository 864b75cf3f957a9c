"""What the page of the audit trail shows."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from foundation.activity import selectors
from foundation.activity.chain import FAULTS
from foundation.activity.models import AuditChain, AuditEntry
from foundation.core.paging import Page, paged
from foundation.core.permissions import require_permission


@dataclass(frozen=True)
class AuditPage:
    """`verified` is the entry of the last verification."""

    page: Page
    chain: AuditChain | None
    unsealed: int
    verified: AuditEntry | None
    may_export: bool

    @property
    def outcome(self) -> dict[str, Any]:
        """What came of the last verification: `ok`, `sealed`, and where it fails `fault` and `row`."""
        return self.verified.data.get("data", {}) if self.verified else {}

    @property
    def fault(self) -> str:
        said = self.outcome
        if not self.verified or said.get("ok"):
            return ""
        words = {"number": said.get("row", "?"), "fault": FAULTS.get(str(said.get("fault")), "")}
        return _("Row %(number)s %(fault)s.") % words


def audit_page(user: Any, *, narrowed: dict[str, Any] | None, cursor: str = "") -> AuditPage:
    """Raises Forbidden without `audit:view`. `narrowed` is for `selectors.audit_narrowed`; None shows no entry."""
    require_permission(user, "audit:view")
    none = AuditEntry.objects.none()
    rows = none if narrowed is None else selectors.audit_narrowed(user, **narrowed)
    chain, unsealed = selectors.audit_chain()
    return AuditPage(
        page=paged(rows, cursor, by="at"),
        chain=chain,
        unsealed=unsealed,
        verified=selectors.audit_verified(),
        may_export=user.is_superuser or "audit:export" in user.permission_codes,
    )
