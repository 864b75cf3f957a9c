"""Django's admin with the platform's own site. In a module of its own: Django looks for one configuration in `apps`."""

from django.contrib.admin.apps import AdminConfig


class PlatformAdminConfig(AdminConfig):
    default = False
    default_site = "foundation.core.admin.PlatformAdminSite"
