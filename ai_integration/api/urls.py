from django.urls import path
from rest_framework.routers import SimpleRouter

from ai_integration.api.views import budgets, models, tools, usage

router = SimpleRouter()
router.register("budgets", budgets.BudgetViewSet, basename="budget")
router.register("calls", usage.CallViewSet, basename="call")
router.register("mcp-servers", tools.McpServerViewSet, basename="mcp-server")
router.register("credentials", models.CredentialViewSet, basename="credential")

urlpatterns = [
    path("usage/", usage.UsageView.as_view(), name="usage"),
    path("usage/file/", usage.UsageFileView.as_view(), name="usage-file"),
    path("providers/", models.ProvidersView.as_view(), name="providers"),
    path("providers/<slug:provider>/test/", models.ProviderTestView.as_view(), name="provider-test"),
    path("models/", models.ModelsView.as_view(), name="models"),
    path("models/default/", models.DefaultModelView.as_view(), name="default-model"),
    path("models/order/", budgets.OrderView.as_view(), name="model-order"),
    path("models/order/<slug:job>/", budgets.KindView.as_view(), name="model-kind"),
    path("models/profiles/", budgets.ProfilesView.as_view(), name="model-profiles"),
    path("models/rate/", budgets.RateView.as_view(), name="exchange-rate"),
    *router.urls,
]
