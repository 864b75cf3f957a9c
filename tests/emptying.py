"""A test's database, empty but for what no test changes and the platform's own roles; emptied quickly.

Django empties PostgreSQL by TRUNCATE, which takes ten times as long for a hundred small tables as DELETE does, and then
asks for every content type and permission anew.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management.commands import flush
from django.db.models.signals import post_migrate

from foundation.accounts.models import Role
from foundation.accounts.roles import SEEDED, django_permission

KEPT = {"django_content_type", "auth_permission"}


def install() -> None:
    """From here on `flush`, which ends every test with a real transaction, works as described above."""
    flush.sql_flush, flush.emit_post_migrate_signal = _statements, _roles_make
    last = [each for each in apps.get_app_configs() if each.models_module][-1]
    post_migrate.connect(_roles_make, sender=last)  # after the permissions of all


def _statements(style: Any, connection: Any, **asked: Any) -> list[str]:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    if connection.vendor != "postgresql" or not _is_superuser(connection):
        return connection.ops.sql_flush(style, sorted(tables), **asked)
    deletes = "; ".join(f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables)
    return [
        f"SET LOCAL session_replication_role = replica; {deletes}"
    ]  # in any order, and the audit trail's too


def _is_superuser(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return cursor.fetchone()[0]


def _roles_make(*_said: Any, **_signal: Any) -> None:
    if Group.objects.exists():
        return  # a command under test migrates, too
    known = {
        (label, codename): pk
        for pk, label, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    groups = Group.objects.bulk_create(Group(name=f"role:{name}") for name in SEEDED)
    roles = zip(SEEDED.items(), groups, strict=True)
    Role.objects.bulk_create(
        Role(name=name, codes=sorted(codes), group=group) for (name, codes), group in roles
    )
    held = Group.permissions.through
    held.objects.bulk_create(
        held(group=group, permission_id=known[django_permission(code)])
        for codes, group in zip(SEEDED.values(), groups, strict=True)
        for code in codes
    )
