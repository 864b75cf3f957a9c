"""`manage.py doctor`: is everything in order? The exit status tells."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from foundation.core import console
from foundation.monitoring.diagnosis import BAD, OK, Finding, findings

MARKS = {OK: "✓", BAD: "✗"}


class Command(BaseCommand):
    help = (
        "環境を点検します。 Checks the installation: exit status 0 when everything is in order, 1 when not."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--data-dir", help="where everything is kept (default ./var)")

    def handle(self, *args: Any, **options: Any) -> None:
        console.speak()
        found = list(findings())
        healthy = all(finding.status != BAD for finding in found)
        if options["json"]:
            body = {"ok": healthy, "checks": [finding.as_json() for finding in found]}
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        else:
            self._tell(found, healthy=healthy)
        sys.exit(0 if healthy else 1)

    def _tell(self, found: list[Finding], *, healthy: bool) -> None:
        for finding in found:
            self.stdout.write(f"{MARKS.get(finding.status, '!')} {_(finding.name)}: {finding.message}")
        self.stdout.write(
            _("Everything is in order.") if healthy else _("Something needs attention: see ✗ above.")
        )
