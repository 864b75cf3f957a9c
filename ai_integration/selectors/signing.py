"""Reading what came of a sign-in, for whoever calls the server: no edge reads this."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ai_integration.models import McpSignIn


@dataclass(frozen=True)
class Held:
    """What the last sign-in left. `tokens` has `access`, `refresh`, `endpoint` and `resource`, or nothing; `revocation` (empty:
    nothing takes them back) and `scope` only where the sign-in is not older than those are."""

    grant: UUID
    issuer: str
    client: dict[str, str] = field(repr=False)
    tokens: dict[str, str] = field(repr=False)
    expires_at: datetime | None


def sign_in_held(server_id: UUID) -> Held | None:
    """None where nobody ever signed in. Raises Unavailable when it cannot be decrypted."""
    row = McpSignIn.objects.filter(server_id=server_id).first()
    if row is None:
        return None
    tokens = json.loads(row.tokens) if row.tokens else {}
    return Held(row.grant, row.issuer, json.loads(row.client), tokens, row.expires_at)
