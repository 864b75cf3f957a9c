"""How models are reached, and which of them does what."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.core.crypto import EncryptedTextField
from foundation.core.models import BaseModel, SharedWithGroup, SharedWithUser
from foundation.core.permissions import PermittedQuerySet, holds_code, level_permissions, permission_q


class CredentialQuerySet(PermittedQuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """One's own, what was shared with one, and those that serve everybody as far as a role says `credential:<action>`."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        q = permission_q(Credential, user, action)
        code = {"view": "view", "comment": "view", "operate": "view", "delete": "delete"}.get(
            action, "change"
        )
        return self.filter(q | Q(shared=True) if holds_code(user, f"credential:{code}") else q)


class Credential(BaseModel):
    """How a provider is reached: a key, an address, or both. The key goes in and never comes out again.

    `label` tells several of one provider apart (`compatible/lab:model`). A `shared` one serves everybody's work; one
    that was shared at `operate` or above serves the work of those with whom it was.
    `test_code` says how the last test went (see `ai_integration.faults`), empty when there was none since the last change.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="credentials")
    provider = models.CharField(max_length=40)
    label = models.CharField(max_length=30, blank=True)
    api_key = EncryptedTextField(blank=True, default="")
    hint = models.CharField(max_length=4, blank=True)
    base_url = models.CharField(max_length=300, blank=True)
    shared = models.BooleanField(default=False)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_code = models.CharField(max_length=30, blank=True)
    test_detail = models.JSONField(default=dict, blank=True)

    objects = CredentialQuerySet.as_manager()

    class Meta(BaseModel.Meta):
        permissions = level_permissions("credential")
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "provider", "label"), name="one_credential_per_label_and_owner"
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider}/{self.label}" if self.label else self.provider


class CredentialUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Credential, on_delete=models.CASCADE)


class CredentialGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Credential, on_delete=models.CASCADE)


class ModelChoice(BaseModel):
    """Which model does what, for the whole installation.

    `purpose` is `default` (whatever names no model), `job:<kind>` (one kind of task), or `fallbacks` (who stands in for
    whom, in order, where the purpose itself names nobody). `fallbacks` are references, tried one after the other.
    """

    purpose = models.CharField(max_length=40, unique=True)
    reference = models.CharField(max_length=120, blank=True)
    fallbacks = models.JSONField(default=list, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    owner_field = "changed_by"

    def __str__(self) -> str:
        return f"{self.purpose}: {self.reference or ', '.join(self.fallbacks)}"


class ModelProfile(BaseModel):
    """What somebody said of a model; it takes the place of what the catalogue says, field by field.

    Prices are US dollars per million tokens; null and an empty list leave the catalogue's word.
    """

    reference = models.CharField(max_length=120, unique=True)
    context = models.PositiveIntegerField(null=True, blank=True)
    output = models.PositiveIntegerField(null=True, blank=True)
    price_in = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    price_out = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    can = models.JSONField(default=list, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    owner_field = "changed_by"

    def __str__(self) -> str:
        return self.reference


class ExchangeRate(BaseModel):
    """What a US dollar costs in another currency. Costs are kept in dollars and shown at today's rate."""

    currency = models.CharField(max_length=3, unique=True)
    per_dollar = models.DecimalField(max_digits=12, decimal_places=4)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    owner_field = "changed_by"

    def __str__(self) -> str:
        return f"{self.per_dollar} {self.currency}"
