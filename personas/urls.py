from django.urls import path

from personas import views

urlpatterns = [
    path("personas/", views.persona_list, name="personas"),
    path("personas/new/", views.persona_new, name="persona-new"),
    path("personas/import/", views.persona_import, name="persona-import"),
    path("personas/<uuid:pk>/", views.persona, name="persona"),
    path("personas/<uuid:pk>/draw/", views.persona_draw, name="persona-draw"),
    path("personas/<uuid:pk>/export/", views.persona_export, name="persona-export-file"),
    path("personas/<uuid:pk>/delete/", views.persona_delete, name="persona-delete"),
    path("teams/new/", views.team_new, name="team-new"),
    path("teams/<uuid:pk>/", views.team, name="team"),
    path("teams/<uuid:pk>/delete/", views.team_delete, name="team-delete"),
]
