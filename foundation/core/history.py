"""Databases whose migrations cannot go on: Django leaves such a room out without a word, and its pages fail later."""

from typing import Any

from django.core import checks
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

HALF_FOLDED = "core.E001"


@checks.register(checks.Tags.database)
def check_history(databases: list[str] | None = None, **_options: Any) -> list[checks.CheckMessage]:
    """An error for each room that was migrated to somewhere within what one of its migrations replaces.

    `migrate` asks before it begins; docs/decisions/0022 says what to do.
    """
    return [
        checks.Error(
            _("The tables of “%(room)s” are from the middle of the platform's development.") % {"room": room},
            hint=_("Bring them up to date with the version they are from, then start this one again."),
            id=HALF_FOLDED,
        )
        for alias in databases or []
        for room in _half_folded(alias)
    ]


def _half_folded(alias: str) -> list[str]:
    loader = MigrationLoader(connections[alias], ignore_no_migrations=True)
    done = loader.applied_migrations
    partly = {
        room
        for (room, _name), migration in loader.replacements.items()
        if any(each in done for each in migration.replaces)
        and not all(each in done for each in migration.replaces)
    }
    return sorted(partly)
