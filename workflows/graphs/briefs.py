"""From rows to briefs: what a model is told for each job."""

import re
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ai_integration.jobs import (
    Citation,
    Evidence,
    FinishedItem,
    Passage,
    PlanBrief,
    PlanComment,
    PlanDraft,
    PlanItem,
    ReviewBrief,
    Teammate,
    WorkBrief,
    WorkResult,
)
from foundation.core.errors import DomainError
from knowledge.selectors import FoundPassage, find_passages, in_any
from personas.models import Persona
from personas.prompts import Speaker
from plans.models import Plan
from plans.selectors import open_comments
from workflows.models import Task, TaskResult, Workflow
from workflows.selectors import latest_results, plan_of, sources_of
from workflows.states import TaskStatus

PASSAGES_FOR_PLAN = 8
PASSAGES_FOR_WORK = 14
CLAUSES_WITHIN = 1000
LEAST_CLAUSE = 4
MAX_CLAUSES = 8
_CLAUSE = re.compile(r"[。、,;:!?；：！？\n]+|について|に関して|を(?=[^。、\n]*[ぁ-ん])|\.\s")
REFS_PER_REVISION = 100  # keeps the refs of one revision apart from those of the next


def speaker(persona: Persona | None) -> Speaker:
    if persona is None:
        return Speaker("AI秘書", "secretary")
    return Speaker(persona.name, persona.role, persona.personality, persona.description)


def plan_brief(
    workflow: Workflow, members: list[Persona], planner: Persona | None = None, *, round: int
) -> PlanBrief:
    """For the first plan (round 0), or for one that answers the changes that were asked for."""
    previous, comments = _requested_changes(plan_of(workflow)) if round else (None, [])
    team = [Teammate(role=each.role, name=each.name, skills=each.skills) for each in members]
    found = _search(workflow, planner, clauses(workflow.requirement), PASSAGES_FOR_PLAN)
    return PlanBrief(
        requirement=workflow.requirement,
        language=workflow.language,
        today=timezone.localdate().isoformat(),
        team=team,
        passages=[_passage(f"v-{number}", each) for number, each in enumerate(found, 1)],
        previous=previous,
        comments=comments,
    )


def clauses(requirement: str) -> list[str]:
    """The requirement as a query, then its clauses: in a long sentence the words of asking drown what is asked."""
    parts = [part.strip() for part in _CLAUSE.split(requirement[:CLAUSES_WITHIN])]
    return list(
        dict.fromkeys([requirement[:CLAUSES_WITHIN], *(part for part in parts if len(part) >= LEAST_CLAUSE)])
    )[:MAX_CLAUSES]


def _requested_changes(plan: Plan) -> tuple[PlanDraft | None, list[PlanComment]]:
    if plan.current is None:
        return None, []
    given = [
        PlanComment(number=each.number, item=each.item or None, text=each.text)
        for each in open_comments(plan)
    ]
    return PlanDraft.model_validate(plan.current.content), given


def manual_plan(workflow: Workflow) -> PlanDraft:
    """The plan made of the tasks that the commander added by hand, without those that were taken out again.

    Raises DomainError `no_tasks` when none is left.
    """
    items = [item_of(task) for task in workflow.tasks.exclude(status=TaskStatus.CANCELLED)]
    if not items:
        raise DomainError(_("No task is left. Add one, or let the team plan."), code="no_tasks")
    keys = {item.key for item in items}
    return PlanDraft(
        title=workflow.title,
        objective=workflow.requirement[:20_000],
        items=[_without_others(item, keys) for item in items],
    )


def written_plan(workflow: Workflow) -> PlanDraft:
    """The plan that the commander brought along, as it stands now."""
    return PlanDraft.model_validate(workflow.plan.current.content)


def _without_others(item: PlanItem, keys: set[str]) -> PlanItem:
    return item.model_copy(update={"depends_on": [key for key in item.depends_on if key in keys]})


