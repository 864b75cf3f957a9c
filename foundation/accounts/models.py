"""People, their roles and teams, and the short-lived secrets that let them in. Secrets are stored hashed."""

import uuid
from typing import Any, Self

from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.db import models
from django.utils.functional import cached_property

from foundation.accounts.roles import ALL_CODES, permissions_of_no_model
from foundation.core.models import BaseModel
from foundation.core.permissions import PermittedQuerySet
from foundation.core.scopes import covers


class UserQuerySet(PermittedQuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """Everybody for those whose role says `user:<action>`; oneself otherwise, to see and to change."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if not covers(user, f"user:{action}"):
            return self.none()
        if user.is_superuser or f"user:{action}" in user.permission_codes:
            return self
        return self.filter(pk=user.pk) if action in {"view", "change"} else self.none()


class PeopleManager(UserManager.from_queryset(UserQuerySet)):
    """Django's manager (create_user, create_superuser), with `.permitted()`."""


class RoleQuerySet(PermittedQuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """Every role for those whose roles say `role:<action>`; one's own otherwise, to see."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if not covers(user, f"role:{action}"):
            return self.none()
        if user.is_superuser or f"role:{action}" in user.permission_codes:
            return self
        return self.filter(group__user=user) if action == "view" else self.none()


class InvitationQuerySet(PermittedQuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """All of them for whoever may invite, and nothing for others."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        wanted = "user:view" if action == "view" else "user:create"
        held = user.is_superuser or {"user:create", wanted} <= user.permission_codes
        return self if held and covers(user, wanted) else self.none()


class User(AbstractUser):
    """A person. `is_local` marks the one person of the embedded profile, who may do everything."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=5, default="ja")
    is_local = models.BooleanField(default=False)

    objects = PeopleManager()

    # The personal token that this person came with; None for whoever signed in themselves. A superuser who comes with one
    # is not one while it is used, so that no shortcut passes by its scopes; `sees_all` says what they were.
    through: "PersonalToken | None" = None
    sees_all = False

    class Meta(AbstractUser.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("is_local",), condition=models.Q(is_local=True), name="one_local_user"
            ),
        )

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def permission_codes(self) -> frozenset[str]:
        """`resource:action` codes from the user's roles, as far as the token they came with reaches."""
        if not hasattr(self, "_codes"):
            codes = [ALL_CODES] if self.sees_all else self._roles_and_teams.values()
            self._codes = frozenset(code for each in codes for code in each or () if covers(self, code))
        return self._codes

    @property
    def group_ids(self) -> list[int]:
        """The groups they are in: those of their roles, and teams of people. Read once."""
        return [*self._roles_and_teams]

    @cached_property
    def _roles_and_teams(self) -> dict[int, list[str] | None]:
        """`{group id: the codes of its role}`; a team has none."""
        return dict(self.groups.order_by().values_list("pk", "role__codes"))

    def come_through(self, token: "PersonalToken") -> None:
        """Limit this instance to what `token` is for. It is for asking what one may do, and is never saved."""
        self.through, self.sees_all, self.is_superuser = token, self.is_superuser, False

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.through is not None:
            raise RuntimeError("A person limited by a token is not what stands in the database.")
        super().save(*args, **kwargs)

    @property
    def scopes(self) -> frozenset[str] | None:
        """What a personal token limits this person to; None when nothing does. See `foundation.core.scopes`."""
        return frozenset(self.through.scopes) if self.through else None


class Role(BaseModel):
    """A named set of `resource:action` codes. One Django group each, so that guardian works untouched."""

    name = models.CharField(max_length=60, unique=True)
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="role")
    codes = models.JSONField(default=list)

    objects = RoleQuerySet.as_manager()

    class Meta(BaseModel.Meta):
        permissions = permissions_of_no_model()

    def __str__(self) -> str:
        return self.name


class TeamQuerySet(PermittedQuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """One's own teams; those that one is in, to see; every team for those whose roles say `team:<action>`."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if user.is_superuser or f"team:{action}" in user.permission_codes:
            return self
        own = models.Q(owner=user)
        return self.filter(own | models.Q(group__in=user.groups.all()) if action == "view" else own)


class Team(BaseModel):
    """People who work together. One Django group each, as for roles: what is shared with it is shared with its members."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="owned_teams")
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="team")

    objects = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class TokenFamily(BaseModel):
    """One sign-in by password or command line. Every token that came from it dies when it is revoked.

    `refresh_id` is the one refresh token that still counts; an older one that turns up again was stolen.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    refresh_id = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    owner_field = "user"


class OneTimeSecret(BaseModel):
    """A secret that opens one thing once: a console sign-in link, a socket ticket, or a new password.

    `credential` names the session or token family that asked for it, so that a socket ends with its sign-in.
    """

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        SOCKET = "socket"
        RESET = "reset"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    digest = models.CharField(max_length=64, unique=True)
    credential = models.CharField(max_length=80, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    owner_field = "user"


class PersonalToken(BaseModel):
    """A token for scripts and MCP clients: shown once, kept as a digest, limited to `scopes`, and ending by itself.

    `hint` is its last four characters, to tell it from others. `fingerprint` ends it with its owner's password.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=16)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    owner_field = "user"

    def __str__(self) -> str:
        return self.name


class Invitation(BaseModel):
    """Lets one person in, once, with a role. What the link says is kept as a digest; a new link ends the old one."""

    class Delivery(models.TextChoices):
        BY_HAND = "by_hand"
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(blank=True)
    digest = models.CharField(max_length=64, unique=True)
    delivery = models.CharField(max_length=10, choices=Delivery.choices, default=Delivery.BY_HAND)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.email or '-'} ({self.role})"
