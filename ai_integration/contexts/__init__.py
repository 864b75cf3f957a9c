"""What pages and addresses show of providers, models, usage and budgets."""

from ai_integration.contexts.models import (
    Choice,
    CredentialState,
    Models,
    Problem,
    ProviderCard,
    ProviderState,
    model_names,
    models,
    provider_cards,
    provider_states,
    suggestions,
    test_words,
)
from ai_integration.contexts.usage import Bar, Plot, plot, ranked, usage_file

__all__ = [
    "Bar",
    "Choice",
    "CredentialState",
    "Models",
    "Plot",
    "Problem",
    "ProviderCard",
    "ProviderState",
    "model_names",
    "models",
    "plot",
    "provider_cards",
    "provider_states",
    "ranked",
    "suggestions",
    "test_words",
    "usage_file",
]
