"""How a call to a model or a tool may move, and how it ended."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.core.states import Transitions

# Jobs of calls that nobody gave to a model: a tool's, and what its server asks a model meanwhile (below the tool call's key).
TOOL, TOOL_MODEL = "tool", "tool_model"


class CallStatus(TextChoices):
    STARTED = "started"
    AWAITING_APPROVAL = "awaiting_approval"
    FINISHED = "finished"
    FAILED = "failed"


class Ending(TextChoices):
    """How a call ended. The first two are answers, the others say why there is none."""

    ANSWERED = "answered", _("answered")
    STOOD_IN = "stood_in", _("answered by a stand-in")
    LIMITED = "limited", _("rate limit")
    DOWN = "down", _("did not answer")
    TOO_LONG = "too_long", _("too long for the model")
    REFUSED = "refused", _("refused")
    UNFIT = "unfit", _("unusable answer")
    CANCELLED = "cancelled", _("cancelled")
    BUDGET = "budget", _("budget used up")
    NOT_CONNECTED = "not_connected", _("not connected")


# After these, whoever stands in for the model is asked.
PASSED_ON = (Ending.LIMITED, Ending.DOWN, Ending.TOO_LONG, Ending.NOT_CONNECTED)

_S = CallStatus
CALL = Transitions(
    {
        _S.STARTED: (_S.AWAITING_APPROVAL, _S.FINISHED, _S.FAILED),
        _S.AWAITING_APPROVAL: (_S.STARTED, _S.FAILED),
        _S.FAILED: (_S.STARTED,),
        _S.FINISHED: (),
    }
)


class Transport(TextChoices):
    STDIO = "stdio", _("a command on this machine")
    HTTP = "http", _("an address")


class ToolPolicy(TextChoices):
    """What happens when a persona's model asks for a tool."""

    ASK = "ask", _("ask me every time")
    ALLOW = "allow", _("allow")
    DENY = "deny", _("never")


class Authorization(TextChoices):
    """Whether a server of tools asks for somebody to sign in there."""

    NONE = "none", _("asks for nothing")
    NEEDED = "needed", _("asks you to sign in")
    SIGNED_IN = "signed_in", _("somebody is signed in")
