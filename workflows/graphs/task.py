"""One revision of one task: gather with tools where the persona has some, then write and deliver.

Writing alone is one step, of which a graph would remember nothing that is not on record: it is done without one.
"""

from functools import partial

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from ai_integration import gateway
from ai_integration.jobs import WorkResult
from ai_integration.models import CallRecord
from ai_integration.selectors import model_label
from ai_integration.services import Purpose
from personas.prompts import render
from workflows.graphs.bench import at_task
from workflows.graphs.briefs import speaker, work_brief
from workflows.graphs.results import checked
from workflows.graphs.state import Held, TaskState
from workflows.graphs.steps import may_step, with_results
from workflows.graphs.tools import act, think
from workflows.models import Task
from workflows.selectors import still_wanted
from workflows.services.running import task_deliver


def is_one_step(task: Task) -> bool:
    """Whether the task is done with its writing alone, as most are: without tools there is nothing to think about before."""
    return not may_step(at_task(task), 0)


def work(state: TaskState, runtime: Runtime[Held]) -> TaskState:
    write(runtime.context, after_tools=bool(state.get("step")))
    return {}


def write(held: Held, *, after_tools: bool = False) -> None:
    """Give the task to its persona's model, and its result to the run. A replay finds the finished call."""
    task = held.task
    brief, shown = work_brief(task)
    if after_tools:
        brief, shown = with_results(at_task(task), brief, shown)
    who = speaker(task.persona)
    model = task.workflow.model or (task.persona.model if task.persona else "")
    purpose = Purpose(
        key=f"task:{task.pk}:{task.revision}:work",
        job=brief.job,
        owner_id=task.workflow.owner_id,
        subject_id=task.workflow_id,
        persona_name=who.name,
        persona_id=task.persona_id,
        project_id=task.workflow.project_id,
        stream=task.workflow.stream,
        wanted=partial(still_wanted, task.workflow_id, task.pk),
        context={
            "shown": shown,
            "language": task.workflow.language,
            "model": model_label(model, task.workflow.language),
        },
    )
    outcome = gateway.complete(purpose, model=model, messages=render(who, brief), shape=WorkResult)
    _deliver(held, outcome.call)


def _deliver(held: Held, call: CallRecord) -> None:
    shown, language = call.context["shown"], call.context["language"]
    result = checked(WorkResult.model_validate(call.answer), shown, language)
    who = {"persona_name": call.persona_name, "model": call.context["model"]}
    task_deliver(held.lease, held.task.revision, result | who)


def build() -> StateGraph:
    graph = StateGraph(TaskState, context_schema=Held)
    graph.add_node(think)
    graph.add_node(act)
    graph.add_node(work)
    graph.add_edge(START, "think")
    graph.add_edge("act", "think")
    graph.add_edge("work", END)
    return graph
