"""`manage.py delegate`: hand over one requirement and get the report."""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from foundation.accounts.services import acting_user
from foundation.core import seeding
from foundation.core.errors import DomainError
from foundation.core.text import language_of
from knowledge.models import Vault
from knowledge.reasons import sentence
from knowledge.services import vault_sync
from workflows.services import requirement_check, workflow_create
from workflows.terminal.delegation import Delegation, vault_at
from workflows.terminal.screen import Screen


class Command(BaseCommand):
    help = "要件を渡し、報告書を受け取ります。 Hands over one requirement and brings back the report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("requirement", help="what you need, in your own words ('-' reads it from stdin)")
        parser.add_argument(
            "--vault", metavar="DIR", help="the Obsidian vault to work over (default: your first)"
        )
        parser.add_argument("--approve", choices=("ask", "auto"), default="ask", help="who approves the plan")
        parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
        parser.add_argument("--user", help="on whose behalf (team profile)")
        parser.add_argument("--data-dir", help="where everything is kept (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        requirement = sys.stdin.read() if options["requirement"] == "-" else options["requirement"]
        with translation.override(language_of(requirement)):
            try:
                status = self._delegate(requirement, options)
            except DomainError as error:
                raise CommandError(_described(error)) from error
            except KeyboardInterrupt:
                raise CommandError(_("Interrupted. What was begun goes on when the platform runs.")) from None
        sys.exit(status)

    def _delegate(self, requirement: str, options: dict[str, Any]) -> int:
        screen = Screen(self.stderr._out)
        requirement_check(requirement)
        call_command("migrate", verbosity=0, interactive=False)
        seeding.seed()
        user = acting_user(options["user"])
        vault = vault_at(user, options["vault"])
        self._index(vault, screen)
        workflow = workflow_create(
            user,
            requirement=requirement,
            vault=vault.pk if vault else None,
            auto_approve=options["approve"] == "auto",
        )
        _start_worker()
        delegation = Delegation(user, workflow, screen)
        status = delegation.follow()
        self._finish(delegation.outcome(), screen, as_json=options["json"])
        return status

    def _index(self, vault: Vault | None, screen: Screen) -> None:
        if vault is None:
            screen.say(_("Without a vault: there are no notes to work from."))
            return
        screen.say(_("Reading the vault %(name)s (%(path)s) …") % {"name": vault.name, "path": vault.path})
        while (stopped := vault_sync(vault).stopped) == "busy":
            time.sleep(1)  # a running server is at it already
        if stopped:
            raise DomainError(sentence(stopped), code="vault_unreadable")

    def _finish(self, outcome: dict[str, Any], screen: Screen, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(outcome, ensure_ascii=False))
            return
        if outcome["reason"]:
            screen.say(outcome["reason"])
        screen.say(
            _("%(citations)d sources, %(gaps)d open points")
            % {name: len(outcome[name]) for name in ("citations", "gaps")}
        )
        for gap in outcome["gaps"]:
            screen.say(f"  - {gap}")
        if outcome["report_path"]:
            self.stdout.write(outcome["report_path"])


def _start_worker() -> None:
    if settings.EMBEDDED_QUEUE:
        from foundation.core.worker import EmbeddedWorker

        EmbeddedWorker().start()


def _described(error: DomainError) -> str:
    details = "; ".join(str(value) for value in error.details.values())
    return f"{error} {details}".strip()
