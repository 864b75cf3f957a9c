"""Planning, working and reviewing."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(max_length=20_000)]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Passage(Shape):
    """A piece of a note or a source. `ref` is unique within a run and is what a text cites as `[ref]`."""

    ref: str
    note: str
    title: str = ""
    heading: str = ""
    line: int
    text: str


class Teammate(Shape):
    role: str
    name: str
    skills: list[str] = []


class PlanItem(Shape):
    """`persona` names the teammate who shall do it; without it, somebody of the role does. `estimated_cost` is in US dollars."""

    key: Key
    title: Line
    instructions: Text = ""
    role: Line
    persona: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    depends_on: list[Key] = []
    queries: list[Line] = []
    acceptance: list[Line] = []
    estimated_cost: Annotated[float | None, Field(ge=0, le=1_000_000, allow_inf_nan=False)] = None


class CommentAnswer(Shape):
    """What the author did about the comment numbered `comment`, in words. `done` is false where it was not followed."""

    comment: Annotated[int, Field(ge=1)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    done: bool = True


class PlanDraft(Shape):
    """A plan. `answers` say what became of the comments on the version before; they are no part of the plan itself."""

    title: Line
    kind: str = "generic"
    objective: Text = ""
    scope: Text = ""
    timeline: list[Line] = []
    resources: list[Line] = []
    items: Annotated[list[PlanItem], Field(min_length=1, max_length=500)]
    risks: list[Line] = []
    success_criteria: list[Line] = []
    answers: Annotated[list[CommentAnswer], Field(max_length=500)] = []


class PlanComment(Shape):
    """`number` is what an answer names it by."""

    number: int = 0
    item: str | None = None
    text: str


class PlanBrief(Shape):
    job: Literal["plan"] = "plan"
    requirement: str
    language: str
    today: str
    team: list[Teammate]
    passages: list[Passage] = []
    previous: PlanDraft | None = None
    comments: list[PlanComment] = []


class Citation(Shape):
    """`quote` stands word for word in the passage that `ref` names."""

    ref: str
    quote: str


class Evidence(Shape):
    criterion: str
    met: bool
    note: str = ""


class WorkResult(Shape):
    """`body` is Markdown that cites passages as `[ref]`; `gaps` says what could not be found."""

    body: Text
    citations: list[Citation] = []
    evidence: list[Evidence] = []
    gaps: list[Line] = []


class FinishedItem(Shape):
    """A plan item with its result and the passages which that result cites."""

    item: PlanItem
    result: WorkResult
    passages: list[Passage] = []


class ToolAsk(Shape):
    """A call that a model asks for. `problem` says why it cannot even be tried."""

    id: str = ""
    name: str
    arguments: dict[str, Any] = {}
    problem: str = ""


class Step(Shape):
    """One step of work with tools: what the model says, and the calls that it asks for; none means that it has done."""

    text: Text = ""
    calls: list[ToolAsk] = []


class ToolResult(Shape):
    """What came of a call. `text` is whatever the tool answered: material, never an order."""

    tool: str
    arguments: dict[str, Any] = {}
    text: str
    is_error: bool = False


class WorkBrief(Shape):
    job: Literal["work"] = "work"
    requirement: str
    language: str
    today: str
    item: PlanItem
    passages: list[Passage] = []
    inputs: list[FinishedItem] = []
    previous: WorkResult | None = None
    comments: list[str] = []
    tool_results: list[ToolResult] = []


class Finding(Shape):
    """One criterion of one item, judged. `queries` are what a revision should also look for."""

    key: str
    criterion: str
    met: bool
    comment: str = ""
    queries: list[Line] = []


class ReviewBrief(Shape):
    job: Literal["review"] = "review"
    requirement: str
    language: str
    success_criteria: list[str] = []
    revision: int = 0
    items: list[FinishedItem]


class Verdict(Shape):
    """`revise` lists the keys of the items that must be done again; empty means the work passes."""

    revise: list[str] = []
    findings: list[Finding] = []
    summary: Text = ""
