from django.apps import AppConfig

SEAL_SECONDS = 10


class ActivityConfig(AppConfig):
    name = "foundation.activity"
    label = "activity"

    def ready(self) -> None:
        from foundation.core import ticker

        ticker.every(SEAL_SECONDS, "activity.seal_audit")
