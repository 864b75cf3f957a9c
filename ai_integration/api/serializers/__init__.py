"""Shapes of calls, and of providers, models and credentials."""

from ai_integration.api.serializers.usage import CallSerializer

__all__ = ["CallSerializer"]
