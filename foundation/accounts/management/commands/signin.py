from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from foundation.accounts import services
from foundation.core.actors import SYSTEM
from foundation.core.errors import DomainError


class Command(BaseCommand):
    help = "サインイン用のリンクを新しく1つ表示します。 Prints a new one-time sign-in link for the running platform."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=settings.PORT, help="the port the platform listens on"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            path = services.sign_in_link_create(SYSTEM)
        except DomainError as error:
            raise CommandError(str(error)) from error
        base = settings.PUBLIC_URL or f"http://{settings.HOST}:{options['port']}"
        self.stdout.write(f"{base}{path}")
