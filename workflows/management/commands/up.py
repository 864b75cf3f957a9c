"""`manage.py up`: the whole platform in one process, ready to be opened."""

import os
import subprocess
import sys
import threading
import webbrowser
from argparse import ArgumentParser
from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from foundation.accounts import selectors, services
from foundation.activity import live
from foundation.core import console, seeding, server
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError
from foundation.core.locks import FolderLock, Held


class Command(BaseCommand):
    help = "プラットフォームを起動します。 Starts the whole platform and prints a one-time sign-in link."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=settings.PORT, help="0 picks a free one (default 8000)"
        )
        parser.add_argument("--data-dir", help="where everything is kept (default ./var)")
        parser.add_argument("--no-browser", action="store_true", help="do not open the link in a browser")

    def handle(self, *args: Any, **options: Any) -> None:
        console.speak()
        port = _port(options["port"])
        try:
            with FolderLock(settings.DATA_DIR / "server.lock", f"port {port}"):
                self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
                _prepare()
                sys.exit(self._serve(port, browser=not options["no_browser"]))
        except Held as error:
            message = _(
                "Another server already uses %(folder)s (%(holder)s). Stop it, or choose another --data-dir."
            )
            raise CommandError(message % {"folder": settings.DATA_DIR, "holder": error.holder}) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(_("The database does not answer: %(error)s") % {"error": error}) from error

    def _serve(self, port: int, *, browser: bool) -> int:
        hooks = server.Hooks(on_loop=live.serve_on, on_ready=lambda: self._welcome(port, browser=browser))
        return server.serve(
            get_default_application(), host=settings.HOST, port=port, hooks=hooks, worker=_worker()
        )

    def _welcome(self, port: int, *, browser: bool) -> None:
        threading.Thread(target=self._announce, args=(port, browser), name="welcome", daemon=True).start()

    def _announce(self, port: int, browser: bool) -> None:
        """The database is asked off the event loop."""
        console.speak()
        base = settings.PUBLIC_URL or f"http://{_in_url(settings.HOST)}:{port}"
        link = base + (services.sign_in_link_create(SYSTEM) if settings.SIGN_IN == "link" else "/")
        if settings.SIGN_IN == "password" and not selectors.another_person_exists():
            self.stderr.write(
                _("Nobody has an account yet. Create the first: python manage.py createsuperuser")
            )
        self.stdout.write(link)
        self.stdout.flush()
        connections.close_all()
        if browser and _has_display():
            webbrowser.open(link)


def _port(wanted: int) -> int:
    if not 0 <= wanted <= 65_535:
        raise CommandError(_("--port must be from 0 to 65535."))
    port = wanted or server.free_port(settings.HOST)
    if not server.port_is_free(settings.HOST, port):
        message = _(
            "Port %(port)d is taken. Stop what uses it, or choose another: --port %(next)d (0 picks a free one)."
        )
        raise CommandError(message % {"port": port, "next": port + 1 if port < 65_535 else 0})
    return port


def _prepare() -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    if _is_behind():
        _migrate()
    seeding.seed()
    connections.close_all()


def _migrate() -> None:
    """In a process of its own: the history of all tables takes 40 MB, which Python would keep."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--no-input", "--verbosity=0"]
    environ = os.environ | {"DATA_DIR": str(settings.DATA_DIR)}
    connections.close_all()
    done = subprocess.run(command, env=environ, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise CommandError(_("The tables could not be brought up to date. What went wrong stands above."))


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _worker() -> server.Worker | None:
    if not settings.EMBEDDED_QUEUE:
        return None
    from foundation.core.worker import EmbeddedWorker

    worker = EmbeddedWorker()
    worker.start()
    return worker


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
