"""Shapes of plans, their versions, comments and templates."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.core.api.serializers import StrictSerializer
from plans.models import Plan, PlanComment, PlanTemplate, PlanVersion

HASH_LENGTH = 64
LAST_NUMBER = 2**31 - 1


class PlanItemShape(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    instructions = serializers.CharField()
    role = serializers.CharField()
    persona = serializers.CharField(
        required=False, help_text="The teammate's name; empty: somebody of the role."
    )
    depends_on = serializers.ListField(child=serializers.CharField())
    queries = serializers.ListField(child=serializers.CharField())
    acceptance = serializers.ListField(child=serializers.CharField())
    estimated_cost = serializers.FloatField(required=False, allow_null=True, help_text="US dollars")


class PlanContent(serializers.Serializer):
    """What a plan says. For the document only: `plans.content` judges what comes in."""

    title = serializers.CharField()
    kind = serializers.CharField()
    objective = serializers.CharField()
    scope = serializers.CharField()
    timeline = serializers.ListField(child=serializers.CharField(), required=False)
    resources = serializers.ListField(child=serializers.CharField(), required=False)
    items = PlanItemShape(many=True)
    risks = serializers.ListField(child=serializers.CharField())
    success_criteria = serializers.ListField(child=serializers.CharField())


@extend_schema_field(PlanContent)
class ContentField(serializers.DictField):
    """A plan's content as it stands; its keys are checked behind the edge."""


class PlanRow(serializers.ModelSerializer):
    workflow = serializers.UUIDField(source="subject_id", allow_null=True)
    version = serializers.IntegerField(source="current.number", default=None, allow_null=True)
    content_hash = serializers.CharField(source="current.content_hash", default=None, allow_null=True)

    class Meta:
        model = Plan
        fields = (
            "id", "owner", "workflow", "team", "title", "status", "version", "content_hash", "created_at", "updated_at",
        )  # fmt: skip


class PlanSerializer(PlanRow):
    """`versions` is how many there are; `version` is the number of the current one."""

    content = ContentField(source="current.content", default=None, allow_null=True)
    versions = serializers.IntegerField(source="current.number", default=0)

    class Meta(PlanRow.Meta):
        fields = (*PlanRow.Meta.fields, "content", "versions")


class PlanChange(StrictSerializer):
    """`content.answers` may say `{comment: number, text, done?}` about comments on the version before."""

    content = ContentField()


class PlanInput(StrictSerializer):
    """A plan in your own words, or from one of your templates. `team` is who would do it."""

    content = ContentField(required=False)
    template = serializers.UUIDField(required=False)
    team = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("content" in given) == ("template" in given):
            raise serializers.ValidationError({"content": [_("Give either content or a template.")]})
        return given


class TemplateInput(StrictSerializer):
    name = serializers.CharField(max_length=200)
    version = serializers.IntegerField(min_value=1, max_value=LAST_NUMBER, required=False)


class TemplateRow(serializers.ModelSerializer):
    class Meta:
        model = PlanTemplate
        fields = ("id", "name", "created_at", "updated_at")


class TemplateSerializer(TemplateRow):
    content = ContentField()

    class Meta(TemplateRow.Meta):
        fields = (*TemplateRow.Meta.fields, "content")


class RemarkInput(StrictSerializer):
    """`item` is the key of an item of that version; without `version` it is the current one."""

    text = serializers.CharField(max_length=5000)
    item = serializers.CharField(max_length=40, allow_blank=True, default="")
    version = serializers.IntegerField(min_value=1, max_value=LAST_NUMBER, required=False)


class RemarkSerializer(serializers.ModelSerializer):
    """`answered_in` is the number of the later version that came with `answer`; `followed` is what its author says."""

    version = serializers.IntegerField(source="version.number")
    answered_in = serializers.IntegerField(source="answered_in.number", default=None, allow_null=True)

    class Meta:
        model = PlanComment
        fields = (
            "id", "number", "version", "item", "text", "author", "author_name", "asks_change", "answered_in", "answered_by",
            "answer", "followed", "created_at",
        )  # fmt: skip


class HistoryEntry(serializers.Serializer):
    """`decision` is also `expired` or `withdrawn`, for what ended without one. `via`: page, api, link, terminal, rule, deadline."""

    at = serializers.DateTimeField()
    who = serializers.CharField()
    decision = serializers.CharField()
    comment = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    content_hash = serializers.CharField()
    step = serializers.IntegerField(allow_null=True)
    via = serializers.CharField(allow_null=True)
    address = serializers.CharField(allow_null=True)
    automatic = serializers.BooleanField()
    rule = serializers.DictField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class ApproverInput(StrictSerializer):
    approver = serializers.UUIDField(help_text="A user who may see the plan.")


class CommentInput(StrictSerializer):
    """`item` is the key of the plan item that the comment is about; null for the whole plan."""

    item = serializers.CharField(max_length=40, allow_null=True, default=None)
    text = serializers.CharField(max_length=5000)


class DecisionInput(StrictSerializer):
    """`content_hash` is that of the version which was read."""

    content_hash = serializers.CharField(max_length=HASH_LENGTH)
    comment = serializers.CharField(max_length=5000, allow_blank=True, required=False)


class ChangesInput(DecisionInput):
    comments = serializers.ListField(child=CommentInput(), max_length=200, required=False)


class AuthorSerializer(serializers.Serializer):
    """`kind` is user, persona or engine (the plan was made of the commander's own tasks)."""

    kind = serializers.ChoiceField(choices=["user", "persona", "engine"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class VersionRow(serializers.ModelSerializer):
    author = serializers.SerializerMethodField()

    class Meta:
        model = PlanVersion
        fields = ("id", "number", "content_hash", "author", "created_at")

    @extend_schema_field(AuthorSerializer)
    def get_author(self, version: PlanVersion) -> dict[str, Any]:
        for kind, who in (("user", version.author_user), ("persona", version.author_persona)):
            if who:
                return {"kind": kind, "id": str(who.pk), "name": str(who)}
        return {"kind": "engine", "id": None, "name": ""}


class VersionSerializer(VersionRow):
    content = ContentField()

    class Meta(VersionRow.Meta):
        fields = (*VersionRow.Meta.fields, "content")


class DiffQuery(serializers.Serializer):
    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` is a word of Python, so these two cannot be written as class attributes.
        words = {"from": "The earlier version's number.", "to": "The later version's number."}
        return {
            name: serializers.IntegerField(min_value=0, max_value=LAST_NUMBER, required=False, help_text=text)
            for name, text in words.items()
        }


class VersionMark(serializers.Serializer):
    number = serializers.IntegerField()
    content_hash = serializers.CharField()


class ItemChange(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    fields_ = serializers.DictField(child=serializers.ListField(), help_text="name → [before, after]")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {("fields" if name == "fields_" else name): field for name, field in fields.items()}


class DiffSerializer(serializers.Serializer):
    added = PlanItemShape(many=True)
    removed = PlanItemShape(many=True)
    changed = ItemChange(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        named = {
            "from": VersionMark(),
            "to": VersionMark(),
            "fields": serializers.DictField(
                child=serializers.ListField(), help_text="name → [before, after]"
            ),
        }
        return named | super().get_fields()
