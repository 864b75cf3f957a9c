"""The headers that every answer carries, whoever gives it: a view, a static file, an error, a refused socket.

X-XSS-Protection is 0, as today's advice is: the filter that it once switched on is gone, and opened holes of its own.
"""

from collections.abc import Iterable

from django.conf import settings
from django.utils.csp import build_policy

PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=()"
)


def standard_headers(*, secure: bool) -> dict[str, str]:
    """By name. HSTS is said over HTTPS alone: elsewhere browsers ignore it."""
    found = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "X-XSS-Protection": "0",
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Permissions-Policy": PERMISSIONS_POLICY,
        "Content-Security-Policy": build_policy(settings.SECURE_CSP),
    }
    if secure and settings.SECURE_HSTS_SECONDS:
        found["Strict-Transport-Security"] = _hsts()
    return found


def missing(present: Iterable[str], *, secure: bool) -> dict[str, str]:
    """Those of the standard headers that are not among `present`; what a view chose for itself stays."""
    names = {name.lower() for name in present}
    return {
        name: value for name, value in standard_headers(secure=secure).items() if name.lower() not in names
    }


def _hsts() -> str:
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    parts += ["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []
    return "; ".join([*parts, *(["preload"] if settings.SECURE_HSTS_PRELOAD else [])])