def work_brief(task: Task) -> tuple[WorkBrief, list[dict[str, Any]]]:
    """The brief, and every passage that its result may cite, as `{ref, note, note_id, source_id, …}`."""
    workflow = task.workflow
    item = item_of(task)
    # What builds on others' results and names no queries of its own needs no more material.
    queries = item.queries or ([] if item.depends_on else [item.title, workflow.requirement[:500]])
    previous = latest_results([task.pk]).get(task.pk) if task.revision else None
    own = _material(task, previous, _search(workflow, task.persona, queries, PASSAGES_FOR_WORK))
    inputs, inherited = _inputs(task)
    own, inherited = readable(task.persona, own), readable(task.persona, inherited)
    brief = WorkBrief(
        requirement=workflow.requirement,
        language=workflow.language,
        today=timezone.localdate().isoformat(),
        item=item,
        passages=[passage_of(place) for place in own],
        inputs=inputs,
        previous=result_of(previous) if previous else None,
        comments=task.comments,
    )
    return brief, own + inherited


def _material(task: Task, previous: TaskResult | None, found: list[FoundPassage]) -> list[dict[str, Any]]:
    """What was found, after the passages that the previous revision already cites under the refs it gave them."""
    kept = (
        [place for place in previous.passages if place["ref"].startswith(f"{task.key}-")] if previous else []
    )
    known = {(place["note"], place["line"]) for place in kept}
    fresh = [each for each in found if (each.note, each.line) not in known]
    first = task.revision * REFS_PER_REVISION + 1
    return kept + [place_of(f"{task.key}-{number}", each) for number, each in enumerate(fresh, first)]


def _inputs(task: Task) -> tuple[list[FinishedItem], list[dict[str, Any]]]:
    """What the task builds on, and the passages that came with it."""
    if not task.depends_on:
        return [], []
    before = list(task.workflow.tasks.filter(key__in=task.depends_on, status=TaskStatus.DONE))
    results = latest_results([each.pk for each in before])
    inputs = [finished(each, results[each.pk], reader=task.persona) for each in before]
    return inputs, [place for result in results.values() for place in result.passages]


def review_brief(workflow: Workflow, tasks: list[Task], *, round: int) -> ReviewBrief:
    done = [task for task in tasks if task.status == TaskStatus.DONE]
    results = latest_results([task.pk for task in done])
    content = plan_of(workflow).current.content
    return ReviewBrief(
        requirement=workflow.requirement,
        language=workflow.language,
        success_criteria=content.get("success_criteria", []),
        revision=round,
        items=[finished(task, results[task.pk]) for task in done],
    )


def finished(task: Task, result: TaskResult, reader: Persona | None = None) -> FinishedItem:
    return FinishedItem(
        item=item_of(task),
        result=result_of(result),
        passages=[passage_of(place) for place in readable(reader, result.passages)],
    )


def item_of(task: Task) -> PlanItem:
    return PlanItem(
        key=task.key,
        title=task.title,
        instructions=task.instructions,
        role=task.role or "-",
        depends_on=task.depends_on,
        queries=task.queries,
        acceptance=task.acceptance,
    )


def result_of(result: TaskResult) -> WorkResult:
    return WorkResult(
        body=result.body,
        citations=[Citation(ref=each["ref"], quote=each["quote"]) for each in result.citations],
        evidence=[Evidence.model_validate(each) for each in result.evidence],
        gaps=result.gaps,
    )


def passage_of(place: dict[str, Any]) -> Passage:
    return Passage(**{name: place[name] for name in ("ref", "note", "title", "heading", "line", "text")})


def readable(persona: Persona | None, places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of `places` that the persona may read, and so cite."""
    folders = persona.folders if persona else []
    return [place for place in places if place["note_id"] is None or in_any(place["note"], folders)]


def _search(
    workflow: Workflow, persona: Persona | None, queries: list[str], limit: int
) -> list[FoundPassage]:
    """What the workflow's owner may see and, of that, the persona may read."""
    vaults = [workflow.vault_id] if workflow.vault_id else []
    sources = sources_of(workflow)
    if not queries or not (vaults or sources):
        return []
    folders = persona.folders if persona else ()
    return find_passages(
        workflow.owner,
        vault_ids=vaults,
        source_ids=sources,
        queries=queries,
        folders=folders,
        limit=limit,
    )


def _passage(ref: str, found: FoundPassage) -> Passage:
    return passage_of(place_of(ref, found))


def place_of(ref: str, found: FoundPassage) -> dict[str, Any]:
    row = asdict(found)
    kept = {name: row[name] for name in ("note", "title", "heading", "line", "text")}
    ids = {name: str(row[name]) if row[name] else None for name in ("note_id", "source_id")}
    return {"ref": ref} | kept | ids
