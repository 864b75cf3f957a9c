"""Abstract models that every room builds on. Core itself has no tables."""

import uuid

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from foundation.core.permissions import PermittedQuerySet


class BaseModel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("-created_at", "-id")


class SharedWithUser(UserObjectPermissionBase):
    """A table that says with which people rows are shared; the subclass names them in `content_object`."""

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True
        indexes = (models.Index(fields=("user", "content_object")),)


class SharedWithGroup(GroupObjectPermissionBase):
    """The same for groups: those of roles and of teams of people."""

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True
        indexes = (models.Index(fields=("group", "content_object")),)


class Leased(models.Model):
    """Work that one worker at a time may do. See `foundation.core.leases`."""

    lease_owner = models.CharField(max_length=100, blank=True, default="", editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.BigIntegerField(default=0, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


def recalled[M: models.Model](row: M, known: models.Model | None, *names: str) -> M:
    """`row`, with the related objects `names` that `known`, an earlier reading of it, has at hand and that are still its own.

    Saves asking for them again where only the row itself had to be read anew, under its lock.
    """
    for name in names:
        field = row._meta.get_field(name)
        if known and field.is_cached(known) and getattr(row, field.attname) == getattr(known, field.attname):
            field.set_cached_value(row, field.get_cached_value(known))
    return row
