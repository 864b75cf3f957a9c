"""Following one workflow from a terminal: show what moves, ask what has to be asked, tell how it ended."""

import time
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from foundation.activity.selectors import events_after
from foundation.core.errors import Conflict, DomainError
from knowledge.models import Vault
from knowledge.selectors import vault_list
from knowledge.services import vault_register
from plans.services import Decision, plan_decide
from plans.states import WAITING
from workflows.models import Workflow
from workflows.selectors import workflows
from workflows.states import FINISHED, WorkflowStatus
from workflows.terminal.screen import Screen, plan_lines

POLL_SECONDS = 0.1
EXIT = {WorkflowStatus.COMPLETED: 0, WorkflowStatus.COMPLETED_WITH_GAPS: 3}
STOPPED = (*FINISHED, WorkflowStatus.PAUSED, WorkflowStatus.WAITING_FOR_HUMAN)


def vault_at(user: Any, folder: str | None) -> Vault | None:
    """The vault at `folder`, registered if need be; without one, the user's first. Raises DomainError."""
    if folder is None:
        return vault_list(user).order_by("created_at").first()
    path = Path(folder).expanduser().absolute()
    try:
        return vault_register(user, name=path.name[:100] or "vault", path=str(path))
    except Conflict as error:
        known = vault_list(user).filter(pk=error.details.get("vault")).first()
        if known is None:
            raise
        return known


class Delegation:
    """One workflow, followed to its end."""

    def __init__(self, user: Any, workflow: Workflow, screen: Screen) -> None:
        self.user = user
        self.workflow = workflow
        self.screen = screen
        self._seen = 0
        self._text = ""

    def follow(self) -> int:
        """Return the exit status: 0 completed, 3 completed with gaps, 1 anything else."""
        while True:
            self._tell()
            if self.workflow.status in STOPPED:
                return EXIT.get(self.workflow.status, 1)
            if self._plan_waits() and not self._decide():
                return 1
            time.sleep(POLL_SECONDS)

    def outcome(self) -> dict[str, Any]:
        """What `--json` prints."""
        report = getattr(self.workflow, "report", None)
        place = self._report_path(report.note_path) if report and report.note_path else None
        cited = report.citations if report else []
        return {
            "status": self.workflow.status,
            "workflow": str(self.workflow.pk),
            "plan": self._plan() if self.workflow.plan else None,
            "report_path": place,
            "citations": [
                {name: each[name] for name in ("note", "heading", "line", "quote")} for each in cited
            ],
            "gaps": report.gaps if report else [],
            "reason": self.workflow.reason,
        }

    def _report_path(self, note_path: str) -> str:
        return str(Path(self.workflow.vault.path) / note_path)

    def _tell(self) -> None:
        for each in events_after(self.workflow.stream, self._seen):
            self._seen = each["seq"]
            self._text = _line(each["event"]) or self._text
        self.workflow = workflows(self.user).select_related("plan__current", "vault").get(pk=self.workflow.pk)
        self.screen.progress(self.workflow.progress, self._text)

    def _plan_waits(self) -> bool:
        plan = self.workflow.plan
        asked = self.workflow.status == WorkflowStatus.AWAITING_APPROVAL and not self.workflow.auto_approve
        return bool(asked and plan and plan.status in WAITING)

    def _plan(self) -> dict[str, Any]:
        version = self.workflow.plan.current
        named = {
            "id": str(self.workflow.plan_id),
            "version": version.number,
            "content_hash": version.content_hash,
        }
        return named | version.content

    def _decide(self) -> bool:
        """Show the plan and take a decision; False when nobody answers, and then the plan goes on waiting."""
        plan = self._plan()
        self.screen.say("\n".join(["", *plan_lines(plan), ""]))
        answer = self.screen.ask(_("Approve? [y] yes  [c] request changes  [n] reject:"))
        if answer is None:
            self.screen.say(_("Nobody answered. The plan goes on waiting: workflow %s") % self.workflow.pk)
            return False
        decision = {"y": Decision.APPROVE, "c": Decision.REQUEST_CHANGES, "n": Decision.REJECT}.get(
            answer[:1].lower()
        )
        if decision is None:
            self.screen.say(_("Please answer y, c or n."))
            return True
        comment = "" if decision == Decision.APPROVE else self.screen.ask(_("In a few words, why:")) or ""
        try:
            plan_decide(
                self.user, self.workflow.plan, decision, content_hash=plan["content_hash"], comment=comment
            )
        except DomainError as error:
            self.screen.say(str(error))
        return True


def _line(event: dict[str, Any]) -> str:
    data = event.get("data", {})
    if event["type"] == "task.status_changed" and event["to"] == "running":
        return f"{data['key']} {data.get('persona', '')}"
    if event["type"] == "workflow.status_changed":
        return str(WorkflowStatus(event["to"]).label)
    return ""
