"""What went wrong between us and a model's server: a code that can be stored, and its sentence for people.

Nothing of a server's own words is kept: some quote the key, and some put it into the address.
"""

import json
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ai_integration.outbound import Blocked

OK = "ok"
SENTENCES: dict[str, str | Promise] = {
    OK: _("It answers."),
    "key_missing": _("It is not connected yet: its key or address is missing."),
    "key_refused": _("The key is not accepted (HTTP %(status)s). Check that it is whole, valid and for this provider."),
    "model_unknown": _("The server answers, but has no model named “%(model)s”."),
    "unpaid": _("The account has no credit left (HTTP 402)."),
    "limited": _("The key works, but its limit is used up for now (HTTP 429). Try again later."),
    "refused": _("Nothing answers at %(place)s. Is the server running, and is the port right?"),
    "no_host": _("There is no host named %(place)s. Check the address."),
    "silent": _("%(place)s does not answer in time. Check the address, or whether the server is overloaded."),
    "certificate": _("The certificate of %(place)s cannot be trusted, or it does not speak HTTPS."),
    "redirected": _("%(place)s sends callers elsewhere (HTTP %(status)s). Enter the final address."),
    "not_compatible": _(
        "What answers at %(place)s does not speak OpenAI's protocol. The address usually ends in /v1."
    ),
    "other_protocol": _("What answers at %(place)s does not speak this provider's protocol. Check the address."),
    "server_fault": _("The server has a fault of its own (HTTP %(status)s). Try again later."),
    "blocked": _("%(place)s may not be called from here."),
    "key_unreadable": _("The stored key cannot be decrypted. Enter it again, or put the old ENCRYPTION_KEYS back."),
    "failed": _("It did not work (%(kind)s)."),
}  # fmt: skip
NATIVE = ("anthropic", "gemini")
SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)")
GOOGLE_WAITS = re.compile(r'"retryDelay": "(\d{1,6}(?:\.\d{1,9})?)s"')
TOO_LONG = re.compile(r"context_length|exceed_context")
TOO_LONG_WORDS = re.compile(
    r"prompt is too long|maximum context length|exceeds the maximum number of tokens|request_too_large"
)
BY_STATUS = {401: "key_refused", 402: "unpaid", 403: "key_refused", 429: "limited"}


@dataclass(frozen=True)
class Fault:
    """`code` is a key of SENTENCES, `detail` holds the words that its sentence needs."""

    code: str
    detail: dict[str, Any] = field(default_factory=dict)


def sentence(code: str, detail: dict[str, Any]) -> str:
    """In the language of whoever reads; words that are missing stay away."""
    known = {"status": "?", "model": "", "place": "", "kind": ""}
    return str(SENTENCES.get(code, SENTENCES["failed"])) % (known | detail)


def fault(error: BaseException, *, place: str, model: str = "", provider: str = "compatible") -> Fault:
    """What an error of an SDK or of the connection comes down to."""
    status, words = status_of(error), {"place": place}
    if status is None:
        found = Fault(_code(list(chain(error))), words | {"kind": type(error).__name__})
    elif key_is_wrong(error):
        found = Fault("key_refused", words | {"status": status})
    else:
        found = _of_status(status, words, model)
    if found.code == "not_compatible" and provider in NATIVE:
        return Fault("other_protocol", found.detail)
    return found


def status_of(error: BaseException) -> int | None:
    """The HTTP status that the error is about, whichever SDK raised it; None when there was no answer."""
    for each in chain(error):
        for name in ("status_code", "code"):
            status = getattr(each, name, None)
            if isinstance(status, int) and 100 <= status <= 599:
                return status
    return None


def is_blocked(error: BaseException) -> bool:
    """Whether we ourselves refused to connect."""
    return any(isinstance(each, Blocked) for each in chain(error))


def is_too_long(error: BaseException) -> bool:
    """Whether the request is longer than what the model can take in."""
    for each in chain(error):
        if any(kind.__name__ == "ContextOverflowError" for kind in type(each).__mro__):
            return True
        if TOO_LONG.search(f"{getattr(each, 'code', '')} {getattr(each, 'type', '')}"):
            return True
        if status_of(each) in (400, 413) and TOO_LONG_WORDS.search(words_of(each)):
            return True
    return False


def key_is_wrong(error: BaseException) -> bool:
    """Whether the key was refused with a status that says something else: Google answers 400."""
    told = " ".join(f"{getattr(each, 'reason', '')} {words_of(each)}" for each in chain(error))
    return status_of(error) == 400 and "API_KEY_INVALID" in told


def retry_after(error: BaseException) -> float | None:
    """Seconds that the provider asks to wait: the header Retry-After, or Google's RetryInfo."""
    for each in chain(error):
        headers = getattr(getattr(each, "response", None), "headers", None) or {}
        asked = str(headers.get("retry-after", ""))
        found = SECONDS.fullmatch(asked) or GOOGLE_WAITS.search(words_of(each))
        if found:
            return float(found[1])
    return None


def words_of(error: BaseException) -> str:
    """What the server said, for matching alone: never shown, never stored."""
    said = getattr(error, "body", None) or getattr(error, "details", None)
    return (json.dumps(said, default=str) if said else str(error))[:4000]


def _of_status(status: int, words: dict[str, Any], model: str) -> Fault:
    words |= {"status": status}
    if status in BY_STATUS:
        return Fault(BY_STATUS[status], words)
    if 300 <= status < 400:
        return Fault("redirected", words)
    if status >= 500:
        return Fault("server_fault", words)
    if status in (400, 404, 422) and model:
        return Fault("model_unknown", words | {"model": model})
    return Fault("not_compatible", words)


def _code(chain: list[BaseException]) -> str:
    names = {type(each).__name__ for each in chain}
    if is_blocked(chain[0]):
        return "blocked"
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return "certificate"
    if any(isinstance(each, socket.gaierror) for each in chain):
        return "no_host"
    if any(isinstance(each, TimeoutError) for each in chain) or any("Timeout" in name for name in names):
        return "silent"
    if names & {"NotThisProtocol", "RemoteProtocolError", "DecodingError", "JSONDecodeError"}:
        return "not_compatible"
    if any(isinstance(each, ConnectionError) for each in chain) or "ConnectError" in names:
        return "refused"
    return "failed"


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what brought it about, ten levels deep at most."""
    for _level in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
