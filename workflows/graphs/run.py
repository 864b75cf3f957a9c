"""The run: plan, wait for the decision, dispatch, wait for the tasks, review, revise or report.

Tasks are threads of their own (`graphs.task`), started as soon as their own dependencies have ended; this graph parks at
`await_tasks` meanwhile. `interrupt()` stands alone in its node, because such a node runs again from its top.
"""

from functools import partial
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from ai_integration import gateway
from ai_integration.jobs import PlanDraft, Shape, Verdict
from ai_integration.selectors import model_label
from ai_integration.services import Purpose
from personas.models import Persona
from personas.prompts import render
from personas.selectors import for_role, planner, reviewer
from plans.content import check
from plans.selectors import last_request
from plans.services import Author
from plans.states import WAITING
from workflows.graphs.briefs import manual_plan, plan_brief, review_brief, speaker, written_plan
from workflows.graphs.reports import composed
from workflows.graphs.state import Held, RunState
from workflows.models import Workflow
from workflows.selectors import plan_of, still_wanted
from workflows.services import reporting, running

PLAN_WAIT = "plan_approval"
TASKS_WAIT = "tasks"
COMMANDER_WAIT = "commander"


def plan(state: RunState, runtime: Runtime[Held]) -> RunState:
    """Have the plan written, unless the commander wrote the tasks."""
    held = runtime.context
    if not state["plan_round"] and not (held.workflow.auto_generate_tasks and held.workflow.plan is None):
        return {"call": ""}  # the commander wrote the tasks, or the plan
    members = held.members
    brief = plan_brief(held.workflow, members, planner(members), round=state["plan_round"])

    def sound(draft: PlanDraft) -> None:
        check(draft, can_do=lambda role: not members or for_role(members, role) is not None)

    call = _ask(held, f"plan:{state['plan_round']}", planner(members), brief, PlanDraft, check=sound)
    return {"call": call}


def submit(
    state: RunState, runtime: Runtime[Held]
) -> Command[Literal["approve_automatically", "await_approval"]]:
    held = runtime.context
    workflow = held.workflow
    if state["call"]:
        draft = PlanDraft.model_validate(held.call(state["call"]).answer)
        author = Author(persona=planner(held.members))
    elif workflow.auto_generate_tasks:
        draft, author = written_plan(workflow), Author(user=workflow.plan.current.author_user)
    else:
        draft, author = manual_plan(workflow), Author(user=workflow.owner)
    running.plan_store(held.lease, state["workflow"], draft, author, round=state["plan_round"])
    return Command(goto="approve_automatically" if workflow.auto_approve else "await_approval")


def approve_automatically(
    state: RunState, runtime: Runtime[Held]
) -> Command[Literal["dispatch", "replan", "refuse", "await_approval"]]:
    return _decided(running.plan_auto_approve(runtime.context.lease, state["workflow"]))


def await_approval(_state: RunState) -> Command[Literal["dispatch", "replan", "refuse"]]:
    return _decided(interrupt({"kind": PLAN_WAIT}))


def replan(state: RunState, runtime: Runtime[Held]) -> Command[Literal["another_round", "await_commander"]]:
    """Have the plan written again, unless that was done so often that the commander is asked first."""
    following = state["plan_round"] + 1
    asked = running.commander_ask(runtime.context.lease, state["workflow"], round=following)
    return Command(goto="await_commander" if asked else "another_round")


def await_commander(_state: RunState) -> Command[Literal["another_round", "await_approval", "refuse"]]:
    return Command(goto=interrupt({"kind": COMMANDER_WAIT}))


def another_round(state: RunState, runtime: Runtime[Held]) -> RunState:
    following = state["plan_round"] + 1
    running.plan_again(runtime.context.lease, state["workflow"], round=following)
    return {"plan_round": following}


def refuse(state: RunState, runtime: Runtime[Held]) -> RunState:
    held = runtime.context
    running.plan_refused(held.lease, state["workflow"], last_request(plan_of(held.workflow)).comment)
    return {}


def dispatch(state: RunState, runtime: Runtime[Held]) -> RunState:
    running.tasks_dispatch(runtime.context.lease, state["workflow"], runtime.context.members)
    return {}


def await_tasks(_state: RunState) -> RunState:
    interrupt({"kind": TASKS_WAIT})
    return {}


