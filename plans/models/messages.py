"""Messages that leave the platform: where each person wants them, and what is still to be sent."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.core.crypto import EncryptedTextField
from foundation.core.models import BaseModel
from plans.models.plans import ApprovalRequest


class Channel(BaseModel):
    """Where one person wants to be told of what waits for them. The address goes in and never comes out again.

    `place` is what may be shown of it. Between `quiet_from` and `quiet_to` (the platform's time zone) messages wait.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="approval_channels"
    )
    name = models.CharField(max_length=100)
    address = EncryptedTextField()
    place = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta(BaseModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="one_approval_channel_per_name"),
        )

    def __str__(self) -> str:
        return self.name


class Message(BaseModel):
    """One message to one channel. The row commits with what it speaks of; the sweep sends it.

    pending → sending → sent · pending again (with `attempts` counted) · given_up · unknown (the sender died while sending:
    it may have arrived, so it is not sent twice).
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        GIVEN_UP = "given_up", _("could not be sent")
        UNKNOWN = "unknown", _("perhaps sent")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="messages")
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="messages")
    event = models.CharField(max_length=80)
    event_id = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    permitted_through = "channel"

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("channel", "event_id"), name="one_message_per_event"),)
        indexes = (models.Index(fields=("status", "due_at"), name="message_due"),)

    def __str__(self) -> str:
        return f"{self.event} → {self.channel}"


class DecisionLink(BaseModel):
    """A link that lets one person decide one request, on one content, once. Only its SHA-256 is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="links")
    content_hash = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    owner_field = "user"

    def __str__(self) -> str:
        return f"{self.user}: {self.request}"
