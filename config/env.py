"""Strict readers for the environment, and the secrets that the first start writes.

Every reader raises SettingError with a sentence that says what to do.
"""

import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterable
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.fernet import Fernet


class SettingError(Exception):
    """A setting makes no sense. The message names it and says what to write instead."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def choice(name: str, default: str, allowed: Iterable[str]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise SettingError(f"{name}={value!r} is not known. Use one of: {', '.join(allowed)}.")
    return value


def integer(name: str, default: int, *, low: int, high: int) -> int:
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
        raise SettingError(f"{name}={value!r} must be a whole number from {low} to {high}.")
    return int(value)


def flag(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
        raise SettingError(f"{name}={value!r} must be 1 or 0.")
    return value in {"1", "true", "yes", "on"}


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def places(name: str) -> list[str]:
    """`host:port` pairs, in lower case."""
    found = [word.lower() for word in words(name)]
    for each in found:
        host, _colon, port = each.rpartition(":")
        if not host or "/" in host or not port.isdecimal() or not 0 < int(port) <= 65_535:
            raise SettingError(f"{name}: {each!r} is not host:port. Write it as 127.0.0.1:11434.")
    return found


def origins(name: str) -> list[str]:
    """Origins as `https://host[:port]`, nothing behind them."""
    found = words(name)
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
            raise SettingError(
                f"{name}: {origin!r} is not an origin. Write it as https://host or https://host:port."
            )
    return found


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks, as `127.0.0.1,10.0.0.0/8`."""
    found = []
    for word in words(name):
        try:
            network = ip_network(word)
        except ValueError:
            raise SettingError(
                f"{name}: {word!r} is no address and no network. Write it as 127.0.0.1 or 172.16.0.0/12."
            ) from None
        if network.prefixlen == 0:
            raise SettingError(f"{name}: {word} trusts everybody. List the proxies.")
        found.append(network)
    return found


def mail(public_url: str) -> tuple[bool, dict[str, Any], str]:
    """Whether EMAIL_URL says how to send mail; Django's MAILERS; and from which address."""
    value = text("EMAIL_URL")
    if not value:
        return False, {"default": {}}, "hisho@localhost"  # never asked: see `mails.set_up`
    if not public_url:
        raise SettingError("EMAIL_URL needs PUBLIC_URL: the links in mails must lead here.")
    return True, {"default": _mailer("EMAIL_URL", value)}, address("EMAIL_FROM")


def _mailer(name: str, value: str) -> dict[str, Any]:
    """For `smtp+tls://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS) or `smtp://…` (in clear)."""
    parts, ports = urlsplit(value), {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    try:
        port = parts.port or ports[parts.scheme]
    except (KeyError, ValueError):
        port = 0
    if not port or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingError(
            f"{name}={redacted(value)!r}: use smtp+tls://user:password@host:587, smtps://… or smtp://host:25."
        )
    if parts.scheme == "smtp" and parts.password:
        raise SettingError(
            f"{name} would send a password in clear. Use smtp+tls:// or smtps://, or leave the password out."
        )
    options = {
        "host": parts.hostname,
        "port": port,
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtps",
        "timeout": 20,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


def address(name: str) -> str:
    """One mail address, with a name before it or without."""
    value = text(name)
    _shown, plain = parseaddr(value)
    if not re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", plain) or "\n" in value:
        raise SettingError(f"{name}={value!r} is no mail address. Write it as hisho@example.jp.")
    return value


def url(name: str, schemes: Iterable[str]) -> str:
    value = text(name)
    if value and (urlsplit(value).scheme not in schemes or not urlsplit(value).netloc):
        raise SettingError(
            f"{name}={value!r} is not a URL. Start it with {' or '.join(f'{s}://' for s in schemes)}."
        )
    return value.rstrip("/")


def database(data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry for DATABASE_URL: SQLite below `data_dir`, or PostgreSQL with a pool."""
    value = text("DATABASE_URL")
    if not value:
        return sqlite(data_dir / "app.sqlite3")
    parts = urlsplit(value)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path[1:] if parts.path.startswith("//") else parts.path)))
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise SettingError(
            f"DATABASE_URL={redacted(value)!r}: use postgres://user:password@host:5432/name, or leave it out."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or 5432,
        "CONN_MAX_AGE": 0,
        # Compiling our short queries takes PostgreSQL longer than running them: 0.2 s a page, measured.
        "OPTIONS": {"pool": pool(), "connect_timeout": 10, "options": "-c jit=off"},
    }


def sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "foundation.core.sqlite",
        "NAME": path,
        "CONN_MAX_AGE": None,  # it costs nothing to keep, and opening one costs more than a query
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;",
        },
        "TEST": {"NAME": path.with_name("test.sqlite3")},
    }


def pool() -> dict[str, Any]:
    from psycopg_pool import ConnectionPool

    size = integer("DATABASE_POOL_SIZE", 20, low=1, high=1000)
    return {
        "min_size": min(2, size),
        "max_size": size + integer("DATABASE_POOL_OVERFLOW", 30, low=0, high=1000),
        "timeout": integer("DATABASE_POOL_TIMEOUT", 30, low=1, high=600),
        "max_idle": 5,  # seconds for each connection that a busy moment opened
        "max_lifetime": integer("DATABASE_POOL_RECYCLE", 3600, low=10, high=86_400),
        "check": ConnectionPool.check_connection,
    }


def storage(name: str) -> dict[str, Any]:
    """Django's STORAGES entry for uploaded files: a bucket of `s3://key:secret@host/bucket[/folder]`, or the local folder."""
    value = text(name)
    if not value:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    parts, asked = urlsplit(value), dict(parse_qsl(urlsplit(value).query))
    bucket, _slash, folder = parts.path.strip("/").partition("/")
    known = set(asked) <= {"region", "tls"} and asked.get("tls", "1") in {"0", "1"}
    if parts.scheme != "s3" or not parts.hostname or not bucket or not known:
        raise SettingError(
            f"{name}={redacted(value)!r}: use s3://key:secret@host[:port]/bucket[/folder][?region=…][&tls=0]."
        )
    place = parts.netloc.rpartition("@")[2]
    return {
        "BACKEND": "foundation.core.storage.ObjectStorage",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": unquote(folder),
            "endpoint_url": f"{'http' if asked.get('tls') == '0' else 'https'}://{place}",
            "region_name": asked.get("region") or None,
            # Without these, the machine's own role or the usual AWS variables say who we are.
            "access_key": unquote(parts.username) if parts.username else None,
            "secret_key": unquote(parts.password) if parts.password else None,
        },
    }


def redacted(value: str) -> str:
    parts = urlsplit(value)
    return value.replace(f":{parts.password}@", ":***@") if parts.password else value


def stored_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets of this installation, generated once: `{"SECRET_KEY", "ENCRYPTION_KEYS"}`."""
    path = data_dir / "secrets.json"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(
                path,
                {"SECRET_KEY": secrets.token_urlsafe(64), "ENCRYPTION_KEYS": Fernet.generate_key().decode()},
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(
            f"{path} cannot be read or written ({error.__class__.__name__}). Set DATA_DIR to a folder that you may write to."
        ) from error


def _write_once(path: Path, values: dict[str, str]) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")  # mkstemp makes it 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # never over a file that another process has just written
    except FileExistsError:
        pass
    except OSError:
        os.replace(temporary, path)
        return
    os.unlink(temporary)
