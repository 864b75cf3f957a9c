"""Shapes of what waits for a human."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.core.api.serializers import SmallObject, StrictSerializer
from plans.api.serializers import HASH_LENGTH
from plans.effects import effect_words
from plans.models import ApprovalRequest, Seat, Vote
from plans.selectors import approvals_so_far, can_decide_now, needed, seats, votes
from plans.services import Decision, Remember


class PersonSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(source="__str__")


class SubjectSerializer(serializers.Serializer):
    """What the request stops."""

    kind = serializers.ChoiceField(source="subject_kind", choices=ApprovalRequest.Subject.choices)
    id = serializers.UUIDField(source="subject_id")


class ApprovalRow(serializers.ModelSerializer):
    """Something that waits, or waited, for a human. `subject` is what it stops: a workflow, one of its tasks, a discussion,
    or a plan that stands alone. `workflow` is the workflow, also that of a task; null where there is none.

    `step` counts from 0; `needed` approvals complete it. `effect` says in the platform's words what a tool call would do.
    """

    workflow = serializers.UUIDField(source="workflow_id", allow_null=True)
    subject = SubjectSerializer(source="*")
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    asked_of = PersonSerializer(allow_null=True)
    decided_by = PersonSerializer(allow_null=True)
    payload = serializers.JSONField()
    needed = serializers.SerializerMethodField()
    effect = serializers.SerializerMethodField()

    class Meta:
        model = ApprovalRequest
        fields = (
            "id", "kind", "status", "title", "owner", "subject", "workflow", "plan", "version", "content_hash", "payload", "effect",
            "asked_of", "decided_by", "decided_at", "automatic", "answer", "comment", "deadline", "on_deadline", "step",
            "needed", "created_at",
        )  # fmt: skip
        extra_kwargs = {"payload": {"help_text": "What there is to judge, by kind."}}

    def get_needed(self, request: ApprovalRequest) -> int:
        return needed(request)

    def get_effect(self, request: ApprovalRequest) -> str:
        return effect_words(request.payload) if request.kind == ApprovalRequest.Kind.TOOL_CALL else ""


class SeatSerializer(serializers.ModelSerializer):
    """Who decides at a step: one of `user`, `role` and `team` is given."""

    name = serializers.CharField(source="__str__")
    handed_over_by = PersonSerializer(allow_null=True)

    class Meta:
        model = Seat
        fields = ("step", "user", "role", "team", "name", "handed_over_by")


class VoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Vote
        fields = (
            "user",
            "user_name",
            "step",
            "decision",
            "comment",
            "automatic",
            "created_at",
            "withdrawn_at",
        )


class ApprovalSerializer(ApprovalRow):
    """With who decides and who has. `may_decide` says whether you may, now."""

    seats = serializers.SerializerMethodField()
    votes = serializers.SerializerMethodField()
    approvals = serializers.SerializerMethodField()
    may_decide = serializers.SerializerMethodField()

    class Meta(ApprovalRow.Meta):
        fields = (*ApprovalRow.Meta.fields, "seats", "votes", "approvals", "may_decide")

    @extend_schema_field(SeatSerializer(many=True))
    def get_seats(self, request: ApprovalRequest) -> list[dict[str, Any]]:
        return SeatSerializer(seats(request), many=True).data

    @extend_schema_field(VoteSerializer(many=True))
    def get_votes(self, request: ApprovalRequest) -> list[dict[str, Any]]:
        return VoteSerializer(votes(request), many=True).data

    def get_approvals(self, request: ApprovalRequest) -> int:
        return approvals_so_far(request)

    def get_may_decide(self, request: ApprovalRequest) -> bool:
        return can_decide_now(self.context["request"].user, request)


@extend_schema_field(OpenApiTypes.OBJECT)
class Arguments(SmallObject):
    SIZE = 100_000


class DecideInput(StrictSerializer):
    """`content_hash` is needed for plans; `arguments` go with tool calls and budgets, `answer` with questions.

    `answer` is happened, not_happened or stop for an unknown effect. `remember=run`: the same tool may be called again in this
    run without asking; `remember=rule`: by the same persona from now on, for whoever may change the tool's server.
    """

    decision = serializers.ChoiceField(choices=Decision.choices)
    content_hash = serializers.CharField(max_length=HASH_LENGTH, allow_blank=True, required=False)
    arguments = Arguments(required=False, allow_null=True)
    remember = serializers.ChoiceField(choices=Remember.choices, required=False)
    answer = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    comment = serializers.CharField(max_length=5000, allow_blank=True, required=False)


class DelegateInput(StrictSerializer):
    to = serializers.UUIDField(help_text="A person who may decide.")
    comment = serializers.CharField(max_length=1000, allow_blank=True, required=False)
