from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from foundation.accounts import services
from foundation.accounts.services import mails
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "パスワードを決め直すリンクを1つ表示し、サインインの制限を解きます。"
        " Prints a link under which a person can set a new password, once, and forgets failed attempts at their name."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="user name")
        parser.add_argument(
            "--port",
            type=int,
            default=settings.PORT,
            help="the port the platform listens on, without PUBLIC_URL",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = services.acting_user(options["name"])
            path = services.password_reset_link_create(SYSTEM, user)
        except DomainError as error:
            raise CommandError(str(error)) from error
        services.unlock(user.username)
        self.stdout.write(mails.absolute(path, f"http://{settings.HOST}:{options['port']}"))
