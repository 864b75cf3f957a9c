"""Role codes as Django's own permissions, held by the role's group: what asks `user.has_perm` gets the same answer."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission

from foundation.accounts.models import Role
from foundation.accounts.roles import django_permission


def roles_map(roles: Iterable[Role]) -> None:
    """Give each role's group exactly the permissions that its codes stand for. Writes only what differs."""
    known = {
        (label, codename): pk
        for pk, label, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role in roles:
        places = (django_permission(code) for code in role.codes)
        wanted = {known[place] for place in places if place in known}
        if wanted != {permission.pk for permission in role.group.permissions.all()}:
            role.group.permissions.set(wanted)
