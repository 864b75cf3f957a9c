from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.accounts import services
from foundation.accounts.models import User
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = "アクセストークンを標準出力に1つ表示します。 Prints one access token, and nothing else, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="user name (default: the local user)")
        parser.add_argument("--hours", type=int, default=12, help="how long it counts (1 to 720, default 12)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["hours"] <= 720:
            raise CommandError("--hours must be from 1 to 720.")
        user, lifetime = self._user(options["user"]), timedelta(hours=options["hours"])
        self.stdout.write(services.access_token_create(SYSTEM, user=user, lifetime=lifetime))

    def _user(self, name: str | None) -> User:
        try:
            return services.acting_user(name)
        except DomainError as error:
            raise CommandError(str(error)) from error
