"""Who asks: the Host a request names, the Origin it comes from (compared as scheme, host and port), and the address."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": 80, "https": 443}


def host_allowed(host: str) -> bool:
    """Whether a Host header names this server. Django asks only when a view does, and after static files."""
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def origin_is_own(origin: str, host: str) -> bool:
    """Whether `origin` is the server itself, as asked for by `host` or as in PUBLIC_URL."""
    scheme = "https" if settings.HTTPS else "http"
    return _normal(origin) in {_normal(f"{scheme}://{host}"), _normal(settings.PUBLIC_URL)} - {""}


def origin_is_listed(origin: str) -> bool:
    return _normal(origin) in {_normal(listed) for listed in settings.CORS_ALLOWED_ORIGINS}


def _normal(origin: str) -> str:
    """`scheme://host:port` in lower case with the port spelled out; empty when it is no origin."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return ""
    extra = parts.path or parts.query or parts.fragment or parts.username
    return "" if extra or not parts.hostname else f"{parts.scheme}://{parts.hostname}:{port}"


def address_of(request: Any) -> str:
    """Whose attempts these are: the peer's address, of IPv6 the network that one customer gets (/64)."""
    return _counted(request.META.get("REMOTE_ADDR", ""))


def client_behind(peer: str, forwarded: Iterable[str]) -> str:
    """The address that a request comes from. `forwarded` is what X-Forwarded-For said, which anybody may write.

    Only what TRUSTED_PROXIES have added counts: from the right, the first address that is none of theirs.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while is_proxy(peer) and hops and _is_address(hops[-1]):
        peer = hops.pop()
    return peer


def is_proxy(address: str) -> bool:
    """Whether TRUSTED_PROXIES name this address."""
    if not _is_address(address):
        return False
    found = _plain(address)
    return any(found in network for network in settings.TRUSTED_PROXIES)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _plain(address: str) -> Any:
    found = ip_address(address)
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _counted(address: str) -> str:
    if not _is_address(address):
        return address
    found = _plain(address)
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
