"""What happened. Rows here are only ever added."""

import uuid

from django.conf import settings
from django.db import models

from foundation.core.models import BaseModel, Leased


class AuditEntry(models.Model):
    """One thing that somebody did. Unsealed rows (`sequence` is null) await the sealer that chains them by hash.

    `actor_ref` is the id of whoever acted: it stays when the user is deleted, so that the hash stays true.
    """

    resource = "audit"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_ref = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=200)
    action = models.CharField(max_length=80, db_index=True)
    object_kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64, db_index=True)
    data = models.JSONField(default=dict)
    sequence = models.BigIntegerField(null=True, unique=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-at",)
        verbose_name_plural = "audit entries"


class AuditChain(Leased):
    """The one chain of audit rows: the number and hash of its last row, and up to where its head was exported."""

    ONLY = uuid.UUID("a0d17000-0000-4000-8000-000000000001")

    id = models.UUIDField(primary_key=True, default=ONLY, editable=False)
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)
    sequence = models.BigIntegerField(default=0, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)
    exported = models.BigIntegerField(default=0, editable=False)


class Stream(models.Model):
    """A feed that clients follow. `epoch` changes when its history was lost."""

    name = models.CharField(max_length=100, primary_key=True)
    epoch = models.UUIDField(default=uuid.uuid4)
    last_seq = models.BigIntegerField(default=0)


class Event(models.Model):
    """One event of one stream; `seq` is gapless and in commit order."""

    stream = models.CharField(max_length=100)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=80)
    priority = models.CharField(max_length=6, default="normal")
    payload = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("stream", "seq"), name="one_event_per_seq"),)
        ordering = ("stream", "seq")


class Notification(BaseModel):
    """Something one person should know. `object_kind` and `object_id` say what it is about."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    type = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    object_kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    read_at = models.DateTimeField(null=True, blank=True)

    owner_field = "user"

    class Meta(BaseModel.Meta):
        indexes = (
            models.Index(fields=("user", "-created_at", "-id"), name="notification_newest_of_user"),
            models.Index(fields=("user",), condition=models.Q(read_at=None), name="notification_unread"),
        )


class IdempotencyRecord(models.Model):
    """The answer that a creating POST with an Idempotency-Key got; a repeat gets the same."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    route = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "key", "route"), name="one_answer_per_key"),)
