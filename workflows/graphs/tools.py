"""A task's work with tools, before its result is written."""

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from workflows.graphs.bench import at_task
from workflows.graphs.briefs import work_brief
from workflows.graphs.state import Held, TaskState
from workflows.graphs.steps import ask_step, make_calls, may_step


def think(state: TaskState, runtime: Runtime[Held]) -> Command[Literal["act", "work"]]:
    """Ask the model which tools it needs next. Without tools, or when the bounds are reached, it is time to write."""
    task, step = runtime.context.task, state.get("step", 0)
    bench = at_task(task)
    if not may_step(bench, step):
        return Command(goto="work")
    brief, _shown = work_brief(task)
    outcome = ask_step(runtime.context.lease, bench, brief, step)
    return Command(goto="act" if outcome.answer.calls else "work", update={"asked": outcome.call_id})


def act(state: TaskState, runtime: Runtime[Held]) -> TaskState:
    """Make the calls that the last step asked for. Raises ApprovalRequired."""
    step = state.get("step", 0)
    make_calls(runtime.context.lease, at_task(runtime.context.task), state["asked"], step)
    return {"step": step + 1}
