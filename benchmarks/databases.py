"""A PostgreSQL database of a benchmark's own, made and dropped."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_database(url: str) -> Iterator[str | None]:
    """The address of a new database on the server of `url`; "" (SQLite) for "", None where nothing answers."""
    if not url:
        yield ""
        return
    import psycopg
    from psycopg import sql

    name = f"hisho_bench_{uuid.uuid4().hex[:12]}"
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield None
        return
    with connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