def begin_review(state: RunState, runtime: Runtime[Held]) -> RunState:
    running.review_begin(runtime.context.lease, state["workflow"])
    return {}


def review(state: RunState, runtime: Runtime[Held]) -> RunState:
    """Have the results judged by somebody who wrote none of them."""
    held, current = runtime.context, state["review_round"]
    tasks = list(held.workflow.tasks.all())
    brief = review_brief(held.workflow, tasks, round=current)
    judge = reviewer(held.members, {task.persona_id for task in tasks})
    return {"call": _ask(held, f"review:{current}", judge, brief, Verdict)}


def judge(state: RunState, runtime: Runtime[Held]) -> Command[Literal["revise", "compose"]]:
    call = runtime.context.call(state["call"])
    verdict = Verdict.model_validate(call.answer)
    who = {"persona": call.persona_name, "model": call.context["model"]}
    running.review_store(
        runtime.context.lease, state["workflow"], verdict, round=state["review_round"], **who
    )
    again = verdict.revise and state["review_round"] < settings.MAX_REVISIONS
    return Command(goto="revise" if again else "compose")


def revise(state: RunState, runtime: Runtime[Held]) -> RunState:
    following = state["review_round"] + 1
    running.tasks_revise(runtime.context.lease, state["workflow"], _verdict(state, runtime), round=following)
    return {"review_round": following}


def compose(state: RunState, runtime: Runtime[Held]) -> Command[Literal["write_note", "complete"]]:
    held = runtime.context
    report = composed(held.workflow, _verdict(state, runtime), timezone.localtime())
    reporting.report_store(held.lease, state["workflow"], report)
    return Command(goto="write_note" if held.workflow.vault_id else "complete")


def write_note(state: RunState, runtime: Runtime[Held]) -> RunState:
    reporting.report_write(runtime.context.lease, runtime.context.workflow)
    return {}


def complete(state: RunState, runtime: Runtime[Held]) -> RunState:
    reporting.workflow_complete(runtime.context.lease, state["workflow"])
    return {}


def build() -> StateGraph:
    graph = StateGraph(RunState, context_schema=Held)
    thinking = (plan, review)
    waiting = (await_approval, await_commander, await_tasks)
    writing = (
        submit,
        approve_automatically,
        replan,
        another_round,
        refuse,
        dispatch,
        begin_review,
        judge,
        revise,
        compose,
        write_note,
        complete,
    )
    for node in (*thinking, *waiting, *writing):
        graph.add_node(node)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "submit")
    graph.add_edge("another_round", "plan")
    graph.add_edge("refuse", END)
    graph.add_edge("dispatch", "await_tasks")
    graph.add_edge("await_tasks", "begin_review")
    graph.add_edge("begin_review", "review")
    graph.add_edge("review", "judge")
    graph.add_edge("revise", "await_tasks")
    graph.add_edge("write_note", "complete")
    graph.add_edge("complete", END)
    return graph


def _decided(plan_status: str) -> Command:
    onward = {"approved": "dispatch", "revision_requested": "replan"}
    return Command(goto="await_approval" if plan_status in WAITING else onward.get(plan_status, "refuse"))


def _verdict(state: RunState, runtime: Runtime[Held]) -> Verdict:
    return Verdict.model_validate(runtime.context.call(state["call"]).answer)


def _model(workflow: Workflow, persona: Persona | None) -> str:
    return workflow.model or (persona.model if persona else "")


def _ask(
    held: Held, step: str, persona: Persona | None, brief: Shape, shape: type[Shape], check: Any = None
) -> str:
    """Ask the persona's model; returns the id of the call."""
    workflow, who = held.workflow, speaker(persona)
    model = _model(workflow, persona)
    purpose = Purpose(
        key=f"run:{held.lease.pk}:{step}",
        job=brief.job,
        owner_id=workflow.owner_id,
        subject_id=workflow.pk,
        persona_name=who.name,
        persona_id=persona.pk if persona else None,
        project_id=workflow.project_id,
        stream=workflow.stream,
        wanted=partial(still_wanted, workflow.pk),
        context={"model": model_label(model, workflow.language)},
    )
    asked = gateway.complete(purpose, model=model, messages=render(who, brief), shape=shape, check=check)
    return held.keep(asked.call)
