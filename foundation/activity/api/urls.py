from rest_framework.routers import SimpleRouter

from foundation.activity.api import views

router = SimpleRouter()
router.register("notifications", views.NotificationViewSet, basename="notification")
router.register("audit", views.AuditViewSet, basename="audit")

urlpatterns = router.urls
