"""The outbox: what is still to be sent, sent by the sweep. A channel that is down is tried again and holds nothing up."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict
from foundation.core.permissions import require
from plans.models import Channel, DecisionLink, Message
from plans.selectors import can_decide_now, messages_due
from plans.sending import NotSent, send
from plans.services.bound import Origin
from plans.services.decisions import request_decide
from plans.states import RequestStatus

PAUSES = (10, 60, 300, 1800, 7200)  # seconds after the first, second, … failure
ABANDONED = timedelta(minutes=10)
LINK_DAYS = 7
Status = Message.Status


def messages_send() -> int:
    """Send what is due; returns how many arrived."""
    abandoned = Message.objects.filter(status=Status.SENDING, updated_at__lt=timezone.now() - ABANDONED)
    abandoned.update(status=Status.UNKNOWN, updated_at=timezone.now())
    return sum(message_send(message) for message in messages_due())


def message_send(message: Message) -> bool:
    """Send one message, unless another worker has it. No transaction is held while the channel is spoken to."""
    channel = message.channel
    until = quiet_until(channel, timezone.localtime())
    if until:
        Message.objects.filter(pk=message.pk, status=Status.PENDING).update(due_at=until)
        return False
    mine = Message.objects.filter(pk=message.pk, status=Status.PENDING, due_at__lte=Now())
    if not mine.update(status=Status.SENDING, updated_at=timezone.now()):
        return False
    if message.request.status != RequestStatus.PENDING or not channel.owner.is_active:
        _ended(message, Status.GIVEN_UP, _("It was decided before the message could be sent."))
        return False
    try:
        with override(channel.owner.language):
            send(channel.address, title=_("Waits for your decision"), body=_body(message))
    except NotSent as error:
        _failed(message, str(error))
        return False
    _ended(message, Status.SENT, "")
    Channel.objects.filter(pk=channel.pk).update(sent_at=timezone.now(), trouble="")
    return True


def _failed(message: Message, why: str) -> None:
    attempts = message.attempts + 1
    more = attempts <= len(PAUSES)
    pause = timedelta(seconds=PAUSES[attempts - 1]) if more else timedelta()
    rows = Message.objects.filter(pk=message.pk, status=Status.SENDING)
    status = Status.PENDING if more else Status.GIVEN_UP
    rows.update(status=status, attempts=attempts, due_at=timezone.now() + pause, error=why[:300])
    Channel.objects.filter(pk=message.channel_id).update(trouble=why[:300])


def _ended(message: Message, status: str, why: str) -> None:
    Message.objects.filter(pk=message.pk, status=Status.SENDING).update(status=status, error=why[:300])


def _body(message: Message) -> str:
    """What waits, until when, and where to look. No arguments, no comments, nothing of the content but its title."""
    request = message.request
    lines = [request.title]
    if request.deadline:
        local = timezone.localtime(request.deadline)
        lines.append(_("Deadline: %s") % local.strftime("%Y-%m-%d %H:%M"))
    return "\n".join([*lines, _where(message)])


def _where(message: Message) -> str:
    request, user = message.request, message.channel.owner
    if not settings.PUBLIC_URL:
        return _("Look under “Waiting for you” in your AI secretaries' platform.")
    base = settings.PUBLIC_URL.rstrip("/")
    if can_decide_now(user, request):
        return base + reverse("decision-link", args=[link_create(message)])
    return base + reverse("approval", args=[request.pk])


@transaction.atomic
def link_create(message: Message) -> str:
    """A fresh secret for the message's request and person; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    DecisionLink.objects.create(
        user=message.channel.owner,
        request=message.request,
        content_hash=message.request.content_hash,
        digest=digest_of(token),
        expires_at=timezone.now() + timedelta(days=LINK_DAYS),
    )
    return token


@transaction.atomic
def link_decide(link: DecisionLink, *, decision: str, comment: str, answer: str = "", origin: Origin) -> None:
    """Decide as the person the link is bound to, on the content it is bound to; it counts once. Same errors as
    `request_decide`."""
    used = DecisionLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now())
    if not used:
        raise Conflict(_("This link was used already."), code="already_decided")
    given = {"content_hash": link.content_hash, "comment": comment, "answer": answer, "origin": origin}
    request_decide(link.user, link.request, decision, **given)


def channel_test(actor: Actor, channel: Channel) -> Channel:
    """Send a message to the channel now. Raises NotSent; how it went is kept with the channel either way."""
    require(actor, "change", channel)
    try:
        send(channel.address, title=_("A test"), body=_("What waits for your decision will be told here."))
    except NotSent as error:
        _noted(actor, channel, trouble=str(error)[:300])
        raise
    return _noted(actor, channel, trouble="", sent_at=timezone.now())


@transaction.atomic
def _noted(actor: Actor, channel: Channel, **fields: Any) -> Channel:
    for name, value in fields.items():
        setattr(channel, name, value)
    channel.save(update_fields=[*fields, "updated_at"])
    record(actor, "approval_channel.tested", channel, data={"arrived": not channel.trouble})
    return channel


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def quiet_until(channel: Channel, now: datetime) -> datetime | None:
    """When the channel's quiet hours end, if they last now; they may go over midnight."""
    begins, ends = channel.quiet_from, channel.quiet_to
    if begins is None or ends is None:
        return None
    at = now.time()
    quiet = begins <= at < ends if begins < ends else (at >= begins or at < ends)
    if not quiet:
        return None
    end = now.replace(hour=ends.hour, minute=ends.minute, second=ends.second, microsecond=0)
    return end if end > now else end + timedelta(days=1)
