"""What becomes of a discussion's minutes: a note in the vault, a workflow made of the action items."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, NotFound
from foundation.core.permissions import require
from knowledge.services import note_create
from personas.models import Persona
from workflows.minutes_text import WORDS
from workflows.models import Discussion, Minutes, Report, Workflow
from workflows.services.steering import MAX_REQUIREMENT, workflow_create
from workflows.services.tasks import task_add

NO_MINUTES = gettext_lazy("There are no minutes yet.")
NO_REPORT = gettext_lazy("There is no report yet.")


def minutes_save(actor: Actor, discussion: Discussion) -> Minutes:
    """Write the minutes as one new note into the vault's report folder. A second call finds the first note.

    Call it outside a transaction. Raises NotFound without minutes, Conflict without a vault, and what `note_create` raises.
    """
    require(actor, "operate", discussion)
    minutes = _minutes(discussion)
    if discussion.vault is None:
        raise Conflict(_("This discussion has no vault."), code="no_vault")
    if minutes.note_path:
        return minutes
    written = note_create(
        actor,
        discussion.vault,
        folder=discussion.vault.report_folder,
        title=_title(discussion),
        markdown=minutes.markdown,
        unique_key=f"minutes:{discussion.pk}",
    )
    return _note_saved(actor, minutes, written.path)


@transaction.atomic
def _note_saved(actor: Actor, minutes: Minutes, path: str) -> Minutes:
    minutes = Minutes.objects.select_for_update().get(pk=minutes.pk)
    if not minutes.note_path:
        minutes.note_path = path
        minutes.save(update_fields=["note_path", "updated_at"])
        record(actor, "minutes.saved", minutes, streams=[minutes.discussion.stream], data={"note_path": path})
    return minutes


@transaction.atomic
def report_export(actor: Actor, workflow: Workflow) -> Report:
    """The report, to be handed out as a file; that it was is on record. Raises NotFound when there is none yet."""
    require(actor, "view", workflow)
    report = Report.objects.filter(workflow=workflow).first()
    if report is None:
        raise NotFound(NO_REPORT, code="no_report")
    record(actor, "report.exported", report)
    return report


@transaction.atomic
def minutes_export(actor: Actor, discussion: Discussion) -> Minutes:
    """The minutes, to be handed out as a file; that they were is on record. Raises NotFound when there are none yet."""
    require(actor, "view", discussion)
    minutes = _minutes(discussion)
    record(actor, "minutes.exported", minutes)
    return minutes


@transaction.atomic
def discussion_to_workflow(actor: Actor, discussion: Discussion) -> tuple[Workflow, bool]:
    """A draft workflow whose tasks are the action items, and whether it is new: there is one per discussion.

    Nothing starts by itself; the commander looks at the tasks first. Raises NotFound, Conflict (no action items), Forbidden.
    """
    require(actor, "operate", discussion)
    minutes = Minutes.objects.select_for_update().get(pk=_minutes(discussion).pk)
    if minutes.workflow is not None:
        return minutes.workflow, False
    if not minutes.actions:
        raise Conflict(_("The minutes hold no action items."), code="no_actions")
    workflow = workflow_create(
        actor,
        requirement=f"{discussion.topic}\n\n{_without_properties(minutes.markdown)}"[:MAX_REQUIREMENT],
        title=str(discussion),
        project=discussion.project_id,
        vault=discussion.vault_id,
        sources=list(discussion.sources.values_list("pk", flat=True)),
        auto_generate_tasks=False,
        auto_start=False,
    )
    for action in minutes.actions:
        _task(actor, workflow, action)
    minutes.workflow = workflow
    minutes.save(update_fields=["workflow", "updated_at"])
    data = {"workflow": str(workflow.pk), "tasks": len(minutes.actions)}
    record(actor, "minutes.taken_up", minutes, streams=[discussion.stream], data=data)
    return workflow, True


def _task(actor: Actor, workflow: Workflow, action: dict[str, Any]) -> None:
    """An owner who has left, or whom the actor may not give work to, leaves the task to be assigned."""
    free = Persona.objects.permitted(actor, "operate").filter(is_active=True, pk=action["owner_id"])
    persona = free.first() if action["owner_id"] else None
    task_add(
        actor,
        workflow,
        title=action["title"],
        persona=persona.pk if persona else None,
        acceptance=action["acceptance"],
        queries=[action["title"]],
    )


def _minutes(discussion: Discussion) -> Minutes:
    found = Minutes.objects.filter(discussion=discussion).first()
    if found is None:
        raise NotFound(NO_MINUTES, code="no_minutes")
    return found


def _title(discussion: Discussion) -> str:
    return WORDS[discussion.language]["title"].format(topic=str(discussion))


def _without_properties(markdown: str) -> str:
    return markdown.split("\n---\n", 1)[-1].strip()
