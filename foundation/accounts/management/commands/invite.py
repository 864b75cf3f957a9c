from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from foundation.accounts import selectors, services
from foundation.accounts.services import mails
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = "招待のリンクを1つ表示します。 Prints a link that lets one person in, once, with a role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--role", default="member", help="owner, manager, approver, member, viewer, auditor, …"
        )
        parser.add_argument(
            "--email", default="", help="mailed there where EMAIL_URL is set; nothing is printed then"
        )
        parser.add_argument(
            "--port",
            type=int,
            default=settings.PORT,
            help="the port the platform listens on, without PUBLIC_URL",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        services.roles_seed()
        known = {role.name: role for role in selectors.roles_to_give(SYSTEM)}
        role = known.get(options["role"])
        if role is None:
            message = _("There is no role of this name. Known: %(names)s")
            raise CommandError(message % {"names": ", ".join(sorted(known))})
        try:
            _made, path = services.invitation_create(SYSTEM, role=role, email=options["email"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error
        if path:
            self.stdout.write(mails.absolute(path, f"http://{settings.HOST}:{options['port']}"))
