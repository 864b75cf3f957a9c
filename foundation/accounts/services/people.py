"""People and their roles. Nobody hands out, or takes over, more than they hold themselves."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import OneTimeSecret, PersonalToken, Role, User
from foundation.accounts.roles import ALL_CODES, SEEDED
from foundation.accounts.services import attempts, once
from foundation.accounts.services.mapping import roles_map
from foundation.accounts.services.ownership import OWNER, require_another_owner
from foundation.accounts.services.token_pairs import token_families_revoke
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, Forbidden, Invalid
from foundation.core.permissions import require_permission

MORE_THAN_YOURS = _("You can only hand out what you hold yourself.")
NOT_YOURSELF = _("You cannot lock yourself out.")
UNKNOWN_CODES = _("These permission codes are not known.")
SEEDED_ROLE = _("This role belongs to the platform and cannot be deleted.")
SWITCH_FIRST = _(
    "This platform serves one person (SIGN_IN=link). Start it with SIGN_IN=password first, then add people."
)
WRONG_PASSWORD = _("This is not your present password.")
OWNERS_ROLE = _("Owners may do everything; this role stays as it is.")
OWN_FIELDS = frozenset({"display_name", "email", "language", "password"})
# Whoever has these has the account: a session that somebody left open is not enough to change them.
CONFIRMED_FIELDS = frozenset({"email", "password"})


@transaction.atomic
def user_create(actor: Actor, *, username: str, password: str, **profile: Any) -> User:
    """A new person without any role. Raises ValidationError for a weak password or a taken name."""
    require_team()
    require_permission(actor, "user:create")
    user = user_made(username=username, password=password, **profile)
    record(actor, "user.created", user)
    return user


def require_team() -> None:
    """Raises Conflict while the platform lets in whoever sits at this PC: a second person asks to switch first."""
    if settings.SIGN_IN != "password":
        raise Conflict(SWITCH_FIRST, code="switch_sign_in_first")


def user_made(*, username: str, password: str, **profile: Any) -> User:
    """The person, saved, for a command that has checked whether there may be one. Raises ValidationError."""
    user = User(username=username, **profile)
    _set_password(user, password)
    user.full_clean()
    user.save()
    return user


@transaction.atomic
def user_update(actor: Actor, user: User, *, current_password: str = "", **changes: Any) -> User:
    """Change a person: one's own profile and password, or anything with `user:change`.

    Changing one's own password or address for mail takes `current_password`, if there is one. Raises Invalid, TooMany.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    _check_may_update(actor, user, changes)
    if changes.get("is_active") is False:
        require_another_owner(user)
    if actor.pk == user.pk and _touches(user, changes):
        _confirm(user, current_password)
    fields = sorted(changes)
    password = changes.pop("password", None)
    for name, value in changes.items():
        setattr(user, name, value)
    if password is not None:
        _set_password(user, password)
    user.full_clean()
    user.save()
    if password is not None or not user.is_active:
        sign_ins_end(actor, user=user, reason="password changed" if password else "deactivated")
    elif "email" in fields:
        once.withdraw(user, OneTimeSecret.Purpose.RESET)
    record(actor, "user.updated", user, data={"fields": fields})
    return user


def sign_ins_end(actor: Actor, *, user: User, reason: str) -> None:
    """What let `user` in counts no more: tokens, personal tokens, links. Sessions end with the password or the account."""
    token_families_revoke(actor, user=user, reason=reason)
    once.withdraw(user, OneTimeSecret.Purpose.RESET)
    PersonalToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def password_replace(user: User, password: str) -> User:
    """A new password for somebody who has proved who they are otherwise. Call it inside the command's transaction."""
    user = User.objects.select_for_update().get(pk=user.pk)
    _set_password(user, password)
    user.save(update_fields=["password"])
    sign_ins_end(user, user=user, reason="password reset")
    return user


@transaction.atomic
def user_roles_set(actor: Actor, user: User, *, roles: Iterable[Any]) -> User:
    """Give `user` exactly those of the roles that `actor` may see. `roles` are roles or their ids. Raises Forbidden."""
    wanted = {getattr(each, "pk", each) for each in roles}
    visible = Role.objects.permitted(actor, "view")
    held = set(visible.filter(group__user=user).values_list("pk", flat=True))
    for role in visible.filter(pk__in=wanted - held):
        role_grant(actor, role, user=user)
    for role in visible.filter(pk__in=held - wanted):
        role_revoke(actor, role, user=user)
    return user


