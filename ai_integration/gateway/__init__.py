"""The only door to models and tools."""

from ai_integration.errors import (
    AnswerInvalid,
    ApprovalRequired,
    BudgetExceeded,
    CallCancelled,
    ProviderFailed,
)
from ai_integration.gateway.calls import Outcome, complete, stream
from ai_integration.gateway.connecting import connect, disconnect
from ai_integration.gateway.drawing import Picture, draw
from ai_integration.gateway.leaving import Left, server_change, server_remove, sign_out
from ai_integration.gateway.proving import Offer, Proof, offers, prove
from ai_integration.gateway.recipes import pal_carry_out, pal_refresh, pal_wiring
from ai_integration.gateway.signing import Begun, sign_in_begin, sign_in_finish
from ai_integration.gateway.streaming import Delta
from ai_integration.gateway.tools import (
    Asked,
    EffectUnknown,
    Permit,
    ToolApprovalRequired,
    ToolUnavailable,
    call_tool,
    digest_of,
    try_tool,
)

__all__ = [
    "AnswerInvalid",
    "ApprovalRequired",
    "Asked",
    "Begun",
    "BudgetExceeded",
    "CallCancelled",
    "Delta",
    "EffectUnknown",
    "Left",
    "Offer",
    "Outcome",
    "Permit",
    "Picture",
    "Proof",
    "ProviderFailed",
    "ToolApprovalRequired",
    "ToolUnavailable",
    "call_tool",
    "complete",
    "connect",
    "digest_of",
    "disconnect",
    "draw",
    "offers",
    "pal_carry_out",
    "pal_refresh",
    "pal_wiring",
    "prove",
    "server_change",
    "server_remove",
    "sign_in_begin",
    "sign_in_finish",
    "sign_out",
    "stream",
    "try_tool",
]
