"""Letting people in: the console link of the embedded profile, passwords, and socket tickets."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from foundation.accounts import selectors
from foundation.accounts.models import OneTimeSecret, User
from foundation.accounts.services import attempts, once
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, NotAuthenticated, NotFound

LINK_HOURS = 24
TICKET_SECONDS = 30

LINK_MODE_ONLY = _("This platform runs with SIGN_IN=password: people sign in with a name and a password.")
NOT_ALONE = _("More than one person has an account here. Start the platform with SIGN_IN=password.")
LINK_CLOSED = _("This sign-in link was used or has expired.")
BAD_CREDENTIALS = _("This name and password do not belong together.")
NO_SUCH_USER = _("There is no active user named %(name)s.")
BAD_TICKET = _("This ticket was used or has expired.")


def local_user() -> User:
    """The one person of the embedded profile, created when missing. Raises Conflict when others could sign in too."""
    if settings.SIGN_IN != "link":
        raise Conflict(LINK_MODE_ONLY, code="link_sign_in_off")
    if selectors.another_person_exists():
        raise Conflict(NOT_ALONE, code="more_than_one_person")
    user = User.objects.filter(is_local=True).first() or _create_local_user()
    if not user.is_active or not user.is_superuser:
        User.objects.filter(pk=user.pk).update(is_active=True, is_superuser=True, is_staff=True)
        user.refresh_from_db()
    return user


def acting_user(name: str | None) -> User:
    """For the command line: the user called `name`, or without a name the local user. Raises Conflict, NotFound."""
    user = selectors.user_by_name(name) if name else local_user()
    if user is None or not user.is_active:
        raise NotFound(NO_SUCH_USER % {"name": name})
    return user


def _create_local_user() -> User:
    try:
        with transaction.atomic():
            user = User(
                username="local",
                display_name="ローカルユーザー",
                is_local=True,
                is_superuser=True,
                is_staff=True,
            )
            user.set_unusable_password()
            user.save()
            record(SYSTEM, "user.created", user)
            return user
    except IntegrityError:
        return User.objects.get(is_local=True)  # two starts at once: the other one made it


@transaction.atomic
def sign_in_link_create(actor: Actor) -> str:
    """A path that signs the local user in, once and within LINK_HOURS. Earlier links stop working."""
    user = local_user()
    once.withdraw(user, OneTimeSecret.Purpose.SIGN_IN)
    raw = once.issue(user, OneTimeSecret.Purpose.SIGN_IN, timedelta(hours=LINK_HOURS))
    record(actor, "sign_in_link.created", user)
    return f"/sign-in/?token={raw}"


@transaction.atomic
def sign_in_by_link(raw: str) -> User:
    """The user whom the link lets in. Raises NotAuthenticated when it was used or is too old."""
    used = once.use(raw, OneTimeSecret.Purpose.SIGN_IN)
    if used is None or local_user() != used.user:
        raise NotAuthenticated(LINK_CLOSED, code="link_closed")
    record(used.user, "user.signed_in", used.user, data={"by": "link"})
    return used.user


def sign_in_by_password(request: Any, *, username: str, password: str) -> User:
    """The user of that name. Raises NotAuthenticated, in the same words whichever part was wrong, and TooMany."""
    attempt = attempts.attempt_at(request, username)
    is_last = attempts.begin(attempt)
    user = authenticate(request, username=username, password=password)
    if user is None or settings.SIGN_IN != "password":
        if is_last:
            _say_locked(username)
        raise NotAuthenticated(BAD_CREDENTIALS, code="bad_credentials")
    attempts.succeeded(attempt)
    with transaction.atomic():
        record(user, "user.signed_in", user, data={"by": "password"})
    return user


@transaction.atomic
def _say_locked(username: str) -> None:
    """In the audit, and to the person: somebody was guessing."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is not None:
        record(SYSTEM, "sign_in.locked", user, notify=[user], title=str(user))


@transaction.atomic
def sign_out(actor: User) -> None:
    record(actor, "user.signed_out", actor)


@transaction.atomic
def socket_ticket_create(actor: User, *, credential: str) -> str:
    """A ticket that opens one socket within TICKET_SECONDS and closes it when `credential` ends."""
    raw = once.issue(actor, OneTimeSecret.Purpose.SOCKET, timedelta(seconds=TICKET_SECONDS), credential)
    record(actor, "socket_ticket.created", actor)
    return raw


def socket_ticket_use(raw: str) -> tuple[User, str]:
    """The user and the credential behind a ticket. Raises NotAuthenticated when it was used or is too old."""
    used = once.use(raw, OneTimeSecret.Purpose.SOCKET)
    user = used and selectors.still_signed_in(used.user_id, used.credential)
    if user is None:
        raise NotAuthenticated(BAD_TICKET, code="bad_ticket")
    return user, used.credential
