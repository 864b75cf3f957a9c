from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "foundation.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        from foundation.core import ticker
        from foundation.monitoring import checks, diagnosis

        checks.register_all()
        diagnosis.register_all()
        ticker.every(checks.CANARY_SECONDS, "monitoring.canary")
