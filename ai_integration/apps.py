from django.apps import AppConfig

SWEEP_SECONDS = 3600
INSTALLS_SECONDS = 60
CONNECTIONS_CHANGED = (
    "credential.created",
    "credential.updated",
    "credential.deleted",
    "default_model.changed",
    "default_model.reset",
    "model_profile.changed",
    "model_profile.reset",
)


class AiIntegrationConfig(AppConfig):
    name = "ai_integration"

    def ready(self) -> None:
        from ai_integration import checks, selectors
        from ai_integration.models import Credential
        from foundation.accounts import reasons
        from foundation.activity import subscriptions
        from foundation.core import scopes, ticker
        from foundation.monitoring import diagnosis, health

        scopes.register(
            named_only=("credential", "provider", "mcp_server"),
            parts={"calls": "usage", "usage": "usage", "models": "provider"},
        )
        reasons.register(Credential, selectors.who_may_use_what_serves_everybody)
        health.register("ai_services", checks.ai_services)
        diagnosis.register("ai_services", checks.ai_services_question)
        ticker.every(SWEEP_SECONDS, "ai_integration.sweep_reservations")
        ticker.every(INSTALLS_SECONDS, "ai_integration.sweep_installs")
        for change in CONNECTIONS_CHANGED:
            subscriptions.subscribe(change, "ai_integration.refresh_pal")
