"""What was decided before votes and comments had tables of their own keeps its place in the history."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F

DECISIONS = {
    "approved": "approve",
    "rejected": "reject",
    "changes_requested": "request_changes",
    "answered": "answer",
}


def forwards(apps, _schema_editor):
    Request, Vote, Comment = (
        apps.get_model("plans", name) for name in ("ApprovalRequest", "Vote", "PlanComment")
    )
    Request.objects.update(sorts_at=F("created_at") + timedelta(days=365_000))
    numbers: dict = {}
    decided = Request.objects.filter(status__in=DECISIONS, decided_at__isnull=False)
    for request in decided.select_related("decided_by").order_by("created_at").iterator():
        name = str(request.decided_by and (request.decided_by.display_name or request.decided_by.username) or "")
        vote = Vote.objects.create(
            request=request,
            user=request.decided_by,
            user_name=name[:150],
            decision=DECISIONS[request.status],
            comment=request.comment or request.answer[:5000],
            content_hash=request.content_hash,
            automatic=request.automatic,
        )
        Vote.objects.filter(pk=vote.pk).update(created_at=request.decided_at)
        if request.plan_id and request.version_id:
            for item, text in said(request):
                numbers[request.plan_id] = number = numbers.get(request.plan_id, 0) + 1
                comment = Comment.objects.create(
                    plan_id=request.plan_id,
                    version_id=request.version_id,
                    number=number,
                    item=item,
                    text=text,
                    author=request.decided_by,
                    author_name=name[:150],
                    asks_change=request.status == "changes_requested",
                )
                Comment.objects.filter(pk=comment.pk).update(created_at=request.decided_at)


def said(request):
    if request.comment:
        yield "", request.comment
    for each in request.payload.get("comments", ()):
        yield each.get("item") or "", each["text"]


class Migration(migrations.Migration):
    dependencies = [("plans", "0003_desk")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
