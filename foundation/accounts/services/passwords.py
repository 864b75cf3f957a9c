"""A new password for somebody who has lost theirs: a link by mail, or from an administrator."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OneTimeSecret, User
from foundation.accounts.services import attempts, mails, once
from foundation.accounts.services.people import password_replace, require_covers, require_team
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, Forbidden, NotAuthenticated
from foundation.core.permissions import require_permission
from foundation.core.queue import enqueue

RESET_MINUTES = 60
MOST_MAILS = 3
"""Within RESET_MINUTES, for one person."""

RESET_CLOSED = _("This link was used or has expired. Ask for a new one.")
NO_MAIL = _("This platform sends no mail. Ask an administrator for a link.")
STRONGER = _("Only somebody who may do as much can do this.")


def password_reset_ask(email: str) -> None:
    """Send a link to whoever has this address. The same happens, and takes the same time, when nobody has it.

    Raises Conflict where no mail is sent at all.
    """
    require_team()
    if not mails.set_up():
        raise Conflict(NO_MAIL, code="no_mail")
    enqueue("accounts.send_reset_links", email)


def password_reset_send(email: str) -> None:
    """Mail a link to everybody with this address; the links are made here, so that no queue holds one."""
    for user in User.objects.filter(email__iexact=email, is_active=True, is_local=False):
        if raw := _made_for_mail(user):
            try:
                mails.send_reset(user, reset_path(raw), minutes=RESET_MINUTES)
            except OSError:
                OneTimeSecret.objects.filter(digest=once.digest(raw)).delete()  # it is not counted as sent
                raise


@transaction.atomic
def password_reset_link_create(actor: Actor, user: User) -> str:
    """A path under which `user` may set a new password, once, for an administrator to hand over. Raises Forbidden."""
    require_team()
    require_permission(actor, "user:change")
    if user.is_superuser and not actor.is_superuser:
        raise Forbidden(STRONGER)
    require_covers(actor, user.permission_codes)
    return reset_path(_issue(actor, user))


@transaction.atomic
def password_reset(raw: str, *, password: str) -> User:
    """Set the password that the link allows, and end whatever let the person in before.

    Raises NotAuthenticated when the link was used or is too old, ValidationError (the link stays good) for a weak password.
    """
    require_team()
    used = once.use(raw, OneTimeSecret.Purpose.RESET)
    if used is None or not used.user.is_active:
        raise NotAuthenticated(RESET_CLOSED, code="link_closed")
    user = password_replace(used.user, password)
    record(user, "user.password_reset", user)
    transaction.on_commit(lambda: attempts.unlock(user.username))
    return user


def reset_path(raw: str) -> str:
    return f"/password/new/?token={raw}"


@transaction.atomic
def _made_for_mail(user: User) -> str:
    """Empty when this person was sent enough of them."""
    user = User.objects.select_for_update().get(pk=user.pk)
    since = timezone.now() - timedelta(minutes=RESET_MINUTES)
    sent = OneTimeSecret.objects.filter(
        user=user, purpose=OneTimeSecret.Purpose.RESET, created_at__gt=since
    ).count()
    return _issue(SYSTEM, user) if sent < MOST_MAILS else ""


def _issue(actor: Actor, user: User) -> str:
    once.withdraw(user, OneTimeSecret.Purpose.RESET)
    record(actor, "password_reset.created", user)
    return once.issue(user, OneTimeSecret.Purpose.RESET, timedelta(minutes=RESET_MINUTES))
