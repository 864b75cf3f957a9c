"""Vaults, what the index knows of their notes, pasted sources, and the journal of our own writes.

The vault's files are the truth about notes; these rows can be rebuilt from them at any time.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from foundation.core.models import BaseModel, Leased, SharedWithGroup, SharedWithUser
from foundation.core.permissions import level_permissions
from knowledge.states import NoteStatus, WriteStatus, Zone


class Vault(Leased, BaseModel):
    """A folder of Markdown notes. `path` is the real path; `stopped` says why the last sync changed nothing."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="vaults")
    name = models.CharField(_("name"), max_length=100)
    path = models.CharField(_("folder"), max_length=1000, unique=True)
    report_folder = models.CharField(_("report folder"), max_length=200, default="AI秘書")
    sync_requested_at = models.DateTimeField(null=True, blank=True, editable=False)
    synced_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped = models.TextField(blank=True, default="", editable=False)
    vanish_accepted = models.BooleanField(default=False, editable=False)
    passage_total = models.PositiveIntegerField(default=0, editable=False)

    class Meta(BaseModel.Meta):
        permissions = level_permissions("vault")
        verbose_name = _("vault")
        verbose_name_plural = _("vaults")

    def __str__(self) -> str:
        return self.name


class VaultUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Vault, on_delete=models.CASCADE)


class VaultGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Vault, on_delete=models.CASCADE)


class Note(BaseModel):
    """What the index knows of one file. `path` is as on the disk, relative to the vault, with `/`.

    `path_key` is the path with case and composition folded away: by it a renamed note stays the same note.
    `deleted_at` marks a tombstone: the file is gone, and only the file coming back revives the row.
    """

    resource = "note"

    vault = models.ForeignKey(Vault, on_delete=models.CASCADE, related_name="notes")
    path = models.CharField(max_length=1000)
    path_key = models.CharField(max_length=1000)
    title = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    mtime_ns = models.BigIntegerField(default=0)
    encoding = models.CharField(max_length=20, blank=True)
    zone = models.CharField(max_length=1, choices=Zone.choices, default=Zone.EVIDENCE)
    status = models.CharField(max_length=7, choices=NoteStatus.choices, default=NoteStatus.WAITING)
    reason = models.CharField(max_length=300, blank=True)
    frontmatter = models.JSONField(default=dict, blank=True)
    frontmatter_error = models.CharField(max_length=300, blank=True)
    tags = models.JSONField(default=list, blank=True)
    aliases = models.JSONField(default=list, blank=True)
    headings = models.JSONField(default=list, blank=True)
    block_ids = models.JSONField(default=dict, blank=True)
    todos = models.JSONField(default=list, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    permitted_through = "vault"

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("vault", "path"), name="one_note_per_path"),)
        indexes = (
            models.Index(fields=("vault", "path_key"), name="note_path_key"),
            models.Index(fields=("vault", "status"), name="note_status"),
        )
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return self.path


class Link(models.Model):
    """One link in a note. `target` is as written; `resolved` is the note it leads to now, if any."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="links")
    target = models.CharField(max_length=1000, blank=True)
    heading = models.CharField(max_length=500, blank=True)
    block = models.CharField(max_length=200, blank=True)
    alias = models.CharField(max_length=500, blank=True)
    embed = models.BooleanField(default=False)
    from_property = models.BooleanField(default=False)
    line = models.PositiveIntegerField()
    resolved = models.ForeignKey(Note, null=True, on_delete=models.SET_NULL, related_name="backlinks")

    def __str__(self) -> str:
        return f"[[{self.target}]]"


class Source(BaseModel):
    """Text that its owner pasted or uploaded, to be cited like a note."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sources")
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"))
    file_name = models.CharField(max_length=255, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    passage_total = models.PositiveIntegerField(default=0, editable=False)

    class Meta(BaseModel.Meta):
        permissions = level_permissions("source")
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return self.title


class SourceUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Source, on_delete=models.CASCADE)


class SourceGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Source, on_delete=models.CASCADE)


class Passage(models.Model):
    """A piece of a note or a source that can be quoted. `line` is where its first line stands, from 1.

    `grams` is what the search index holds of it. Its key is an integer: the full-text index of SQLite needs one.
    """

    note = models.ForeignKey(Note, null=True, on_delete=models.CASCADE, related_name="passages")
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, related_name="passages")
    zone = models.CharField(max_length=1, choices=Zone.choices)
    ordinal = models.PositiveIntegerField()
    heading = models.TextField(blank=True)
    line = models.PositiveIntegerField()
    text = models.TextField()
    grams = models.TextField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(note=None, source__isnull=False) | Q(source=None, note__isnull=False),
                name="passage_of_one_thing",
            ),
            models.UniqueConstraint(fields=("note", "ordinal"), name="one_passage_per_ordinal"),
        )
        indexes = (models.Index(fields=("id", "note"), name="passage_note_of"),)
        ordering = ("note_id", "ordinal")

    def __str__(self) -> str:
        return f"{self.heading}:{self.line}"


class NoteWrite(BaseModel):
    """One note that we write, once. The intent is stored before the file, so a replay knows its own work by the hash."""

    unique_key = models.CharField(max_length=300, unique=True)
    vault = models.ForeignKey(Vault, on_delete=models.CASCADE, related_name="writes")
    path = models.CharField(max_length=1000)
    path_key = models.CharField(max_length=1000)
    sha256 = models.CharField(max_length=64)
    attempt = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=8, choices=WriteStatus.choices, default=WriteStatus.INTENDED)

    permitted_through = "vault"

    class Meta(BaseModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("vault", "path_key"),
                condition=Q(status=WriteStatus.INTENDED),
                name="one_intent_per_path",
            ),
        )

    def __str__(self) -> str:
        return self.path
