"""Do the team profile's PostgreSQL and Redis answer? `python -m tests.services` says why not, and exits with 1."""

import os
import sys
from urllib.parse import urlsplit

import psycopg
import redis

DATABASE = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379"
OLDEST_POSTGRESQL = 150_000
PATIENCE_SECONDS = 5


def database_url() -> str:
    """A database on the server where tests may make others."""
    return os.environ.get("DATABASE_URL") or os.environ.get("TEST_DATABASE_URL") or DATABASE


def redis_url() -> str:
    return os.environ.get("REDIS_URL") or os.environ.get("TEST_REDIS_URL") or REDIS


def trouble() -> str:
    """Why the team profile cannot be tried here, or an empty string."""
    return _postgresql(database_url()) or _redis(redis_url())


def _postgresql(url: str) -> str:
    place = urlsplit(url)
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE_SECONDS) as opened:
            version = opened.info.server_version
            may = opened.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            row = may.fetchone()
    except psycopg.Error as error:
        return f"PostgreSQL at {place.hostname}:{place.port or 5432}: {str(error).strip() or type(error).__name__}"
    if version < OLDEST_POSTGRESQL:
        return f"PostgreSQL {version // 10_000} is older than {OLDEST_POSTGRESQL // 10_000}"
    return "" if row and row[0] else "PostgreSQL: this user may not create databases"


def _redis(url: str) -> str:
    place = urlsplit(url)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=PATIENCE_SECONDS) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis at {place.hostname}:{place.port or 6379}: {error}"
    return ""


if __name__ == "__main__":
    said = trouble()
    print(said)
    sys.exit(1 if said else 0)
