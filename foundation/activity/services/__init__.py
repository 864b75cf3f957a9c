"""Writing down what happened, and chaining it."""

from foundation.activity.services.recording import PRIORITIES, append, notification_read, record
from foundation.activity.services.sealing import EXPORT_FORMS, audit_export, audit_seal, audit_verify

__all__ = [
    "EXPORT_FORMS",
    "PRIORITIES",
    "append",
    "audit_export",
    "audit_seal",
    "audit_verify",
    "notification_read",
    "record",
]
