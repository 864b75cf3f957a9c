from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from foundation.core.api.filters import AnyOf
from plans.models import ApprovalRequest, Plan
from plans.selectors import waiting
from plans.states import PlanStatus, RequestStatus

MINE, ALL = "waiting", "all"


class PlanFilter(filters.FilterSet):
    workflow = filters.UUIDFilter(field_name="subject_id")
    status = AnyOf(choices=PlanStatus.choices)

    class Meta:
        model = Plan
        fields = ()


class ApprovalFilter(filters.FilterSet):
    """An inbox shows what waits for you, unless it is asked for more. `pending`: what waits for others too."""

    status = filters.ChoiceFilter(
        choices=[(MINE, MINE), *RequestStatus.choices, (ALL, ALL)], method="with_status"
    )
    kind = filters.ChoiceFilter(choices=ApprovalRequest.Kind.choices)
    workflow = filters.UUIDFilter(method="of_workflow")
    subject = filters.UUIDFilter(field_name="subject_id")
    plan = filters.UUIDFilter()

    class Meta:
        model = ApprovalRequest
        fields = ()

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        given = data.copy() if data is not None else {}
        given.setdefault("status", MINE)
        super().__init__(given, *args, **kwargs)

    def of_workflow(self, rows: QuerySet, _name: str, value: UUID) -> QuerySet:
        Subject = ApprovalRequest.Subject
        itself = Q(subject_kind=Subject.WORKFLOW, subject_id=value)
        return rows.filter(itself | Q(subject_kind=Subject.TASK, payload__workflow=str(value)))

    def with_status(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == MINE:
            return rows.filter(pk__in=waiting(self.request.user).values("pk")) if self.request else rows
        return rows if value == ALL else rows.filter(status=value)
