from rest_framework.routers import SimpleRouter

from personas.api import views

router = SimpleRouter()
router.register("personas", views.PersonaViewSet, basename="persona")
router.register("persona-teams", views.PersonaTeamViewSet, basename="persona-team")

urlpatterns = router.urls
