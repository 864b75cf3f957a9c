"""Access and refresh tokens. Rotation is a compare-and-set; a refresh token that turns up twice ends its family."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.accounts import tokens
from foundation.accounts.models import TokenFamily, User
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import NotAuthenticated

BAD_TOKEN = _("This token is not valid, or no longer.")


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


@transaction.atomic
def token_pair_create(actor: User) -> TokenPair:
    """A new family of tokens for `actor`."""
    family = _family_create(actor, tokens.refresh_lifetime())
    return _pair(actor, family)


@transaction.atomic
def access_token_create(actor: Actor, *, user: User, lifetime: timedelta) -> str:
    """One access token of a family of its own that cannot be refreshed: for scripts."""
    family = _family_create(user, lifetime, actor)
    return tokens.access_token(user, family.pk, lifetime)


def token_pair_refresh(raw: str) -> TokenPair:
    """The next pair of the family. Raises NotAuthenticated; a reused token revokes the whole family first."""
    try:
        claims = tokens.read_refresh(raw)
    except tokens.InvalidToken as error:
        raise NotAuthenticated(BAD_TOKEN, code="bad_token") from error
    family = TokenFamily.objects.select_related("user").filter(pk=claims.family_id, revoked_at=None).first()
    if family is None or not tokens.speaks_for(claims, family.user):
        raise NotAuthenticated(BAD_TOKEN, code="bad_token")
    pair = _rotate(family, claims.token_id)
    if pair is None:
        token_family_revoke(SYSTEM, family_id=family.pk, reason="reuse")
        raise NotAuthenticated(BAD_TOKEN, code="token_reused")
    return pair


@transaction.atomic
def token_family_revoke(actor: Actor, *, family_id: Any, reason: str = "logout") -> None:
    """End every token that came from one sign-in."""
    if TokenFamily.objects.filter(pk=family_id, revoked_at=None).update(revoked_at=timezone.now()):
        family = TokenFamily.objects.get(pk=family_id)
        record(actor, "token_family.revoked", family, data={"reason": reason})


def token_families_revoke(actor: Actor, *, user: User, reason: str) -> None:
    """End every token of `user`. Call it inside the command's transaction."""
    for family_id in TokenFamily.objects.filter(user=user, revoked_at=None).values_list("pk", flat=True):
        token_family_revoke(actor, family_id=family_id, reason=reason)


def _family_create(user: User, lifetime: timedelta, actor: Actor | None = None) -> TokenFamily:
    now = timezone.now()
    TokenFamily.objects.filter(user=user, expires_at__lt=now).delete()
    family = TokenFamily.objects.create(user=user, refresh_id=uuid.uuid4().hex, expires_at=now + lifetime)
    record(actor or user, "token_family.created", family)
    return family


@transaction.atomic
def _rotate(family: TokenFamily, token_id: str) -> TokenPair | None:
    next_id, expires_at = uuid.uuid4().hex, timezone.now() + tokens.refresh_lifetime()
    current = TokenFamily.objects.filter(pk=family.pk, refresh_id=token_id, revoked_at=None)
    if not current.update(refresh_id=next_id, expires_at=expires_at):
        return None
    family.refresh_id = next_id
    return _pair(family.user, family)


def _pair(user: User, family: TokenFamily) -> TokenPair:
    access = tokens.access_token(user, family.pk)
    return TokenPair(access, tokens.refresh_token(user, family.pk, family.refresh_id))
