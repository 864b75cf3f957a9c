from django.apps import AppConfig

RESUME_SECONDS = 10


class KnowledgeConfig(AppConfig):
    name = "knowledge"

    def ready(self) -> None:
        from foundation.core import scopes, ticker
        from foundation.monitoring import diagnosis
        from knowledge import checks

        scopes.register(parts={"knowledge": "note"})
        ticker.every(RESUME_SECONDS, "knowledge.resume_syncs")
        diagnosis.register("vaults", checks.vaults)
