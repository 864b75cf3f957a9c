"""What went wrong between us and a tool server: a code that can be stored, and its sentence for people."""

import asyncio
from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ai_integration.outbound import Blocked

OK = "ok"
INSTALLING, INSTALL_FAILED = (
    "installing",
    "install_failed",
)  # not there yet: `ai_integration.services.recipes`
SIGN_IN, SIGN_IN_AGAIN = "sign_in", "sign_in_again"
ASKING = (SIGN_IN, SIGN_IN_AGAIN)  # a person has to sign in before anything can be called
SIGN_IN_MORE, BUSY = "sign_in_more", "busy"
SENTENCES: dict[str, str | Promise] = {
    OK: _("It answers."),
    "not_found": _("The command %(place)s does not exist on this machine. Check its path."),
    "not_allowed": _("The command %(place)s may not be started by this account."),
    "ended": _("The server ended. What it said last: %(said)s"),
    "ended_silent": _("The server ended without a word."),
    "silent": _("The server did not answer within %(seconds)s s."),
    "flooded": _("The server wrote more at once than anybody could read, and was ended."),
    "refused": _("Nothing answers at %(place)s. Is the server running, and is the address right?"),
    "key_refused": _("%(place)s does not let us in (HTTP %(status)s). Check the headers."),
    "http": _("%(place)s answered with HTTP %(status)s. The address usually ends in /mcp."),
    "blocked": _("%(place)s may not be called from here."),
    "too_large": _("The server's answer was larger than is taken in."),
    "not_mcp": _("What answers does not speak the Model Context Protocol."),
    "waiting": _("The server failed just now; it is tried again in %(seconds)s s."),
    BUSY: _("The server is busy with other calls; within %(seconds)s s none of its turns was free."),
    "secret_unreadable": _("The stored values cannot be decrypted. Enter them again, or put the old ENCRYPTION_KEYS back."),
    SIGN_IN: _("This server asks you to sign in."),
    SIGN_IN_AGAIN: _("The sign-in has ended: the server does not take it any more. Sign in again."),
    SIGN_IN_MORE: _("The server asks for more than was allowed (%(scope)s). Sign in again to allow it."),
    "sign_in_none": _("This server does not say that anybody could sign in."),
    "sign_in_blocked": _("%(place)s leads the sign-in to an address that may not be called from here (%(named)s)."),
    "sign_in_unsound": _("%(place)s does not say soundly how to sign in."),
    "sign_in_away": _("The sign-in of %(place)s does not answer at the moment. Try again later."),
    "sign_in_unregistered": _("%(place)s did not register us. Enter the ID of a client that was registered there beforehand."),
    "sign_in_mixed_up": _("The answer did not come from %(place)s, which was asked. Nothing was kept."),
    "sign_in_moved": _("The server now leads to %(place)s for signing in. If that is right, enter the client secret again."),
    "sign_in_refused": _("%(place)s refused to let us in. %(reason)s"),
    INSTALLING: _("It is being installed."),
    INSTALL_FAILED: _("It could not be installed: %(reason)s"),
    "failed": _("It did not work (%(kind)s)."),
}  # fmt: skip


class TooLarge(Exception):
    """An answer over HTTP that is larger than is taken in."""


class Ended(Exception):
    """The connection ended: the server is gone, or was never there."""


class Fault(Exception):
    """`code` is a key of SENTENCES, `detail` holds the words that its sentence needs."""

    def __init__(self, code: str, detail: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail or {}

    def __str__(self) -> str:
        return sentence(self.code, self.detail)


def sentence(code: str, detail: dict[str, Any]) -> str:
    """In the language of whoever reads; words that are missing stay away."""
    known = {
        "place": "",
        "said": "",
        "seconds": "?",
        "status": "?",
        "kind": "",
        "reason": "",
        "named": "",
        "scope": "",
    }
    return str(SENTENCES.get(code, SENTENCES["failed"])) % (known | detail)


def fault(error: BaseException, *, place: str, seconds: float, said: str = "") -> Fault:
    """What an error of the SDK, the system or the connection comes down to. `said` is the end of the server's log."""
    if "warden: too much" in said:
        return Fault("flooded")
    for each in _flat(error):
        if isinstance(each, Fault):
            return each
        code = _code(each)
        if code:
            words = {"place": place, "seconds": round(seconds)}
            status = getattr(getattr(each, "response", None), "status_code", None)
            return Fault(code, words | ({"status": status} if status else {}))
    if any(_is_end(each) for each in _flat(error)):
        return Fault("ended", {"said": said}) if said else Fault("ended_silent")
    kind = next(type(each).__name__ for each in _flat(error) if not isinstance(each, BaseExceptionGroup))
    return Fault("failed", {"kind": kind})


def _flat(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and the members of groups."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += list(each.exceptions) if isinstance(each, BaseExceptionGroup) else []
        waiting += [cause for cause in (each.__cause__, each.__context__) if cause is not None]


def _code(error: BaseException) -> str:
    if isinstance(error, Blocked):
        return "blocked"
    if isinstance(error, TooLarge):
        return "too_large"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "not_found"
    if isinstance(error, PermissionError):
        return "not_allowed"
    if isinstance(error, asyncio.TimeoutError) or getattr(error, "code", 0) == -32001:
        return "silent"
    if type(error).__name__ in ("ConnectError", "ConnectTimeout"):
        return "refused"
    return _of_status(getattr(getattr(error, "response", None), "status_code", 0))


def _of_status(status: int) -> str:
    if not status:
        return ""
    return "key_refused" if status in (401, 403) else "http"


def _is_end(error: BaseException) -> bool:
    return isinstance(error, Ended) or getattr(error, "code", 0) == -32000
