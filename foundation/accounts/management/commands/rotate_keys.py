from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from foundation.accounts import services
from foundation.core.actors import SYSTEM


class Command(BaseCommand):
    help = (
        "保存した鍵やトークンを、ENCRYPTION_KEYS の先頭の鍵で暗号化し直します。"
        " Encrypts what is stored under the first of ENCRYPTION_KEYS; run it again if it was interrupted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = services.keys_rotate(SYSTEM)
        words = {"rotated": done.rotated, "current": done.current}
        self.stdout.write(_("%(rotated)d values encrypted anew, %(current)d were up to date.") % words)
        if done.lost:
            rows = "\n".join(f"  {row}" for row in done.lost)
            message = _(
                "None of ENCRYPTION_KEYS opens these. Put the old key back, or enter the values again:"
            )
            raise CommandError(f"{message}\n{rows}")
        self.stdout.write(_("The other keys are needed no longer."))
