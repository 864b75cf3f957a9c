"""What happened, in words. Events that say nothing to a person are left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.activity.selectors import events_after, stream_position
from workflows.models import Workflow
from workflows.states import WorkflowStatus

SHOWN = 100

type Event = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One line of the log. `code` is the status whose icon and colour it bears."""

    at: datetime
    text: str
    code: str = "pending"
    detail: str = ""


def log(workflow: Workflow, titles: Mapping[str, str]) -> list[Entry]:
    """The last things that happened, newest first. `titles` are those of the tasks by key."""
    last = stream_position(workflow.stream)[1]
    rows = events_after(workflow.stream, max(0, last - SHOWN), limit=SHOWN)
    entries = (_entry(row["event"], titles) for row in reversed(rows))
    return [entry for entry in entries if entry]


def _entry(event: Event, titles: Mapping[str, str]) -> Entry | None:
    tell = _TELLERS.get(event["type"])
    told = tell(event, event.get("data", {}), titles) if tell else None
    if told is None:
        return None
    text, code, *detail = told
    return Entry(datetime.fromisoformat(event["at"]), text, code, *detail)


type Told = tuple[str, ...] | None


def _status(event: Event, data: Event, _titles: Mapping[str, str]) -> Told:
    to = event["to"]
    if to == WorkflowStatus.AWAITING_APPROVAL:
        return None  # the plan's own event has just said so
    word = dict(WorkflowStatus.choices).get(to, to)
    return _("The workflow is now: %s") % word, to, data.get("reason", "")


def _task_moved(event: Event, data: Event, titles: Mapping[str, str]) -> Told:
    to, name = event["to"], titles.get(data.get("key", ""), data.get("key", ""))
    if to == "pending" and event.get("from") == "running":
        return None  # a worker was lost and another one takes over
    texts = {
        "running": _("%(who)s began “%(task)s”"),
        "waiting": _("“%(task)s” waits for your decision on %(tool)s"),
        "done": _("“%(task)s” is done (%(citations)d citations)"),
        "failed": _("“%(task)s” failed"),
        "cancelled": _("“%(task)s” was taken out"),
        "pending": _("“%(task)s” is to be done again"),
    }
    if to == "pending" and event.get("from") == "waiting":
        return _("“%(task)s” goes on") % {"task": name}, "running"
    words = {"task": name, "who": data.get("persona") or _("Nobody"), "citations": data.get("citations", 0)}
    words["tool"] = data.get("tool", "")
    return texts[to] % words, to, data.get("reason", "")


def _decided(_event: Event, data: Event, _titles: Mapping[str, str]) -> Told:
    version = {"version": data.get("version", "")}
    if data.get("automatic"):
        return _(
            "Version %(version)s was approved automatically, as you asked when you delegated"
        ) % version, "approved"
    texts = {
        "approve": (_("Version %(version)s was approved"), "approved"),
        "reject": (_("Version %(version)s was rejected"), "rejected"),
        "request_changes": (_("Changes to version %(version)s were requested"), "revision_requested"),
    }
    text, code = texts.get(data.get("decision", ""), (_("Version %(version)s was decided"), "pending"))
    return text % version, code


def _reviewed(_event: Event, data: Event, _titles: Mapping[str, str]) -> Told:
    again = len(data.get("revise", ()))
    if not again:
        return _("The review found nothing to mend"), "reviewing", data.get("summary", "")
    text = ngettext("The review sent %d task back", "The review sent %d tasks back", again) % again
    return text, "revising", data.get("summary", "")


def _reported(_event: Event, data: Event, _titles: Mapping[str, str]) -> Told:
    text = _("The report is written (%(citations)d citations, %(gaps)d gaps)")
    counts = {"citations": data.get("citations", 0), "gaps": data.get("gaps", 0)}
    return text % counts, "completed_with_gaps" if counts["gaps"] else "completed", data.get("note_path", "")


def _handed_out(_event: Event, data: Event, _titles: Mapping[str, str]) -> Told:
    number = len(data.get("tasks", ()))
    return ngettext("%d task was handed out", "%d tasks were handed out", number) % number, "pending"


def _task_told(text: Callable[[], str]) -> Callable[[Event, Event, Mapping[str, str]], Told]:
    def tell(_event: Event, data: Event, titles: Mapping[str, str]) -> Told:
        key = data.get("key", "")
        return text() % {
            "task": data.get("title") or titles.get(key, key),
            "who": data.get("persona") or "—",
        }, "pending"

    return tell


def _said(
    text: Callable[[], str], code: str = "pending"
) -> Callable[[Event, Event, Mapping[str, str]], Told]:
    def tell(_event: Event, data: Event, _titles: Mapping[str, str]) -> Told:
        return text() % {"version": data.get("version", "")}, code

    return tell


def _tool(text: Callable[[], str], code: str) -> Callable[[Event, Event, Mapping[str, str]], Told]:
    def tell(_event: Event, data: Event, titles: Mapping[str, str]) -> Told:
        task = titles.get(data.get("key", ""), data.get("key", ""))
        return text() % {"tool": data.get("tool", ""), "task": task}, code, data.get("reason", "")

    return tell


_TELLERS: dict[str, Callable[[Event, Event, Mapping[str, str]], Told]] = {
    "workflow.created": _said(lambda: _("You delegated this"), "draft"),
    "workflow.updated": _said(lambda: _("Title or project was changed")),
    "workflow.status_changed": _status,
    "workflow.tasks_created": _handed_out,
    "plan.edited": _said(lambda: _("Version %(version)s of the plan was written"), "planning"),
    "plan.submitted": _said(lambda: _("Version %(version)s waits for your approval"), "awaiting_approval"),
    "plan.withdrawn": _said(lambda: _("The plan was withdrawn"), "withdrawn"),
    "plan.decided": _decided,
    "task.created": _task_told(lambda: _("“%(task)s” was added")),
    "task.assigned": _task_told(lambda: _("A task was given to %(who)s")),
    "task.status_changed": _task_moved,
    "tool.called": _tool(lambda: _("%(tool)s is called for “%(task)s”"), "started"),
    "tool.answered": _tool(lambda: _("%(tool)s answered, for “%(task)s”"), "finished"),
    "tool.refused": _tool(lambda: _("%(tool)s was not called, for “%(task)s”"), "skipped"),
    "review.written": _reviewed,
    "report.written": _reported,
}
