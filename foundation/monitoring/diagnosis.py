"""What `manage.py doctor` asks. Rooms register questions about what only they know; nothing here ever raises."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from foundation.activity import selectors as activity
from foundation.core import crypto
from foundation.core.errors import Unavailable
from foundation.core.locks import FolderLock, Held

OK, WARNING, BAD = "ok", "warning", "bad"


@dataclass(frozen=True)
class Finding:
    """`status` is ok, warning or bad; `message` says what was found and, if it is not ok, what to do."""

    name: str
    status: str
    message: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


type Question = Callable[[], tuple[str, str]]

_questions: dict[str, Question] = {}


def register(name: str, question: Question) -> None:
    """`question()` returns `(status, message)` for the line `name`."""
    _questions[name] = question


def findings() -> Iterable[Finding]:
    for name, question in _questions.items():
        yield _asked(name, question)


def _asked(name: str, question: Question) -> Finding:
    try:
        return Finding(name, *question())
    except Exception as error:  # noqa: BLE001 - a question that cannot be answered is an answer
        return Finding(name, BAD, f"{error.__class__.__name__}: {error}"[:300])


def data_folder() -> tuple[str, str]:
    probe = settings.DATA_DIR / ".doctor"
    probe.write_text("ok", encoding="utf-8")
    probe.unlink()
    try:
        with FolderLock(settings.DATA_DIR / "server.lock", "doctor"):
            running = _("no server is running on it")
    except Held as error:
        running = _("in use (%(holder)s)") % {"holder": error.holder}
    return OK, f"{settings.DATA_DIR}: {running}"


def database() -> tuple[str, str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA quick_check")
            verdict = cursor.fetchone()[0]
            return (OK, "SQLite") if verdict == "ok" else (BAD, str(verdict)[:200])
        cursor.execute("SHOW server_version")
        return OK, f"PostgreSQL {cursor.fetchone()[0]}"


def migrations() -> tuple[str, str]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return BAD, _("%(count)d wait. Run: python manage.py migrate (up does it too)") % {
            "count": len(waiting)
        }
    return OK, _("all applied")


def queue() -> tuple[str, str]:
    if settings.EMBEDDED_QUEUE:
        return OK, _("embedded in the server; /health tells how it does")
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=3)
    workers = current_app.control.ping(timeout=2)
    if not workers:
        return BAD, _("the broker answers, but no worker does. Start one: celery -A config worker")
    return OK, _("%(count)d workers answer") % {"count": len(workers)}


def cache_answers() -> tuple[str, str]:
    cache.set("doctor:probe", "ok", timeout=10)
    return (
        (OK, _("answers")) if cache.get("doctor:probe") == "ok" else (BAD, _("does not keep what is written"))
    )


def keys() -> tuple[str, str]:
    count = len(settings.ENCRYPTION_KEYS)
    if crypto.decrypt(crypto.encrypt("probe")) != "probe":
        return BAD, _("do not decrypt")
    tokens = (token for shelf in crypto.shelves() for _key, token in shelf.tokens())
    opened = [_opens(token) for token in tokens if not crypto.is_current(token)]
    if not all(opened):
        lost = opened.count(False)
        return BAD, _("%(count)d stored secrets open with none of ENCRYPTION_KEYS") % {"count": lost}
    if opened:
        message = _("%(count)d stored secrets need an older key: run manage.py rotate_keys")
        return WARNING, message % {"count": len(opened)}
    return OK, _("%(count)d keys, round trip works") % {"count": count}


def _opens(token: str) -> bool:
    try:
        crypto.opened(token.encode())
    except Unavailable:
        return False
    return True


def audit() -> tuple[str, str]:
    verdict = activity.audit_standing()
    if not verdict.ok:
        return BAD, activity.audit_fault(verdict)
    message = _("%(sealed)d rows sealed, %(unsealed)d not yet")
    return OK, message % {"sealed": verdict.sealed, "unsealed": verdict.unsealed}


def register_all() -> None:
    for name, question in _OWN.items():
        register(name, question)


_OWN: dict[str, Question] = {
    gettext_noop("data folder"): data_folder,
    gettext_noop("database"): database,
    gettext_noop("migrations"): migrations,
    gettext_noop("keys"): keys,
    gettext_noop("queue"): queue,
    gettext_noop("cache"): cache_answers,
    gettext_noop("audit"): audit,
}
