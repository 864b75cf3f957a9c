from rest_framework.routers import SimpleRouter

from workflows.api import views

router = SimpleRouter()
router.register("projects", views.ProjectViewSet, basename="project")
router.register("workflows", views.WorkflowViewSet, basename="workflow")
router.register("tasks", views.TaskViewSet, basename="task")
router.register("discussions", views.DiscussionViewSet, basename="discussion")

urlpatterns = router.urls
