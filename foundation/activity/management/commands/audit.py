import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.activity import selectors, services
from foundation.core.actors import SYSTEM


class Command(BaseCommand):
    help = "監査記録の鎖を確かめ、封じ、書き出します。 Verifies, seals and exports the audit trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        asked = parser.add_subparsers(dest="what", required=True)
        verify = asked.add_parser("verify", help="check every sealed row; exit 1 names the first bad one")
        verify.add_argument(
            "--anchor",
            type=Path,
            action="append",
            metavar="FILE",
            help="exported heads, kept elsewhere (repeatable)",
        )
        asked.add_parser("seal", help="chain now what is not chained yet")
        export = asked.add_parser("export", help="write the rows to standard output")
        export.add_argument("--form", choices=services.EXPORT_FORMS, default="jsonl")
        export.add_argument("--since", type=_moment, help="ISO date or time, inclusive")
        export.add_argument("--until", type=_moment, help="ISO date or time, exclusive")

    def handle(self, *args: Any, **options: Any) -> None:
        {"verify": self._verify, "seal": self._seal, "export": self._export}[options["what"]](options)

    def _verify(self, options: dict[str, Any]) -> None:
        try:
            verdict = selectors.audit_standing(options["anchor"])
        except OSError as error:
            raise CommandError(str(error)) from error
        counts = {"sealed": verdict.sealed, "unsealed": verdict.unsealed, "heads": verdict.heads}
        self.stdout.write(
            _("%(sealed)d rows sealed, %(unsealed)d not yet, %(heads)d exported heads compared") % counts
        )
        if not verdict.ok:
            row = f" ({verdict.first_bad})" if verdict.first_bad else ""
            raise CommandError(selectors.audit_fault(verdict) + row)

    def _seal(self, _options: dict[str, Any]) -> None:
        self.stdout.write(_("%(count)d rows sealed") % {"count": services.audit_seal()})

    def _export(self, options: dict[str, Any]) -> None:
        asked = {name: options[name] for name in ("since", "until") if options[name]}
        said = {name: value.isoformat() for name, value in asked.items()}
        rows = selectors.audit_between(SYSTEM, **asked)
        with services.audit_export(SYSTEM, rows=rows, form=options["form"], asked=said) as file:
            for line in file:
                sys.stdout.buffer.write(line)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else timezone.make_aware(found)
