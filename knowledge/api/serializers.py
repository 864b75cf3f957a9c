"""What goes in and out of this room's addresses."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from foundation.core.api.serializers import StrictSerializer
from knowledge import reasons
from knowledge.models import Link, Note, Source, Vault
from knowledge.states import NoteStatus


class VaultSerializer(serializers.ModelSerializer):
    stopped = serializers.SerializerMethodField(
        help_text=_("Why the last synchronisation changed nothing, if it did not.")
    )

    class Meta:
        model = Vault
        fields = (
            "id",
            "name",
            "path",
            "report_folder",
            "synced_at",
            "stopped",
            "owner",
            "created_at",
            "updated_at",
        )

    def get_stopped(self, vault: Vault) -> str | None:
        return reasons.sentence(vault.stopped) if vault.stopped else None


class VaultInput(StrictSerializer):
    name = serializers.CharField(max_length=100)
    path = serializers.CharField(max_length=1000, help_text=_("The whole path of the folder on the server."))
    report_folder = serializers.CharField(max_length=200, required=False)


class VaultChange(StrictSerializer):
    name = serializers.CharField(max_length=100, required=False)
    report_folder = serializers.CharField(max_length=200, required=False)


class SyncInput(StrictSerializer):
    accept_vanished = serializers.BooleanField(
        default=False,
        help_text=_("Confirms that notes which are gone, however many, were removed on purpose."),
    )


class StoppedSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()


class VaultStatusSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    indexed = serializers.IntegerField()
    waiting = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    synced_at = serializers.DateTimeField(allow_null=True)
    stopped = StoppedSerializer(allow_null=True)


class NoteSerializer(serializers.ModelSerializer):
    """A note in a list: what it is, and whether and why it is in the index or not."""

    status = serializers.ChoiceField(choices=NoteStatus.choices)
    reason = serializers.SerializerMethodField()

    class Meta:
        model = Note
        fields = (
            "id", "vault", "path", "title", "tags", "aliases", "status", "reason", "frontmatter_error", "size", "sha256",
            "encoding", "updated_at",
        )  # fmt: skip

    def get_reason(self, note: Note) -> str:
        return reasons.sentence(note.reason)


class LinkSerializer(serializers.ModelSerializer):
    class Meta:
        model = Link
        fields = ("target", "heading", "block", "alias", "embed", "from_property", "line", "resolved")


class BacklinkSerializer(serializers.ModelSerializer):
    path = serializers.CharField(source="note.path")

    class Meta:
        model = Link
        fields = ("note", "path", "line", "alias", "embed")


class NoteDetailSerializer(NoteSerializer):
    links = LinkSerializer(many=True)
    backlinks = BacklinkSerializer(many=True)

    class Meta(NoteSerializer.Meta):
        fields = (
            *NoteSerializer.Meta.fields,
            "frontmatter",
            "headings",
            "block_ids",
            "todos",
            "links",
            "backlinks",
        )


class SourceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Source
        fields = ("id", "title", "file_name", "encoding", "size", "sha256", "owner", "created_at")


class SourceDetailSerializer(SourceSerializer):
    class Meta(SourceSerializer.Meta):
        fields = (*SourceSerializer.Meta.fields, "text")


class SourceInput(StrictSerializer):
    """Either `text`, or a .md, .txt or .csv `file`."""

    title = serializers.CharField(max_length=200, required=False, default="")
    text = serializers.CharField(required=False, trim_whitespace=False, allow_blank=True)
    file = serializers.FileField(required=False, allow_empty_file=True)


class SearchQuery(serializers.Serializer):
    q = serializers.CharField(max_length=200, allow_blank=True)
    vault = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class NoteRefSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    path = serializers.CharField()
    title = serializers.CharField()
    vault = serializers.UUIDField()


class SearchHitSerializer(serializers.Serializer):
    note = NoteRefSerializer()
    heading = serializers.CharField()
    line = serializers.IntegerField()
    snippet = serializers.CharField()
    why = serializers.CharField()
    marks = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))


class SearchResultSerializer(serializers.Serializer):
    results = SearchHitSerializer(many=True)

    def to_representation(self, hits: Any) -> dict[str, Any]:
        return super().to_representation({"results": hits})
