from django.urls import path

from knowledge import views

urlpatterns = [
    path("knowledge/", views.knowledge, name="knowledge"),
    path("knowledge/vaults/new/", views.vault_new, name="vault-new"),
    path("knowledge/vaults/<uuid:pk>/", views.vault, name="vault"),
    path("knowledge/vaults/<uuid:pk>/sync/", views.vault_sync, name="vault-sync-now"),
    path("knowledge/vaults/<uuid:pk>/remove/", views.vault_remove, name="vault-remove"),
    path("knowledge/notes/<uuid:pk>/", views.note, name="note"),
    path("knowledge/sources/new/", views.source_new, name="source-new"),
    path("knowledge/sources/<uuid:pk>/", views.source, name="source"),
    path("knowledge/sources/<uuid:pk>/delete/", views.source_delete, name="source-delete"),
]
