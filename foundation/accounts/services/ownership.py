"""Somebody must be able to do everything: the last owner stays one."""

from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Role, User
from foundation.core.errors import Conflict

OWNER = "owner"
LAST_OWNER = _("This is the last owner. Make somebody else an owner first.")


def require_another_owner(user: User) -> None:
    """Before `user` stops being an owner. Raises Conflict `last_owner`; the role's row is locked, so that of two at once
    the second sees what the first did."""
    role = Role.objects.select_for_update().filter(name=OWNER).first()
    if role is None or not user.is_active or not role.group.user_set.filter(pk=user.pk).exists():
        return
    if not role.group.user_set.filter(is_active=True).exclude(pk=user.pk).exists():
        raise Conflict(LAST_OWNER, code="last_owner")
