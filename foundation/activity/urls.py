from django.urls import path

from foundation.activity import views

urlpatterns = [
    path("settings/audit/", views.audit, name="audit-trail"),
    path("settings/audit/verify/", views.audit_verify, name="audit-trail-verify"),
    path("settings/audit/export/", views.audit_export, name="audit-trail-export"),
]
