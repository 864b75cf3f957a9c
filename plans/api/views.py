"""`plans/` and `plan-templates/`."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foundation.accounts.api.sharing import Shares
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.downloads import as_file
from foundation.core.api.etags import expected, tag
from foundation.core.api.schema import IDEMPOTENCY_KEY, IF_MATCH, tagged
from foundation.core.api.views import ReadViewSet
from personas.selectors import team_for
from plans import selectors, services
from plans.api import serializers
from plans.api.approval_views import origin_of
from plans.api.filters import PlanFilter
from plans.content import diff
from plans.history import as_csv
from plans.models import Plan, PlanTemplate
from plans.services import Decision

NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH)


@tagged("計画 / Plans")
class PlanViewSet(IdempotentCreate, Shares):
    """What is going to be done. A plan comes out of a workflow; whoever delegated it decides on it."""

    serializer_class = serializers.PlanSerializer
    filterset_class = PlanFilter
    search_fields = ("title",)
    # Who decides is told by the service: the approver who was asked, or whoever may approve.
    codes: ClassVar = {"create": "plan:create", "save_template": "plan:create"}
    rights: ClassVar = {
        "partial_update": "change",
        "submit": "change",
        "request_approval": "change",
        "withdraw": "change",
    }

    def rows(self, user: Any) -> QuerySet[Plan]:
        rows = selectors.plans(user)
        return rows.defer("current__content") if self.action == "list" else rows

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.PlanRow if self.action == "list" else serializers.PlanSerializer

    def shown(self, obj: Plan, *, status: int = 200) -> Response:
        """The plan, with the hash of its content as ETag."""
        return self._tagged(self.get_queryset().get(pk=obj.pk), status)

    def retrieve(self, request: Request, pk: str) -> Response:
        """The plan with its current content. The ETag is the content's hash."""
        return self._tagged(self.get_object(), 200)

    @extend_schema(
        request=serializers.PlanInput,
        responses={201: serializers.PlanSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Write a plan yourself, or from a template. It is a draft until you submit it, or delegate work with it."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        given = self.checked(serializers.PlanInput)
        template = given.get("template") and selectors.template_given(request.user, given["template"])
        team = given.get("team") and team_for(request.user, given["team"])
        made = services.plan_write(
            request.user, content=given.get("content"), template=template or None, team=team or None
        )
        return self.shown(made, status=201)

    @extend_schema(request=serializers.PlanChange, parameters=[IF_MATCH])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Write the next version by hand; a plan that waited for a decision waits again."""
        plan = self.get_object()
        content = self.checked(serializers.PlanChange)["content"]
        services.plan_revise_by_hand(request.user, plan, content, expected_hash=expected(request))
        return self.shown(plan)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Ask for a decision. Doing it twice changes nothing."""
        return self.shown(services.plan_submit(request.user, self.get_object()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Close an undecided plan for good."""
        return self.shown(services.plan_withdraw(request.user, self.get_object()))

    @extend_schema(
        request=serializers.TemplateInput,
        responses={201: serializers.TemplateSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"], url_path="save-template")
    def save_template(self, request: Request, pk: str) -> Response:
        """Keep a version (the current one unless told otherwise) as a template of yours."""
        return self.dispatch_create(request, self._save_template)

    def _save_template(self, request: Request) -> Response:
        plan, given = self.get_object(), self.checked(serializers.TemplateInput)
        version = selectors.version(request.user, plan, given["version"]) if "version" in given else None
        made = services.template_save(request.user, plan, name=given["name"], version=version)
        return self.answer(made, status=201, serializer=serializers.TemplateSerializer)

    @extend_schema(responses=serializers.RemarkSerializer(many=True), filters=False)
    @action(detail=True)
    def comments(self, request: Request, pk: str) -> Response:
        """What was said about the versions and their items, and which later version answered it."""
        rows = selectors.comments(self.get_object())
        return self.listed(rows, serializers.RemarkSerializer, ordering=("number",))

    @extend_schema(
        request=serializers.RemarkInput,
        responses={201: serializers.RemarkSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @comments.mapping.post
    def add_comment(self, request: Request, pk: str) -> Response:
        """Say something about a version, or about one item of it."""
        return self.dispatch_create(request, self._add_comment)

    def _add_comment(self, request: Request) -> Response:
        plan = self.get_object()
        services.require_comment(request.user, plan)
        given = self.checked(serializers.RemarkInput)
        number = given.get("version", plan.current.number if plan.current else 0)
        version = selectors.version(request.user, plan, number)
        made = services.plan_comment(
            request.user, plan, version=version, item=given["item"], text=given["text"]
        )
        return self.answer(made, status=201, serializer=serializers.RemarkSerializer)

    @extend_schema(
        parameters=[OpenApiParameter("form", str, enum=["json", "csv"], description="json (default) or csv")],
        responses={
            (200, "application/json"): serializers.HistoryEntry(many=True),
            (200, "text/csv"): OpenApiTypes.BINARY,
        },
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, pk: str) -> HttpResponse:
        """Who decided what, on which version, when, from where. Whole, oldest first; as CSV for a spreadsheet."""
        plan = self.get_object()
        rows = selectors.history_of(plan)
        if request.query_params.get("form") == "csv":
            return as_file(as_csv(rows), name=f"plan-{plan.pk}.csv", media_type="text/csv; charset=utf-8")
        return Response(serializers.HistoryEntry(rows, many=True).data)

    @extend_schema(request=serializers.ApproverInput)
    @action(detail=True, methods=["post"], url_path="request-approval")
    def request_approval(self, request: Request, pk: str) -> Response:
        """Ask a certain person, who must be able to see the plan."""
        plan = self.get_object()
        approver = selectors.approver(plan, self.checked(serializers.ApproverInput)["approver"])
        return self.shown(services.plan_request_approval(request.user, plan, approver=approver))

    @extend_schema(request=serializers.DecisionInput)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Approve exactly the content with this hash; the work begins."""
        return self._decide(Decision.APPROVE, serializers.DecisionInput)

    @extend_schema(request=serializers.DecisionInput)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Stop here; `comment` says why."""
        return self._decide(Decision.REJECT, serializers.DecisionInput)

    @extend_schema(request=serializers.ChangesInput)
    @action(detail=True, methods=["post"], url_path="request-changes")
    def request_changes(self, request: Request, pk: str) -> Response:
        """Send the plan back; the team writes the next version along the comments."""
        return self._decide(Decision.REQUEST_CHANGES, serializers.ChangesInput)

    @extend_schema(responses=serializers.VersionRow(many=True), filters=False)
    @action(detail=True)
    def versions(self, request: Request, pk: str) -> Response:
        """Every version, newest first."""
        rows = selectors.versions(request.user, self.get_object()).defer("content")
        return self.listed(rows, serializers.VersionRow, ordering=("-number",))

    @extend_schema(responses=serializers.VersionSerializer, parameters=[NUMBER])
    @action(detail=True, url_path=r"versions/(?P<number>\d{1,9})", url_name="version")
    def version(self, request: Request, pk: str, number: str) -> Response:
        """One version with its content."""
        found = selectors.version(request.user, self.get_object(), int(number))
        return self.answer(found, serializer=serializers.VersionSerializer)

    @extend_schema(parameters=[serializers.DiffQuery], responses=serializers.DiffSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def diff(self, request: Request, pk: str) -> Response:
        """What changed between two versions; from the one before to the current one unless told otherwise."""
        plan = self.get_object()
        before, after = selectors.pair(request.user, plan, **self._numbers())
        changes = diff(before.content, after.content)
        return self.answer(
            {"from": before, "to": after} | changes,
            serializer=serializers.DiffSerializer,
        )

    def _numbers(self) -> dict[str, int | None]:
        asked = self.asked(serializers.DiffQuery)
        return {"before": asked.get("from"), "after": asked.get("to")}

    def _decide(self, decision: str, shape: type[Serializer]) -> Response:
        plan = self.get_object()
        services.require_decision(self.request.user, plan)
        given = self.checked(shape)
        return self.shown(
            services.plan_decide(self.request.user, plan, decision, origin=origin_of(self.request), **given)
        )

    def _tagged(self, plan: Plan, status: int) -> Response:
        response = self.answer(plan, status=status)
        if plan.current:
            response.headers["ETag"] = tag(plan.current.content_hash)
        return response


@tagged("計画のひな形 / Plan templates")
class PlanTemplateViewSet(ReadViewSet):
    """Plans to start from: `POST plans/` with a template, `POST plans/{id}/save-template/` to make one."""

    serializer_class = serializers.TemplateSerializer
    search_fields = ("name",)
    rights: ClassVar = {"destroy": "delete"}

    def rows(self, user: Any) -> QuerySet[PlanTemplate]:
        return selectors.templates(user)

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.TemplateRow if self.action == "list" else serializers.TemplateSerializer

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the template; plans made from it stay."""
        services.template_delete(request.user, self.get_object())
        return Response(status=204)
