"""Install the PAL MCP server below DATA_DIR and define it as the server `pal`."""

import subprocess
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_integration import gateway
from ai_integration.contexts.tools import check_words
from ai_integration.mcp import pal
from ai_integration.mcp.faults import OK
from ai_integration.selectors import mcp_servers
from ai_integration.services import mcp_server_create, mcp_server_update
from foundation.accounts.selectors import user_by_name
from foundation.accounts.services import local_user
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = "Install the PAL MCP server in an environment of its own, and define it as a server of tools."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", help="an OpenAI-compatible server; without it, the connections of the platform are used"
        )
        parser.add_argument("--model", action="append", help="a model that it has; may be repeated")
        parser.add_argument("--key", default="", help="its key, if it needs one")
        parser.add_argument("--user", default="", help="who defines it (team profile)")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = pal.home()
        if bool(options["url"]) != bool(options["model"]):
            raise CommandError("Give both --url and --model, or neither.")
        try:
            actor = user_by_name(options["user"]) if options["user"] else local_user()
            if actor is None:
                raise CommandError("There is no such user.")
            program = pal.install(folder)
            values = pal.environment(folder, _wiring(options))
            fields = {
                "command": [str(program)],
                "environment": values,
                "timeout_seconds": pal.CALL_SECONDS,
                "enabled": True,
            }
            known = mcp_servers(actor).filter(name="pal").first()
            row = (
                mcp_server_update(actor, known, **fields)
                if known
                else mcp_server_create(actor, name="pal", **fields)
            )
            checked = gateway.connect(actor, row)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except subprocess.SubprocessError as error:
            raise CommandError(f"pip could not install {pal.PACKAGE}: {error}") from error
        if checked.check_code != OK:
            raise CommandError(check_words(checked))
        self.stdout.write(
            f"{checked.check_detail['tools']} tools. Read and approve them under Settings › Tools."
        )


def _wiring(options: dict[str, Any]) -> pal.Wiring:
    if not options["url"]:
        return gateway.pal_wiring()
    models = pal.named(options["model"])
    return pal.Wiring(url=options["url"], key=options["key"], models=models, default=models[0].name)
