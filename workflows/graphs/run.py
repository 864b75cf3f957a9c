"""The run: plan, wait for the decision, dispatch, wait for the tasks, review, revise or report.

Tasks are threads of their own (`graphs.task`), started as soon as their own dependencies have ended; this graph parks at
`await_tasks` meanwhile. `interrupt()` stands alone in its node, because such a node runs again from its top. So does every
other after a crash: its calls are on record, and each of its writes changes nothing the second time. A node ends where the
way parts or somebody is waited for; more of them make nothing safer. Fewer would make three deaths at different places look
like one place that kills.
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


def plan(
    state: RunState, runtime: Runtime[Held]
) -> Command[Literal["dispatch", "replan", "refuse", "await_approval"]]:
    """Have the plan written, unless the commander did; submit it, and decide at once where they asked for that."""
    held, workflow, current = runtime.context, runtime.context.workflow, state["plan_round"]
    if current or (workflow.auto_generate_tasks and workflow.plan is None):
        draft, author = _planned(held, round=current), Author(persona=planner(held.members))
    elif workflow.auto_generate_tasks:
        draft, author = written_plan(workflow), Author(user=workflow.plan.current.author_user)
    else:
        draft, author = manual_plan(workflow), Author(user=workflow.owner)
    running.plan_store(held.lease, state["workflow"], draft, author, round=current)
    if not workflow.auto_approve:
        return Command(goto="await_approval")
    return _decided(running.plan_auto_approve(held.lease, state["workflow"]))


def _planned(held: Held, *, round: int) -> PlanDraft:
    members = held.members
    brief = plan_brief(held.workflow, members, planner(members), round=round)

    def sound(draft: PlanDraft) -> None:
        check(draft, can_do=lambda role: not members or for_role(members, role) is not None)

    call = _ask(held, f"plan:{round}", planner(members), brief, PlanDraft, check=sound)
    return PlanDraft.model_validate(held.call(call).answer)


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


def review(state: RunState, runtime: Runtime[Held]) -> Command[Literal["revise", "report"]]:
    """Have the results judged by somebody who wrote none of them."""
    held, current = runtime.context, state["review_round"]
    running.review_begin(held.lease, state["workflow"])
    tasks = list(held.workflow.tasks.all())
    brief = review_brief(held.workflow, tasks, round=current)
    judge = reviewer(held.members, {task.persona_id for task in tasks})
    call = held.call(_ask(held, f"review:{current}", judge, brief, Verdict))
    verdict = Verdict.model_validate(call.answer)
    who = {"persona": call.persona_name, "model": call.context["model"]}
    running.review_store(held.lease, state["workflow"], verdict, round=current, **who)
    again = verdict.revise and current < settings.MAX_REVISIONS
    return Command(goto="revise" if again else "report", update={"call": str(call.pk)})


def revise(state: RunState, runtime: Runtime[Held]) -> RunState:
    following = state["review_round"] + 1
    running.tasks_revise(runtime.context.lease, state["workflow"], _verdict(state, runtime), round=following)
    return {"review_round": following}


def report(state: RunState, runtime: Runtime[Held]) -> Command[Literal["write_note", "__end__"]]:
    """Keep the report where nothing can refuse it. Without a vault that is all, and the work ends."""
    held, workflow = runtime.context, runtime.context.workflow
    written = composed(workflow, _verdict(state, runtime), timezone.localtime())
    ends = workflow.vault_id is None
    reporting.report_store(held.lease, state["workflow"], written, ends=ends)
    return Command(goto=END if ends else "write_note")


def write_note(state: RunState, runtime: Runtime[Held]) -> RunState:
    held = runtime.context
    reporting.report_write(held.lease, held.workflow)
    reporting.workflow_complete(held.lease, state["workflow"])
    return {}


def build() -> StateGraph:
    graph = StateGraph(RunState, context_schema=Held)
    waiting = (await_approval, await_commander, await_tasks)
    for node in (plan, *waiting, replan, another_round, refuse, dispatch, review, revise, report, write_note):
        graph.add_node(node)
    graph.add_edge(START, "plan")
    graph.add_edge("another_round", "plan")
    graph.add_edge("refuse", END)
    graph.add_edge("dispatch", "await_tasks")
    graph.add_edge("await_tasks", "review")
    graph.add_edge("revise", "await_tasks")
    graph.add_edge("write_note", END)
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
