"""Where calls may go. An address that somebody typed in is resolved and checked at every connection, so that a name that
changes its mind between the check and the call gains nothing."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid

if TYPE_CHECKING:
    import httpx2

type Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

NOT_AN_ADDRESS = _("Write the whole address, such as http://127.0.0.1:11434/v1.")
NO_SECRETS_IN_IT = _(
    "Leave names, keys and question marks out of the address; the key has a field of its own."
)
NOT_ALLOWED = _("%(host)s leads to an address that may not be called from here.")
NOT_LISTED = _(
    "%(host)s is an address of the inner network. An administrator can allow it with AI_LOCAL_HOSTS=%(host)s."
)
NOT_ENCRYPTED = _("%(host)s would be spoken to without encryption.")
LONGEST_ADDRESS = 2000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
METADATA = ipaddress.ip_network("fd00:ec2::254/128")


class Blocked(Exception):
    """The address may not be called. `message` says why, for people."""

    def __init__(self, message: str | Promise) -> None:
        self.message = message
        super().__init__(str(message))


def check_address(base_url: str) -> str:
    """`base_url` as it is stored. Raises Invalid, naming the field, for what is no address or leads where nobody may call.

    A host that does not resolve passes: the server may not be there yet. It is checked again at every connection.
    """
    try:
        parts = _parts(base_url)
        host = parts.hostname or ""
        _check(_resolved(host, _port(parts)), host, _port(parts))
    except Blocked as error:
        raise Invalid(str(error.message), details={"base_url": [str(error.message)]}) from error
    return base_url.strip().rstrip("/")


def check_named(url: str, home: str) -> str:
    """`url`, which the server at `home` named: https, and no way into the inner network. Raises Blocked. Asks the network.

    A person may type in an inner address; a server that names one sends us where it could not go itself. So an inner one must
    be where the server is, be listed in AI_LOCAL_HOSTS, or be named by a server whose own address is an inner number.
    """
    if len(url) > LONGEST_ADDRESS:
        raise Blocked(NOT_AN_ADDRESS)
    parts = _whole(url)
    host, port = parts.hostname or "", _port(parts)
    if parts.username is not None or parts.fragment:
        raise Blocked(NO_SECRETS_IN_IT)
    _check(_resolved(host, port), host, port, home)
    if parts.scheme != "https" and not (_inner_by_name(host) or _is_listed(host, port)):
        raise Blocked(NOT_ENCRYPTED % {"host": _shown(host, port)})
    return url


def origin(base_url: str) -> str:
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def place(base_url: str) -> str:
    """host:port, for sentences."""
    parts = urlsplit(base_url)
    return parts.netloc.rpartition("@")[2]


def client(
    *, guarded: bool, home: str = "", around: Callable[[Any], Any] | None = None, **options: Any
) -> "httpx2.AsyncClient":
    """An HTTP client that follows no redirects. A guarded one checks every address that it connects to.

    `home` is the server that named the addresses (see `check_named`), empty when people typed them in. `around` puts
    something of the caller's own around the guard.
    """
    import httpx2

    transport: Any = _guard(home) if guarded else None
    if around:
        transport = around(transport)
    return httpx2.AsyncClient(follow_redirects=False, transport=transport, **options)


@lru_cache(maxsize=4)
def shared_client(_pid: int, guarded: bool) -> "httpx2.AsyncClient":
    """A client of this process' calls. It holds connections, never a key or an address."""
    return client(guarded=guarded, timeout=None)


def _guard(home: str = "") -> "httpx2.AsyncHTTPTransport":
    import httpx2

    class Guard(httpx2.AsyncHTTPTransport):
        """Connects to addresses that were checked, under the name that was asked for."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            host, port = request.url.host, request.url.port or {"https": 443}.get(request.url.scheme, 80)
            addresses = await asyncio.to_thread(_resolved, host, port)
            if not addresses:
                raise httpx2.ConnectError("no such host", request=request) from socket.gaierror(host)
            _check(addresses, host, port, home)
            request.extensions = {**request.extensions, "sni_hostname": host}
            return await self._first_that_connects(request, addresses)

        async def _first_that_connects(self, request: httpx2.Request, addresses: list[Ip]) -> httpx2.Response:
            for address in addresses[:-1]:
                request.url = request.url.copy_with(host=str(address))
                try:
                    return await super().handle_async_request(request)
                except httpx2.ConnectError:
                    continue
            request.url = request.url.copy_with(host=str(addresses[-1]))
            return await super().handle_async_request(request)

    return Guard()


def _parts(base_url: str) -> SplitResult:
    parts = _whole(base_url)
    if parts.username is not None or parts.query or parts.fragment or "?" in base_url or "#" in base_url:
        raise Blocked(NO_SECRETS_IN_IT)
    return parts


def _whole(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url.strip())
        port = parts.port  # a port that is no number raises here
    except ValueError as error:
        raise Blocked(NOT_AN_ADDRESS) from error
    odd = any(each.isspace() or not each.isprintable() or each == "\\" for each in base_url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or odd:
        raise Blocked(NOT_AN_ADDRESS)
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _resolved(host: str, port: int) -> list[Ip]:
    """Every address of the host, none when there is no such host."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in dict.fromkeys(found)]


def _check(addresses: Iterable[Ip], host: str, port: int, home: str = "") -> None:
    """Raises Blocked unless every one of the addresses may be called."""
    shown = _shown(host, port)
    alone = settings.SIGN_IN == "link" and (not home or _is_at_home(home, host, port))
    if not alone and _is_listed(host, port):
        return
    for each in map(_inner, addresses):
        if _never(each):
            raise Blocked(NOT_ALLOWED % {"host": shown})
        if not alone and not each.is_global:
            raise Blocked(NOT_LISTED % {"host": shown})


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_listed(host: str, port: int) -> bool:
    return _shown(host, port).lower() in settings.AI_LOCAL_HOSTS


def _is_at_home(home: str, host: str, port: int) -> bool:
    """Whether the address may be as inner as that of the server that named it. A name could say something else each time."""
    parts = urlsplit(home)
    return (parts.hostname, _port(parts)) == (host.lower(), port) or _inner_by_name(parts.hostname or "")


def _inner_by_name(host: str) -> bool:
    """Whether the host is an inner address without anybody being asked: a number, or this machine's own name."""
    try:
        return not _inner(ipaddress.ip_address(host)).is_global
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


@contextmanager
def guarded_sockets() -> Iterator[None]:
    """While the block runs, whatever this thread connects to by name or number must be allowed. Raises Blocked.

    For libraries that bring a client of their own: also where a redirect leads, or a name that changed its mind, is checked,
    since the addresses that were checked are the ones that are connected to.
    """
    global _looking_up
    if _looking_up is None:
        _looking_up, socket.getaddrinfo = socket.getaddrinfo, _checked_lookup
    token = _guarding.set(True)
    try:
        yield
    finally:
        _guarding.reset(token)


_guarding: ContextVar[bool] = ContextVar("guarding", default=False)
_looking_up: Any = None


def _checked_lookup(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    found = _looking_up(host, port, *args, **kwargs)
    if _guarding.get():
        addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        _check(addresses, str(host), int(port or 0))
    return found


def _inner(address: Ip) -> Ip:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _never(address: Ip) -> bool:
    """Whether nothing that answers there can be a model: instance metadata, this network, everybody at once."""
    special = address.is_link_local or address.is_unspecified or address.is_multicast
    return special or (address.version == 6 and address in METADATA)
