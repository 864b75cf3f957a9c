"""Tokens that people make for their scripts and MCP clients."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.accounts import tokens
from foundation.accounts.models import PersonalToken, User
from foundation.accounts.roles import ALL_CODES
from foundation.accounts.services import once
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Forbidden, Invalid
from foundation.core.scopes import READ, WRITE

MOST_DAYS = 365
MOST_TOKENS = 50
NOTED_EVERY = timedelta(minutes=1)

NOT_BY_TOKEN = _("A personal token makes no other ones. Sign in for this.")
UNKNOWN_SCOPES = _("These scopes are not known: %(scopes)s.")
NOT_HELD = _("You do not hold these yourself: %(scopes)s.")
NO_SCOPES = _("Choose at least one scope.")
DAYS = _("From 1 to %(days)d days.")
ENOUGH = _("You have %(most)d tokens. Revoke one you no longer use.")


@transaction.atomic
def personal_token_create(
    actor: User, *, name: str, scopes: Iterable[str], days: int
) -> tuple[PersonalToken, str]:
    """The token's row, and the token itself, which is never to be had again.

    `scopes` are `read`, `write` or `resource:action` codes that the actor holds. Raises Invalid, Conflict, Forbidden.
    """
    if actor.through is not None:
        raise Forbidden(NOT_BY_TOKEN)
    _check(actor, wanted := sorted(set(scopes)), days)
    secret = once.new_secret()[0]
    raw = f"{tokens.PERSONAL_PREFIX}{secret}"
    row = PersonalToken(
        user=actor,
        name=name,
        digest=once.digest(raw),
        hint=raw[-4:],
        fingerprint=tokens.fingerprint(actor),
        scopes=wanted,
        expires_at=timezone.now() + timedelta(days=days),
    )
    row.full_clean()
    row.save()
    record(actor, "personal_token.created", row, data={"scopes": wanted, "days": days})
    return row, raw


@transaction.atomic
def personal_token_revoke(actor: Actor, token: PersonalToken) -> None:
    """End one's own, or anybody's as an administrator. It counts from the next request on. Raises Forbidden."""
    if getattr(actor, "through", None) is not None or (token.user_id != actor.pk and not actor.is_superuser):
        raise Forbidden
    if PersonalToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record(actor, "personal_token.revoked", token)


def codes_held(user: User) -> frozenset[str]:
    """The `resource:action` codes that a token of `user` can be limited to."""
    return ALL_CODES if user.is_superuser else user.permission_codes


def personal_token_used(token: PersonalToken) -> None:
    """Note that it was used, now and then: not every request needs a write."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - NOTED_EVERY:
        PersonalToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _check(actor: User, scopes: list[str], days: int) -> None:
    if not scopes:
        raise Invalid(details={"scopes": [str(NO_SCOPES)]})
    if unknown := [scope for scope in scopes if scope not in ALL_CODES | {READ, WRITE}]:
        raise Invalid(details={"scopes": [str(UNKNOWN_SCOPES % {"scopes": ", ".join(unknown)})]})
    codes = set(scopes) - {READ, WRITE}
    if more := sorted(codes - codes_held(actor)):
        raise Invalid(details={"scopes": [str(NOT_HELD % {"scopes": ", ".join(more)})]})
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(details={"days": [str(DAYS % {"days": MOST_DAYS})]})
    alive = PersonalToken.objects.filter(user=actor, revoked_at=None, expires_at__gt=timezone.now())
    if alive.count() >= MOST_TOKENS:
        raise Conflict(str(ENOUGH % {"most": MOST_TOKENS}), code="too_many_tokens")
