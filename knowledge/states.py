"""Which states knowledge passes through.

A note's status is the state of its index entry, derived from the file: a sync may set any of them, so it has no table.

    note write:  intended ──▶ written
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.core.states import Transitions


class NoteStatus(TextChoices):
    WAITING = "waiting", _("Waiting")
    INDEXED = "indexed", _("Indexed")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")


class WriteStatus(TextChoices):
    INTENDED = "intended", _("Intended")
    WRITTEN = "written", _("Written")


class Zone(TextChoices):
    """What a passage may be used for. The value is part of the search index: do not change it."""

    EVIDENCE = "v", _("Evidence")
    HEAD = "h", _("Title and properties")
    TEMPLATE = "t", _("Template")
    REPORT = "r", _("Our own report")


NOTE_WRITE = Transitions({WriteStatus.INTENDED: [WriteStatus.WRITTEN], WriteStatus.WRITTEN: []})
