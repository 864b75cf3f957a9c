from rest_framework.routers import SimpleRouter

from plans.api import approval_views, channel_views, views

router = SimpleRouter()
router.register("plans", views.PlanViewSet, basename="plan")
router.register("plan-templates", views.PlanTemplateViewSet, basename="plan-template")
router.register("approval-channels", channel_views.ChannelViewSet, basename="approval-channel")
router.register("approvals", approval_views.ApprovalViewSet, basename="approval")

urlpatterns = router.urls
