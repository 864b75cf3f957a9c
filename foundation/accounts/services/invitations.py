"""Inviting people: a link that lets one person in, once, with a role that the inviter could have given."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Invitation, Role, User
from foundation.accounts.services import mails, once
from foundation.accounts.services.people import require_covers, require_team, user_made
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, DomainError, NotAuthenticated
from foundation.core.permissions import require_permission
from foundation.core.queue import enqueue

INVITATION_DAYS = 7

INVITATION_CLOSED = _("This invitation was used, withdrawn or has expired. Ask for a new one.")
NOT_OPEN = _("This invitation is no longer open.")


@transaction.atomic
def invitation_create(actor: Actor, *, role: Role, email: str = "") -> tuple[Invitation, str]:
    """The invitation, and the path to hand over; the path is empty when it goes by mail instead.

    Nobody invites to more than they hold themselves. Raises Forbidden, and Conflict in a platform for one person.
    """
    require_team()
    require_permission(actor, "user:create")
    require_covers(actor, role.codes)
    by_mail = bool(email) and mails.set_up()
    raw, kept = once.new_secret()
    invitation = Invitation(
        invited_by_id=actor.pk,
        role=role,
        email=email,
        digest=kept,
        delivery=Invitation.Delivery.WAITING if by_mail else Invitation.Delivery.BY_HAND,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    invitation.full_clean()
    invitation.save()
    record(actor, "invitation.created", invitation, data={"role": role.name, "by_mail": by_mail})
    if by_mail:
        enqueue("accounts.send_invitation", str(invitation.pk))
        return invitation, ""
    return invitation, invitation_path(raw)


@transaction.atomic
def invitation_link_create(actor: Actor, invitation: Invitation) -> str:
    """A new link for an open invitation, to hand over; the one before stops working. Raises Forbidden, Conflict."""
    require_team()
    require_permission(actor, "user:create")
    require_covers(actor, invitation.role.codes)
    raw = _renew(invitation, Invitation.Delivery.BY_HAND)
    record(actor, "invitation.link_created", invitation)
    return invitation_path(raw)


@transaction.atomic
def invitation_revoke(actor: Actor, invitation: Invitation) -> None:
    require_permission(actor, "user:create")
    if not _open(invitation).update(revoked_at=timezone.now()):
        raise Conflict(NOT_OPEN)
    record(actor, "invitation.revoked", invitation)


def invitation_send(invitation_id: str) -> None:
    """Mail an invitation; its link is made here, so that no queue holds one. What fails is seen on the people's page."""
    invitation = Invitation.objects.select_related("role", "invited_by").filter(pk=invitation_id).first()
    if invitation is None or invitation.delivery != Invitation.Delivery.WAITING:
        return
    try:
        raw = _renew(invitation, Invitation.Delivery.SENT)
        inviter = str(invitation.invited_by or mails.NAME)
        language = invitation.invited_by.language if invitation.invited_by else "ja"
        mails.send_invitation(
            invitation.email,
            invitation_path(raw),
            inviter=inviter,
            role=str(invitation.role),
            days=INVITATION_DAYS,
            language=language,
        )
    except Conflict:
        return
    except OSError:
        _renew(invitation, Invitation.Delivery.FAILED)
        raise


def invitation_open(raw: str) -> Invitation:
    """The invitation that a link belongs to. Raises NotAuthenticated when it lets nobody in (any more)."""
    found = Invitation.objects.select_related("role", "invited_by").filter(digest=once.digest(raw)).first()
    if found is None or not _open(found).exists() or not _inviter_still_may(found):
        raise NotAuthenticated(INVITATION_CLOSED, code="link_closed")
    return found


@transaction.atomic
def invitation_accept(raw: str, *, username: str, password: str, **profile: Any) -> User:
    """The new person, with the role. Raises NotAuthenticated, or ValidationError (then the link stays good)."""
    require_team()
    invitation = invitation_open(raw)
    if not _open(invitation).filter(digest=once.digest(raw)).update(accepted_at=timezone.now()):
        raise NotAuthenticated(INVITATION_CLOSED, code="link_closed")
    user = user_made(username=username, password=password, email=invitation.email, **profile)
    user.groups.add(invitation.role.group)
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    told = [invitation.invited_by] if invitation.invited_by else []
    record(user, "user.created", user, data={"by": "invitation", "role": invitation.role.name})
    record(user, "invitation.accepted", invitation, notify=told, title=str(user))
    return user


def invitation_path(raw: str) -> str:
    return f"/invitation/?token={raw}"


def _open(invitation: Invitation) -> Any:
    return Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    )


def _renew(invitation: Invitation, delivery: str) -> str:
    """Raises Conflict when it is no longer open."""
    raw, kept = once.new_secret()
    if not _open(invitation).update(digest=kept, delivery=delivery, updated_at=timezone.now()):
        raise Conflict(NOT_OPEN)
    return raw


def _inviter_still_may(invitation: Invitation) -> bool:
    """What somebody may no longer give, a link of theirs does not give either."""
    if invitation.invited_by_id is None:
        return True
    try:
        require_permission(invitation.invited_by, "user:create")
        require_covers(invitation.invited_by, invitation.role.codes)
    except DomainError:
        return False
    return True
