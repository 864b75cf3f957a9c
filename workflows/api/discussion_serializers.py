"""Shapes of discussions, of what is said in them, and of their minutes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.core.api.serializers import Ids, StrictSerializer
from workflows.api.task_serializers import CitationSerializer
from workflows.models import Discussion, DiscussionMessage, Minutes, Participant
from workflows.services.discussions import MAX_ROUNDS, MAX_SEATS, MAX_TEXT, MAX_TOPIC
from workflows.states import DiscussionKind


class ParticipantSerializer(serializers.ModelSerializer):
    """A seat. `persona` is null once the persona is deleted; one that is not active does not speak any more."""

    is_active = serializers.BooleanField(source="persona.is_active", default=False)
    role = serializers.CharField(source="persona.role", default="")

    class Meta:
        model = Participant
        fields = ("persona", "name", "role", "is_active")


class DiscussionRow(serializers.ModelSerializer):
    """`topic` is what it is about now, `speaker` the persona that speaks at the moment, `stop` why it ended."""

    participants = ParticipantSerializer(source="seats", many=True)
    message_count = serializers.IntegerField()
    has_minutes = serializers.BooleanField()

    class Meta:
        model = Discussion
        fields = (
            "id", "owner", "topic", "kind", "status", "round", "max_rounds", "participants", "moderator", "speaker", "stop",
            "reason", "project", "vault", "language", "message_count", "has_minutes", "created_at", "updated_at", "ended_at",
        )  # fmt: skip


class DiscussionSerializer(DiscussionRow):
    sources = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta(DiscussionRow.Meta):
        fields = (*DiscussionRow.Meta.fields, "first_topic", "sources")


class MessageSerializer(serializers.ModelSerializer):
    """`number` is gapless. `position` is where the speaker stands, in one line; `asked` the persona that is to answer."""

    citations = CitationSerializer(many=True)

    class Meta:
        model = DiscussionMessage
        fields = (
            "id", "number", "kind", "author", "persona", "user", "model", "text", "position", "citations", "round", "asked",
            "reply_to", "client_msg_id", "seq", "created_at",
        )  # fmt: skip


class StanceSerializer(serializers.Serializer):
    name = serializers.CharField()
    position = serializers.CharField()


class ActionSerializer(serializers.Serializer):
    title = serializers.CharField()
    owner = serializers.CharField(allow_blank=True)
    owner_id = serializers.UUIDField(allow_null=True)
    acceptance = serializers.ListField(child=serializers.CharField())


class MinutesSerializer(serializers.ModelSerializer):
    """`note_path` is where the minutes stand in the vault, `workflow` what their actions became."""

    positions = StanceSerializer(many=True)
    decisions = serializers.ListField(child=serializers.CharField())
    open_questions = serializers.ListField(child=serializers.CharField())
    actions = ActionSerializer(many=True)
    citations = CitationSerializer(many=True)

    class Meta:
        model = Minutes
        fields = (
            "summary", "positions", "decisions", "open_questions", "actions", "citations", "model", "markdown", "note_path",
            "workflow", "created_at",
        )  # fmt: skip


class DiscussionInput(StrictSerializer):
    """`participants` are personas in the order in which they sit. Without `vault` the project's; `sources` may be cited too."""

    topic = serializers.CharField(max_length=MAX_TOPIC)
    kind = serializers.ChoiceField(
        choices=[choice for choice in DiscussionKind.choices if choice[0] != DiscussionKind.ASK],
        required=False,
    )
    participants = Ids(most=MAX_SEATS, min_length=1)
    max_rounds = serializers.IntegerField(min_value=1, max_value=MAX_ROUNDS, required=False)
    moderator = serializers.UUIDField(allow_null=True, required=False)
    project = serializers.UUIDField(allow_null=True, required=False)
    vault = serializers.UUIDField(allow_null=True, required=False)
    sources = Ids(most=50, required=False)


class AskInput(StrictSerializer):
    """One question to one persona. Without `vault` and `sources` it has nothing to cite."""

    persona = serializers.UUIDField()
    question = serializers.CharField(max_length=MAX_TOPIC)
    vault = serializers.UUIDField(allow_null=True, required=False)
    sources = Ids(most=50, required=False)


class MessageInput(StrictSerializer):
    """With the same `client_msg_id` a message is stored once."""

    text = serializers.CharField(max_length=MAX_TEXT)
    client_msg_id = serializers.UUIDField(allow_null=True, required=False)


class RedirectInput(StrictSerializer):
    topic = serializers.CharField(max_length=MAX_TOPIC)


class ClarifyInput(StrictSerializer):
    persona = serializers.UUIDField(help_text="Who is to answer; has the word next.")
    question = serializers.CharField(max_length=MAX_TEXT)


class AnswerSerializer(DiscussionSerializer):
    """A single question with its answer."""

    answer = serializers.SerializerMethodField()

    class Meta(DiscussionSerializer.Meta):
        fields = (*DiscussionSerializer.Meta.fields, "answer")

    @extend_schema_field(MessageSerializer)
    def get_answer(self, discussion: Discussion) -> dict[str, Any] | None:
        said = [each for each in discussion.messages.all() if each.turn is not None]
        return MessageSerializer(said[-1]).data if said else None
