"""Discussions: speaking, moderating, minutes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ai_integration.jobs.work import Citation, Line, Passage, Shape, Teammate, Text, ToolResult

TurnKind = Literal["speech", "interjection", "redirect", "clarification", "system"]
StopReason = Literal["", "agreed", "nothing_new", "rounds_used", "needs_commander"]


class SaidCitation(Citation):
    """A citation that somebody spoke with, and where its words stand."""

    note: str
    heading: str = ""
    line: int


class Turn(Shape):
    """One message of a discussion. `speaker` is a participant's name; empty for the commander.

    `to` names the participant whom a clarification is asked of. `done` says that the speaker had nothing new.
    """

    number: int
    speaker: str = ""
    kind: TurnKind = "speech"
    text: str
    position: str = ""
    citations: list[SaidCitation] = []
    to: str = ""
    done: bool = False


class Stance(Shape):
    """Where somebody stands, in one line."""

    name: str
    position: str


class TalkBrief(Shape):
    """What every job of a discussion is told. `turns` are the newest messages, oldest first and whole; what was said
    before them is left of it in `earlier`, as one line each."""

    topic: str
    kind: str
    language: str
    today: str
    participants: list[Teammate]
    turns: list[Turn] = []
    earlier: list[Stance] = []


class SpeakBrief(TalkBrief):
    """`speaker` has the word. `open` are messages of the commander that nobody has answered yet: answer them first.

    `passages` hold what the search found for this speaker, and what others cited; `tool_results` what its tools answered.
    """

    job: Literal["speak"] = "speak"
    speaker: Teammate
    passages: list[Passage] = []
    open: list[Turn] = []
    tool_results: list[ToolResult] = []


class Speech(Shape):
    """`text` is Markdown that cites passages as `[ref]`; it comes first, because it is shown while it is written."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
    position: Annotated[str, StringConstraints(max_length=300)] = ""
    citations: list[Citation] = []
    wants_to_stop: bool = False


class ModerateBrief(TalkBrief):
    """`waiting` are the names of those who have not spoken in this round, in their order."""

    job: Literal["moderate"] = "moderate"
    round: int
    max_rounds: int
    waiting: list[str] = []


class Moderation(Shape):
    """Who speaks next, or why the discussion stops. `question` is what the commander must answer first."""

    next: str = ""
    stop: StopReason = ""
    reason: Annotated[str, StringConstraints(max_length=1000)] = ""
    question: Annotated[str, StringConstraints(max_length=2000)] = ""


class ActionItem(Shape):
    """Something that somebody is to do. `owner` is a participant's name; empty when nobody was named."""

    title: Line
    owner: str = ""
    acceptance: list[Line] = []


class MinutesBrief(TalkBrief):
    """`stop_reason` is why the discussion ended, in words."""

    job: Literal["minutes"] = "minutes"
    stop_reason: str


class MinutesDraft(Shape):
    summary: Text
    positions: list[Stance] = []
    decisions: list[Line] = []
    open_questions: list[Line] = []
    actions: Annotated[list[ActionItem], Field(max_length=50)] = []
