"""From rows to the report's parts."""

from datetime import datetime

from ai_integration.jobs import Verdict
from workflows.models import Task, TaskResult, Workflow
from workflows.report_text import Composed, Part, compose
from workflows.selectors import latest_results
from workflows.states import TaskStatus


def composed(workflow: Workflow, verdict: Verdict, when: datetime) -> Composed:
    """The report over the latest results. Work that still did not pass is named among the gaps."""
    tasks = list(workflow.tasks.select_related("persona"))
    results = latest_results([task.pk for task in tasks])
    titles = {task.key: task.title for task in tasks}
    unmet = [
        f"{titles[finding.key]}: {finding.comment or finding.criterion}"
        for finding in verdict.findings
        if finding.key in verdict.revise and finding.key in titles and not finding.met
    ]
    return compose(
        title=workflow.title,
        requirement=workflow.requirement,
        language=workflow.language,
        workflow_id=str(workflow.pk),
        when=when,
        parts=[_part(task, results.get(task.pk)) for task in tasks],
        unmet=unmet,
    )


def _part(task: Task, result: TaskResult | None) -> Part:
    who = task.persona.name if task.persona else ""
    common = {
        "key": task.key,
        "title": task.title,
        "status": task.status,
        "depends_on": task.depends_on,
        "revision": task.revision,
        "reason": task.reason,
    }
    if result is None or task.status != TaskStatus.DONE:
        return Part(**common, persona=who)
    texts = {"body": result.body, "citations": result.citations, "gaps": result.gaps, "model": result.model}
    return Part(**common, persona=result.persona_name, **texts)
