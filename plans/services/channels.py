"""Channels: where a person wants to be told. Addresses are Apprise's (mailto, slack, line, tgram, ntfy, json, …)."""

from datetime import time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Invalid
from foundation.core.permissions import require
from plans.models import Channel
from plans.sending import place_of

MOST = 20


@transaction.atomic
def channel_create(
    actor: Actor,
    *,
    name: str,
    address: str,
    quiet_from: time | None = None,
    quiet_to: time | None = None,
) -> Channel:
    """Raises Invalid for an address that leads nowhere, or where nobody may send."""
    if Channel.objects.filter(owner=actor).count() >= MOST:
        raise Invalid(_("There are enough channels."), details={"name": [_("At most %d.") % MOST]})
    channel = Channel(owner=actor)
    return _set(actor, channel, "approval_channel.created", name, address, quiet_from, quiet_to)


@transaction.atomic
def channel_update(actor: Actor, channel: Channel, **fields: Any) -> Channel:
    channel = require(actor, "change", Channel.objects.select_for_update().get(pk=channel.pk))
    given = {name: getattr(channel, name) for name in ("name", "address", "quiet_from", "quiet_to")} | fields
    channel.is_active = given.pop("is_active", channel.is_active)
    return _set(actor, channel, "approval_channel.updated", **given)


def _set(
    actor: Actor,
    channel: Channel,
    type: str,
    name: str,
    address: str,
    quiet_from: time | None,
    quiet_to: time | None,
) -> Channel:
    if (quiet_from is None) != (quiet_to is None) or (quiet_from is not None and quiet_from == quiet_to):
        raise Invalid(details={"quiet_to": [_("Say from when until when.")]})
    name = name.strip()[:100]
    if not name or Channel.objects.filter(owner=actor, name=name).exclude(pk=channel.pk).exists():
        raise Invalid(details={"name": [_("Give each channel a name of its own.")]})
    channel.name, channel.address, channel.place = name, address.strip(), place_of(address.strip())
    channel.quiet_from, channel.quiet_to, channel.trouble = quiet_from, quiet_to, ""
    channel.save()
    record(actor, type, channel, data={"name": name, "place": channel.place})
    return channel


@transaction.atomic
def channel_delete(actor: Actor, channel: Channel) -> None:
    require(actor, "delete", channel)
    record(actor, "approval_channel.deleted", channel, data={"name": channel.name})
    channel.delete()
