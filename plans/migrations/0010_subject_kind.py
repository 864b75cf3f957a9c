from typing import Any

from django.db import migrations, models
from django.db.models import F


def tell(apps: Any, _editor: Any) -> None:
    """Say of the requests that are there what they are about. The workflows room says it of its discussions."""
    requests = apps.get_model("plans", "ApprovalRequest").objects
    requests.filter(kind__in=("tool_call", "unknown_effect")).update(subject_kind="task")
    requests.filter(subject_id=F("plan_id")).update(subject_kind="plan")


class Migration(migrations.Migration):
    dependencies = [("plans", "0009_request_status_words")]

    operations = [
        migrations.AddField(
            model_name="approvalrequest",
            name="subject_kind",
            field=models.CharField(
                choices=[
                    ("workflow", "Workflow"),
                    ("task", "Task"),
                    ("discussion", "Discussion"),
                    ("plan", "Plan"),
                ],
                default="workflow",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
