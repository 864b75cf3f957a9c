"""The mails that let people in. They are written in the reader's language and hold one link."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from foundation.accounts.models import User

NAME = "AI秘書チーム"


def set_up() -> bool:
    """Whether this platform sends mail."""
    return settings.EMAIL_ON


def send_reset(user: User, path: str, *, minutes: int) -> None:
    """Raises OSError (and smtplib's subclasses of it) when the mail server does not take it."""
    with translation.override(user.language):
        words = {"name": str(user), "username": user.username, "link": absolute(path), "minutes": minutes}
        text = _(
            "%(name)s,\n\nunder this link you can set a new password for %(username)s within %(minutes)d minutes. "
            "It works once:\n\n%(link)s\n\n"
            "If you did not ask for it, you need not do anything; your password stays as it is.\n"
        )
        _send(user.email, _("A new password"), text % words)


def send_invitation(email: str, path: str, *, inviter: str, role: str, days: int, language: str) -> None:
    """Raises OSError (and smtplib's subclasses of it) when the mail server does not take it."""
    with translation.override(language):
        words = {"inviter": inviter, "role": role, "link": absolute(path), "days": days}
        text = _(
            "%(inviter)s invites you to the AI secretary team, with the role %(role)s. "
            "Choose your name and password here within %(days)d days; the link works once:\n\n%(link)s\n\n"
            "If you do not know what this is about, you need not do anything.\n"
        )
        _send(email, _("An invitation"), text % words)


def absolute(path: str, base: str = "") -> str:
    """The whole address, as people open it: PUBLIC_URL, else `base`, the address at which somebody is just looking."""
    return f"{settings.PUBLIC_URL or base or f'http://{settings.HOST}:{settings.PORT}'}{path}"


def _send(to: str, subject: str, text: str) -> None:
    EmailMessage(f"{NAME}: {subject}", text, to=[to]).send()
