"""What is told of workflows, plans, hits and answers at /mcp."""

from typing import Any

from django.urls import reverse

from knowledge.selectors import SearchHit
from plans.models import Plan
from workflows.models import Discussion, Workflow
from workflows.selectors import discussion_messages, report, tasks
from workflows.states import MessageKind


def workflow_line(row: Workflow) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "title": row.title,
        "status": row.status,
        "progress": row.progress,
        "page": reverse("workflow", args=[row.pk]),
    }


def workflow_shape(user: Any, row: Workflow) -> dict[str, Any]:
    found = report(row)
    doing = [
        {
            "key": each.key,
            "title": each.title,
            "status": each.status,
            "persona": each.persona.name if each.persona else None,
        }
        for each in tasks(user).filter(workflow=row)
    ]
    written = (
        {"markdown": found.markdown, "citations": found.citations, "gaps": found.gaps} if found else None
    )
    told = {"plan": str(row.plan_id) if row.plan_id else None, "reason": row.reason}
    return workflow_line(row) | told | {"tasks": doing, "report": written}


def plan_shape(plan: Plan) -> dict[str, Any]:
    current = plan.current
    return {
        "id": str(plan.pk),
        "title": plan.title,
        "status": plan.status,
        "version": current.number if current else None,
        "content_hash": current.content_hash if current else None,
        "content": current.content if current else None,
        "page": reverse("plan", args=[plan.pk]),
    }


def hit(found: SearchHit) -> dict[str, Any]:
    note = {"id": str(found.note.id), "path": found.note.path, "title": found.note.title}
    where = {"heading": found.heading, "line": found.line, "snippet": found.snippet, "why": found.why}
    return {"note": note, **where, "uri": f"hisho://note/{found.note.id}"}


def answer(user: Any, discussion: Discussion) -> dict[str, Any]:
    said = [each for each in discussion_messages(user, discussion) if each.kind == MessageKind.SPEECH]
    last = said[-1] if said else None
    return {
        "discussion": str(discussion.pk),
        "text": last.text if last else "",
        "citations": last.citations if last else [],
    }
