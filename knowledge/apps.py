from django.apps import AppConfig

RESUME_SECONDS = 10


class KnowledgeConfig(AppConfig):
    name = "knowledge"

    def ready(self) -> None:
        from foundation.core import ticker
        from foundation.monitoring import diagnosis
        from knowledge import checks

        ticker.every(RESUME_SECONDS, "knowledge.resume_syncs")
        diagnosis.register("vaults", checks.vaults)
