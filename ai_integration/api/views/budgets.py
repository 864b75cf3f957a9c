"""`budgets/`, and below `models/`: stand-ins, profiles and the rate."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_integration import selectors, services
from ai_integration.api.serializers import budgets as serializers
from ai_integration.api.views.models import TAG, View
from ai_integration.jobs import ANSWERS
from ai_integration.models import Budget
from ai_integration.services.choices import DRAW
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.api.views import ReadViewSet
from foundation.core.permissions import require_permission


@tagged("予算 / Budgets")
class BudgetViewSet(IdempotentCreate, ReadViewSet):
    """How much may be spent on what, in which time, and how that stands."""

    serializer_class = serializers.BudgetSerializer
    search_fields = ("name",)
    filterset_fields = ("scope", "target", "period")

    def rows(self, user: Any) -> QuerySet[Budget]:
        return selectors.budgets(user)

    def paginate_queryset(self, queryset: QuerySet[Budget]) -> Any:
        rows = super().paginate_queryset(queryset)
        self.now = {each.budget.pk: each for each in selectors.standings(rows or [])}
        return rows

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"standings": getattr(self, "now", None)}

    @extend_schema(
        request=serializers.BudgetInput,
        responses={201: serializers.BudgetSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Set a budget, new or in the place of the one on the same thing and time. Needs `budget:change`."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        made = services.budget_set(request.user, **self.checked(serializers.BudgetInput))
        return self.shown(made, status=201)

    @extend_schema(request=serializers.BudgetChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the limits. Whatever waits for this budget tries again."""
        old = self.get_object()
        kept = {
            name: getattr(old, name)
            for name in ("scope", "target", "period", "name", "money", "tokens", "warn_at")
        }
        changed = kept | self.checked(serializers.BudgetChange)
        return self.shown(services.budget_set(request.user, **changed))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.budget_remove(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(
        request=serializers.BudgetAddition,
        responses=serializers.BudgetSerializer,
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"])
    def add(self, request: Request, pk: str) -> Response:
        """Raise the limit for the current period alone."""
        return self.dispatch_create(request, self._add)

    def _add(self, request: Request) -> Response:
        budget = self.get_object()
        services.budget_add(request.user, budget, **self.checked(serializers.BudgetAddition))
        return self.shown(budget)


@tagged(TAG)
class OrderView(View):
    @extend_schema(responses=serializers.OrderSerializer)
    def get(self, request: Request) -> Response:
        """Who stands in for whom, in order, and which kinds of task have a model of their own."""
        now = selectors.setup()
        order = now.choices.get("fallbacks")
        kinds = [_kind(job, now.choices.get(f"job:{job}")) for job in (*ANSWERS, DRAW)]
        told = {"fallbacks": order.fallbacks if order else [], "kinds": kinds}
        return Response(serializers.OrderSerializer(told).data)

    @extend_schema(request=serializers.OrderInput, responses=serializers.OrderSerializer)
    def put(self, request: Request) -> Response:
        """Set the order. Needs `provider:change`."""
        require_permission(request.user, "provider:change")
        services.fallbacks_set(request.user, **self.checked(serializers.OrderInput, request))
        return self.get(request)


@tagged(TAG)
class KindView(View):
    @extend_schema(
        operation_id="models_order_kind_update",
        request=serializers.KindInput,
        responses=serializers.KindSerializer,
    )
    def put(self, request: Request, job: str) -> Response:
        """Give a kind of task a model of its own; an empty one leaves it to the default again."""
        require_permission(request.user, "provider:change")
        given = self.checked(serializers.KindInput, request)
        return Response(
            serializers.KindSerializer(_kind(job, services.choice_set(request.user, job=job, **given))).data
        )


@tagged(TAG)
class ProfilesView(View):
    @extend_schema(
        parameters=[OpenApiParameter("model", str, description="Only this one.")],
        responses=serializers.ProfileSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What is known of models: sizes, prices, abilities."""
        now, only = selectors.setup(), request.query_params.get("model")
        names = [only[:120]] if only else sorted({*selectors.known_references(), *now.said})
        return Response(serializers.ProfileSerializer([now.profile(each) for each in names], many=True).data)

    @extend_schema(request=serializers.ProfileInput, responses=serializers.ProfileSerializer)
    def put(self, request: Request) -> Response:
        """Say something of one model; nothing at all leaves it to the catalogue again."""
        require_permission(request.user, "provider:change")
        given = self.checked(serializers.ProfileInput, request)
        model = given.pop("model")
        services.profile_set(request.user, reference=model, **given)
        return Response(serializers.ProfileSerializer(selectors.setup().profile(model)).data)


@tagged(TAG)
class RateView(View):
    @extend_schema(responses=serializers.RateSerializer)
    def get(self, request: Request) -> Response:
        """What a US dollar costs here."""
        told = {"currency": selectors.CURRENCY, "per_dollar": selectors.setup().rate}
        return Response(serializers.RateSerializer(told).data)

    @extend_schema(request=serializers.RateInput, responses=serializers.RateSerializer)
    def put(self, request: Request) -> Response:
        """Set it, for showing costs and for keeping budgets. Needs `provider:change`."""
        require_permission(request.user, "provider:change")
        services.rate_set(request.user, **self.checked(serializers.RateInput, request))
        return self.get(request)


def _kind(job: str, row: Any) -> dict[str, Any]:
    return {"job": job, "model": row.reference if row else "", "fallbacks": row.fallbacks if row else []}
