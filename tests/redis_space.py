"""A Redis database for one test process alone.

A file lock, gone with its process, says which numbers are taken. The file stays behind and says whether the tests left in
good order; if they were killed, what is still in there is theirs and is flushed. Anybody else's data is left alone.
"""

import atexit
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import redis

from foundation.core.locks import FolderLock, Held

FIRST = 8  # unless the URL names another
IN_ORDER = "left in order"


class NoneFree(Exception):
    """Every database that tests may take is in use."""


def claimed(url: str) -> str:
    """`url` with the number of an empty database that no other test process will touch. Raises NoneFree."""
    given = urlsplit(url)
    server = given._replace(path="").geturl()
    first = int(given.path.strip("/") or FIRST)
    for number in range(first, _databases(server)):
        if _take(f"{server}/{number}", _lock_file(given.netloc, number)):
            return f"{server}/{number}"
    raise NoneFree(f"No Redis database from {first} on is free for tests. Empty one, or set TEST_REDIS_URL.")


def _take(url: str, file: Path) -> bool:
    ours = file.exists() and IN_ORDER not in file.read_text(encoding="utf-8")
    lock = FolderLock(file, "tests")
    try:
        lock.__enter__()
    except Held:
        return False
    with redis.Redis.from_url(url) as client:
        if ours or not client.dbsize():
            client.flushdb()
            atexit.register(_leave, url, file, lock)
            return True
    file.write_text(IN_ORDER, encoding="utf-8")
    lock.__exit__(None, None, None)
    return False


def _leave(url: str, file: Path, lock: FolderLock) -> None:
    try:
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        file.write_text(IN_ORDER, encoding="utf-8")
    finally:
        lock.__exit__(None, None, None)


def _lock_file(server: str, number: int) -> Path:
    name = server.rpartition("@")[2].replace(":", "-")
    return Path(tempfile.gettempdir()) / "hisho-tests" / f"redis-{name}-{number}.lock"


def _databases(server: str) -> int:
    with redis.Redis.from_url(server) as client:
        return int(client.config_get("databases")["databases"])
