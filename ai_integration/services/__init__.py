"""Commands on calls, credentials, the choice of models, and tools."""

from ai_integration.services.budgets import budget_add, budget_remove, budget_set
from ai_integration.services.calls import (
    Answered,
    Purpose,
    Usage,
    call_begin,
    call_fail,
    call_finish,
    call_park,
)
from ai_integration.services.choices import (
    check_answerable,
    choice_set,
    fallbacks_set,
    profile_set,
    rate_set,
)
from ai_integration.services.credentials import (
    credential_create,
    credential_delete,
    credential_tested,
    credential_update,
)
from ai_integration.services.defaults import default_model_reset, default_model_set
from ai_integration.services.recipes import installs_sweep, pal_ask
from ai_integration.services.reserving import (
    Estimate,
    budget_reserve,
    budget_settle,
    reservations_sweep,
)
from ai_integration.services.signing import (
    refresh_claim,
    refresh_done,
    sign_in_begin,
    sign_in_end,
    sign_in_keep,
    sign_in_taken_up,
    sign_in_want,
    sign_out,
)
from ai_integration.services.tool_servers import (
    may_define,
    mcp_server_create,
    mcp_server_delete,
    mcp_server_update,
)
from ai_integration.services.tools import (
    mcp_server_checked,
    tool_approve,
    tool_rule_set,
    tool_tried,
    tool_withdraw,
    tools_store,
)

__all__ = [
    "Answered",
    "Estimate",
    "Purpose",
    "Usage",
    "budget_add",
    "budget_remove",
    "budget_reserve",
    "budget_set",
    "budget_settle",
    "call_begin",
    "call_fail",
    "call_finish",
    "call_park",
    "check_answerable",
    "choice_set",
    "credential_create",
    "credential_delete",
    "credential_tested",
    "credential_update",
    "default_model_reset",
    "default_model_set",
    "fallbacks_set",
    "installs_sweep",
    "may_define",
    "mcp_server_checked",
    "mcp_server_create",
    "mcp_server_delete",
    "mcp_server_update",
    "pal_ask",
    "profile_set",
    "rate_set",
    "refresh_claim",
    "refresh_done",
    "reservations_sweep",
    "sign_in_begin",
    "sign_in_end",
    "sign_in_keep",
    "sign_in_taken_up",
    "sign_in_want",
    "sign_out",
    "tool_approve",
    "tool_rule_set",
    "tool_tried",
    "tool_withdraw",
    "tools_store",
]
