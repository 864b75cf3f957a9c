from rest_framework import serializers

from foundation.activity.models import AuditEntry, Notification


class NotificationSerializer(serializers.ModelSerializer):
    object = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = ("id", "type", "title", "object", "read_at", "created_at")

    def get_object(self, note: Notification) -> dict[str, str]:
        return {"kind": note.object_kind, "id": note.object_id}


class AuditEntrySerializer(serializers.ModelSerializer):
    object = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "at",
            "actor",
            "actor_name",
            "action",
            "object",
            "data",
            "sequence",
            "previous_hash",
            "hash",
        )

    def get_object(self, entry: AuditEntry) -> dict[str, str]:
        return {"kind": entry.object_kind, "id": entry.object_id}


class AuditVerdictSerializer(serializers.Serializer):
    """`ok` speaks of the sealed rows only; `unsealed` says how many rows no chain protects yet, `heads` with how many exported
    heads the chain was compared. `fault` is changed, missing, broken, cut or rewritten; empty when `ok`."""

    ok = serializers.BooleanField()
    sealed = serializers.IntegerField()
    unsealed = serializers.IntegerField()
    heads = serializers.IntegerField()
    first_bad = serializers.UUIDField(allow_null=True)
    first_bad_sequence = serializers.IntegerField(allow_null=True)
    fault = serializers.CharField(allow_blank=True)
