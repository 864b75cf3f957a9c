"""Sending one message through Apprise, with every connection that it opens checked."""

import logging
from typing import Any

from django.utils.translation import gettext as _

from ai_integration.outbound import Blocked, guarded_sockets
from foundation.core.errors import DomainError, Invalid

# What leaves this machine for a person. Apprise also knows ways to speak to the machine itself; those are not for this.
SCHEMES = {
    "mailto": "e-mail", "mailtos": "e-mail", "slack": "Slack", "line": "LINE", "tgram": "Telegram", "ntfy": "ntfy",
    "ntfys": "ntfy", "json": "webhook", "jsons": "webhook", "form": "webhook", "forms": "webhook", "discord": "Discord",
    "msteams": "Microsoft Teams", "workflows": "Microsoft Teams", "mmost": "Mattermost", "mmosts": "Mattermost",
    "gotify": "Gotify", "gotifys": "Gotify", "matrix": "Matrix", "matrixs": "Matrix", "gchat": "Google Chat",
    "pover": "Pushover", "pbul": "Pushbullet", "rocket": "Rocket.Chat", "rockets": "Rocket.Chat", "zulip": "Zulip",
}  # fmt: skip
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines name addresses, which hold secrets


class NotSent(DomainError):
    """The channel did not take the message. The text is for people and names no secret."""

    code, status = "not_sent", 409


def place_of(address: str) -> str:
    """What may be shown of an address: the kind of channel, and the host where it is not the service's own.

    Raises Invalid for what Apprise does not understand or what is not for sending to people.
    """
    scheme = address.partition("://")[0].lower()
    plugin = _plugin(address) if scheme in SCHEMES and len(address) <= 2000 else None
    if plugin is None:
        known = ", ".join(sorted(SCHEMES))
        raise Invalid(
            details={"address": [_("This is no address that can be sent to. Known are: %s") % known]}
        )
    own_host = scheme in (
        "json",
        "jsons",
        "form",
        "forms",
        "ntfy",
        "ntfys",
        "gotify",
        "gotifys",
        "mailto",
        "mailtos",
    )
    host = str(getattr(plugin, "host", "") or "") if own_host else ""
    return f"{SCHEMES[scheme]} {host}".strip()[:200]


def send(address: str, *, title: str, body: str) -> None:
    """Raises NotSent."""
    plugin = _plugin(address)
    if plugin is None:
        raise NotSent(_("The address is not understood any more."))
    try:
        with guarded_sockets():
            done = plugin.notify(body=body, title=title)
    except Blocked as error:
        raise NotSent(str(error.message)) from error
    except Exception as error:
        raise NotSent(_("The channel broke: %s") % type(error).__name__) from error
    if not done:
        raise NotSent(_("The channel refused the message, or did not answer."))


def _plugin(address: str) -> Any:
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(app_id="AI Hisho", app_desc="AI Hisho Team", secure_logging=True, async_mode=False)
    return Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
