from django.urls import re_path

from foundation.monitoring import views

urlpatterns = [
    re_path(r"^health/live/?$", views.live, name="health-live"),
    re_path(r"^health/ready/?$", views.ready, name="health-ready"),
    re_path(r"^health/?$", views.full, name="health"),
    re_path(r"^metrics/?$", views.metrics, name="metrics"),
]
