from django.urls import path
from rest_framework.routers import SimpleRouter

from knowledge.api import views

router = SimpleRouter()
router.register("vaults", views.VaultViewSet, basename="vault")
router.register("notes", views.NoteViewSet, basename="note")
router.register("sources", views.SourceViewSet, basename="source")

urlpatterns = [path("knowledge/search/", views.SearchView.as_view(), name="knowledge-search"), *router.urls]
