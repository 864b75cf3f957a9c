from django.apps import AppConfig

SWEEP_SECONDS = 3600
DRAWINGS_SECONDS = 60


class PersonasConfig(AppConfig):
    name = "personas"

    def ready(self) -> None:
        from foundation.core import ticker

        ticker.every(SWEEP_SECONDS, "personas.sweep_pictures")
        ticker.every(DRAWINGS_SECONDS, "personas.sweep_drawings")
