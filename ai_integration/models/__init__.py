"""The tables of models and tools."""

from ai_integration.models.calls import CallRecord
from ai_integration.models.reaching import Credential, ExchangeRate, ModelChoice, ModelProfile
from ai_integration.models.signing import McpSignIn, McpSignInAttempt
from ai_integration.models.spending import Budget, Reservation, Spending
from ai_integration.models.tools import McpServer, McpTool, ToolRule

__all__ = [
    "Budget",
    "CallRecord",
    "Credential",
    "ExchangeRate",
    "McpServer",
    "McpSignIn",
    "McpSignInAttempt",
    "McpTool",
    "ModelChoice",
    "ModelProfile",
    "Reservation",
    "Spending",
    "ToolRule",
]
