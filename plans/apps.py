from django.apps import AppConfig
from django.conf import settings


class PlansConfig(AppConfig):
    name = "plans"

    def ready(self) -> None:
        from foundation.core import ticker

        ticker.every(settings.SWEEP_SECONDS, "plans.sweep")
        ticker.every(settings.SWEEP_SECONDS, "plans.send_messages")
