"""Secrets that open one thing once. Kept as digests; used by compare-and-set."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from foundation.accounts.models import OneTimeSecret, User

KEPT_AFTERWARDS = timedelta(days=1)


def new_secret() -> tuple[str, str]:
    """A secret for whoever is to have it, and the digest that is kept."""
    raw = secrets.token_urlsafe(32)
    return raw, digest(raw)


def digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def issue(user: User, purpose: str, lifetime: timedelta, credential: str = "") -> str:
    """A new secret for `user`. Call it inside the command's transaction."""
    now = timezone.now()
    OneTimeSecret.objects.filter(expires_at__lt=now - KEPT_AFTERWARDS).delete()
    raw, kept = new_secret()
    OneTimeSecret.objects.create(
        user=user, purpose=purpose, digest=kept, credential=credential, expires_at=now + lifetime
    )
    return raw


def withdraw(user: User, purpose: str) -> None:
    """Those not used yet open nothing any more."""
    OneTimeSecret.objects.filter(user=user, purpose=purpose, used_at=None).update(used_at=timezone.now())


def use(raw: str, purpose: str) -> OneTimeSecret | None:
    """Compare and set: of two that come at once, one gets it."""
    now = timezone.now()
    row = OneTimeSecret.objects.filter(digest=digest(raw), purpose=purpose, used_at=None, expires_at__gt=now)
    if not row.update(used_at=now):
        return None
    return OneTimeSecret.objects.select_related("user").get(digest=digest(raw))
