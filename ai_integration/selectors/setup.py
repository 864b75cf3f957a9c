"""All that decides how a call is made: choices, profiles, rate, budgets, and who may take which way.

One small query per call asks whether any of it has changed; only then it is read again. So a change counts at once, in
every process, and a call does not pay for reading the same again. Keys stay encrypted until a call needs them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, TextField
from django.db.models.functions import Cast

from ai_integration import catalogue
from ai_integration.catalogue import Profile
from ai_integration.models import Budget, Credential, ExchangeRate, ModelChoice, ModelProfile
from ai_integration.providers import STORED, Connection
from foundation.core.crypto import decrypt

CURRENCY = "JPY"
USUAL_RATE = Decimal(150)  # until somebody says what a dollar costs today
PART = "(SELECT COUNT(*) FROM {table}), (SELECT MAX(updated_at) FROM {table})"
WATCHED = (ModelChoice, ModelProfile, ExchangeRate, Budget, Credential)


@dataclass(frozen=True)
class Way:
    """A stored connection, its key still sealed."""

    pk: UUID
    owner_id: UUID
    shared: bool
    provider: str
    label: str
    base_url: str
    sealed: str
    hint: str = ""

    def serves(self, owner_id: UUID | None) -> bool:
        """Whether work of this person may take it without anybody having lent it to them."""
        return self.shared or self.owner_id == owner_id

    def open(self) -> Connection:
        """Raises Unavailable when none of ENCRYPTION_KEYS opens the key."""
        key = decrypt(self.sealed) if self.sealed else ""
        return Connection(self.provider, STORED, key, self.base_url, self.label, self.pk)


@dataclass(frozen=True)
class Setup:
    choices: Mapping[str, ModelChoice]
    said: Mapping[str, ModelProfile]
    rate: Decimal
    budgets: Sequence[Budget]
    ways: Sequence[Way]

    def profile(self, reference: str) -> Profile:
        """Somebody's own word for exactly this model, else the catalogue's."""
        return catalogue.overridden(catalogue.listed(reference), self.said.get(reference))

    def usable(self, owner_id: UUID | None, provider: str, lent: Collection[UUID] = ()) -> list[Way]:
        """Stored ways that work of this person may take: their own first, then shared ones and those `lent` to them."""
        mine = [
            way for way in self.ways if way.provider == provider and (way.serves(owner_id) or way.pk in lent)
        ]
        return sorted(mine, key=lambda way: (way.owner_id != owner_id, way.label))


_known: dict[str, tuple[Any, Setup]] = {}


def setup() -> Setup:
    """How things stand now. One query; six more after a change."""
    stamp, held = _stamp(), _known.get("last")
    if held is None or held[0] != stamp:
        held = _known["last"] = (stamp, _read())
    return held[1]


def _stamp() -> Any:
    """Another one whenever a row of WATCHED was made, changed or deleted."""
    parts = [PART.format(table=model._meta.db_table) for model in WATCHED]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts))
        return (connection.settings_dict["NAME"], *cursor.fetchone())


def _read() -> Setup:
    sealed = Credential.objects.annotate(sealed=Cast(F("api_key"), TextField())).order_by(
        "label", "-updated_at"
    )
    fields = ("pk", "owner_id", "shared", "provider", "label", "base_url", "sealed", "hint")
    rate = ExchangeRate.objects.filter(currency=CURRENCY).values_list("per_dollar", flat=True).first()
    return Setup(
        choices={row.purpose: row for row in ModelChoice.objects.select_related("changed_by")},
        said={row.reference: row for row in ModelProfile.objects.all()},
        rate=rate or USUAL_RATE,
        budgets=list(Budget.objects.select_related("owner").order_by("pk")),
        ways=[Way(*row) for row in sealed.values_list(*fields)],
    )


def known_references() -> list[str]:
    """Every model that the catalogue knows."""
    return catalogue.references()
