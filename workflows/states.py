"""How a workflow, a task and a discussion may move.

    draft → planning → awaiting_approval → running → reviewing → completed · completed_with_gaps
                ▲  changes requested │         ▲  revising  │
                └────────────────────┘         └────────────┘
Whatever is unfinished may be paused, wait for a human, fail or be cancelled; what failed may be retried.

    active → concluding (the minutes are written) → ended
A discussion may be paused, wait for the commander's answer or for a budget, or fail, and go on from there.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.core.states import Transitions


class WorkflowStatus(TextChoices):
    DRAFT = "draft", _("draft")
    PLANNING = "planning", _("planning")
    AWAITING_APPROVAL = "awaiting_approval", _("awaiting approval")
    RUNNING = "running", _("running")
    REVIEWING = "reviewing", _("reviewing")
    REVISING = "revising", _("revising")
    PAUSED = "paused", _("paused")
    WAITING_FOR_HUMAN = "waiting_for_human", _("waiting for a human")
    COMPLETED = "completed", _("completed")
    COMPLETED_WITH_GAPS = "completed_with_gaps", _("completed with gaps")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Phase(TextChoices):
    """Where a workflow stands, also while it is paused or has failed there."""

    PLANNING = "planning", _("planning")
    APPROVAL = "approval", _("approval")
    EXECUTION = "execution", _("execution")
    REVIEW = "review", _("review")
    COMPLETION = "completion", _("completion")


class TaskStatus(TextChoices):
    PENDING = "pending", _("pending")
    RUNNING = "running", _("running")
    WAITING = "waiting", _("waiting for a human")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class DiscussionKind(TextChoices):
    """What a discussion is for. `ask` is one question to one persona."""

    QUESTION = "open_question", _("open question")
    DECISION = "decision", _("decision")
    BRAINSTORM = "brainstorm", _("brainstorm")
    DEBATE = "debate", _("debate")
    REVIEW = "review", _("review")
    ASK = "ask", _("ask")


class DiscussionStatus(TextChoices):
    ACTIVE = "active", _("active")
    PAUSED = "paused", _("paused")
    WAITING_FOR_HUMAN = "waiting_for_human", _("waiting for a human")
    CONCLUDING = "concluding", _("concluding")
    ENDED = "ended", _("ended")
    FAILED = "failed", _("failed")


class Stop(TextChoices):
    """Why a discussion stopped. The first four are the moderator's, the others ours."""

    AGREED = "agreed", _("all agreed")
    NOTHING_NEW = "nothing_new", _("no one had anything new")
    ROUNDS_USED = "rounds_used", _("the rounds are used up")
    NEEDS_COMMANDER = "needs_commander", _("your answer is needed")
    COMMANDER = "commander", _("ended by the commander")
    NOBODY_LEFT = "nobody_left", _("no participant is left")
    ANSWERED = "answered", _("answered")


class MessageKind(TextChoices):
    """A redirect changes the topic; a clarification asks one persona (or, of the moderator, the commander)."""

    SPEECH = "speech", _("speech")
    INTERJECTION = "interjection", _("interjection")
    REDIRECT = "redirect", _("redirect")
    CLARIFICATION = "clarification", _("clarification")
    SYSTEM = "system", _("system")


_W = WorkflowStatus
ACTIVE = (_W.PLANNING, _W.AWAITING_APPROVAL, _W.RUNNING, _W.REVIEWING, _W.REVISING, _W.WAITING_FOR_HUMAN)
FINISHED = (_W.COMPLETED, _W.COMPLETED_WITH_GAPS, _W.FAILED, _W.CANCELLED)
# States in which the engine itself has something to do; the others wait for a person.
MOVING = (_W.PLANNING, _W.RUNNING, _W.REVIEWING, _W.REVISING)
_STOPS = (_W.PAUSED, _W.WAITING_FOR_HUMAN, _W.FAILED, _W.CANCELLED)

WORKFLOW = Transitions(
    {
        _W.DRAFT: (_W.PLANNING, _W.CANCELLED),
        _W.PLANNING: (_W.AWAITING_APPROVAL, *_STOPS),
        _W.AWAITING_APPROVAL: (_W.PLANNING, _W.RUNNING, *_STOPS),
        _W.RUNNING: (_W.REVIEWING, *_STOPS),
        _W.REVIEWING: (_W.REVISING, _W.RUNNING, _W.COMPLETED, _W.COMPLETED_WITH_GAPS, *_STOPS),
        _W.REVISING: (_W.REVIEWING, *_STOPS),
        _W.PAUSED: (*ACTIVE, _W.CANCELLED),
        _W.WAITING_FOR_HUMAN: (*MOVING, _W.AWAITING_APPROVAL, _W.PAUSED, _W.FAILED, _W.CANCELLED),
        _W.FAILED: (*MOVING, _W.AWAITING_APPROVAL, _W.CANCELLED),
        _W.COMPLETED: (),
        _W.COMPLETED_WITH_GAPS: (),
        _W.CANCELLED: (),
    }
)

_T = TaskStatus
TASK = Transitions(
    {
        _T.PENDING: (_T.RUNNING, _T.FAILED, _T.CANCELLED),
        _T.RUNNING: (_T.PENDING, _T.WAITING, _T.DONE, _T.FAILED, _T.CANCELLED),
        _T.WAITING: (_T.PENDING, _T.FAILED, _T.CANCELLED),
        _T.DONE: (_T.PENDING,),
        _T.FAILED: (_T.PENDING, _T.CANCELLED),
        _T.CANCELLED: (_T.PENDING,),
    }
)

_D = DiscussionStatus
# In these the engine has something to do.
TALKING = (_D.ACTIVE, _D.CONCLUDING)
_D_STOPS = (_D.PAUSED, _D.FAILED)
DISCUSSION = Transitions(
    {
        _D.ACTIVE: (_D.WAITING_FOR_HUMAN, _D.CONCLUDING, _D.ENDED, *_D_STOPS),
        _D.WAITING_FOR_HUMAN: (_D.ACTIVE, _D.CONCLUDING, *_D_STOPS),
        _D.CONCLUDING: (_D.ENDED, _D.WAITING_FOR_HUMAN, *_D_STOPS),
        _D.PAUSED: (*TALKING, _D.WAITING_FOR_HUMAN, _D.FAILED),
        _D.FAILED: TALKING,
        _D.ENDED: (),
    }
)

_PHASES = {
    _W.DRAFT: Phase.PLANNING,
    _W.PLANNING: Phase.PLANNING,
    _W.AWAITING_APPROVAL: Phase.APPROVAL,
    _W.RUNNING: Phase.EXECUTION,
    _W.REVISING: Phase.EXECUTION,
    _W.REVIEWING: Phase.REVIEW,
    _W.COMPLETED: Phase.COMPLETION,
    _W.COMPLETED_WITH_GAPS: Phase.COMPLETION,
    _W.CANCELLED: Phase.COMPLETION,
}


def phase(status: str, resumes_to: str = "") -> Phase:
    """The phase of a workflow; one that is paused, waits or failed is in the phase to which it would go back."""
    return _PHASES.get(status) or _PHASES.get(resumes_to) or Phase.PLANNING


# What the sample asks for on a first start; also how the sample is told from one's own work.
SAMPLE_REQUIREMENTS = {
    "ja": "新製品「オリノ」の価格、納期、競合について、ノートを調べて報告書にまとめてください。",
    "en": "Write a report on what the new product Orino costs, when it is delivered and who it competes with.",
}