@transaction.atomic
def role_create(actor: Actor, *, name: str, codes: Iterable[str]) -> Role:
    require_permission(actor, "role:create")
    checked = _checked_codes(actor, codes)
    if Role.objects.filter(name=name).exists():
        raise Conflict(code="name_taken", details={"name": name})
    role = Role(name=name, codes=checked, group=Group.objects.create(name=f"role:{name}"))
    role.full_clean()
    role.save()
    roles_map([role])
    record(actor, "role.created", role, data={"codes": checked})
    return role


@transaction.atomic
def role_update(actor: Actor, role: Role, *, codes: Iterable[str]) -> Role:
    require_permission(actor, "role:change")
    if role.name == OWNER:
        raise Conflict(OWNERS_ROLE, code="seeded_role")
    role = Role.objects.select_for_update().get(pk=role.pk)
    require_covers(actor, role.codes)
    role.codes = _checked_codes(actor, codes)
    role.save(update_fields=["codes", "updated_at"])
    roles_map([role])
    record(actor, "role.updated", role, data={"codes": role.codes})
    return role


@transaction.atomic
def role_delete(actor: Actor, role: Role) -> None:
    require_permission(actor, "role:delete")
    if role.name in SEEDED:
        raise Conflict(SEEDED_ROLE, code="seeded_role")
    require_covers(actor, role.codes)
    record(actor, "role.deleted", role, data={"name": role.name})
    role.group.delete()  # the role goes with it


@transaction.atomic
def role_grant(actor: Actor, role: Role, *, user: User) -> Role:
    require_permission(actor, "role:grant")
    require_covers(actor, role.codes)
    user.groups.add(role.group)
    record(actor, "role.granted", role, data={"user": str(user.pk)}, notify=[user], title=str(role))
    return role


@transaction.atomic
def role_revoke(actor: Actor, role: Role, *, user: User) -> Role:
    require_permission(actor, "role:grant")
    require_covers(actor, role.codes)
    if role.name == OWNER:
        require_another_owner(user)
    user.groups.remove(role.group)
    record(actor, "role.revoked", role, data={"user": str(user.pk)}, streams=[f"inbox:{user.pk}"])
    return role


def roles_seed() -> None:
    """Create the platform's own roles where they are missing. What an administrator changed stays, but an owner may do
    everything, also what this version adds."""
    existing = set(Role.objects.values_list("name", flat=True))
    Role.objects.filter(name=OWNER).exclude(codes=SEEDED[OWNER]).update(codes=SEEDED[OWNER])
    for name in SEEDED.keys() - existing:
        with suppress(Conflict, IntegrityError):  # two starts at once: the other one made it
            role_create(SYSTEM, name=name, codes=SEEDED[name])
    roles_map(Role.objects.select_related("group").prefetch_related("group__permissions"))


def _check_may_update(actor: Actor, user: User, changes: dict[str, Any]) -> None:
    oneself = actor.pk == user.pk
    if oneself and changes.get("is_active") is False:
        raise Conflict(NOT_YOURSELF, code="not_yourself")
    if oneself and changes.keys() <= OWN_FIELDS:
        return
    require_permission(actor, "user:change")
    if user.is_superuser and not actor.is_superuser:
        raise Forbidden(MORE_THAN_YOURS)
    require_covers(actor, user.permission_codes)


def _touches(user: User, changes: dict[str, Any]) -> bool:
    touched = {name for name in CONFIRMED_FIELDS & changes.keys() if changes[name] != getattr(user, name)}
    return bool(touched) and user.has_usable_password()


def _confirm(user: User, password: str) -> None:
    attempt = attempts.confirmation(user)
    attempts.begin(attempt)
    if not user.check_password(password):
        raise Invalid(details={"current_password": [str(WRONG_PASSWORD)]})
    attempts.succeeded(attempt)


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)


def _checked_codes(actor: Actor, codes: Iterable[str]) -> list[str]:
    wanted = set(codes)
    if unknown := sorted(wanted - ALL_CODES):
        raise Invalid(UNKNOWN_CODES, details={"codes": unknown})
    require_covers(actor, wanted)
    return sorted(wanted)


def require_covers(actor: Actor, codes: Iterable[str]) -> None:
    """Nobody hands out more than they hold. Raises Forbidden."""
    if not actor.is_superuser and not set(codes) <= actor.permission_codes:
        raise Forbidden(MORE_THAN_YOURS)
