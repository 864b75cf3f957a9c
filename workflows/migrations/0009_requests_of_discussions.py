from typing import Any

from django.db import migrations


def tell(apps: Any, _editor: Any) -> None:
    """Requests that stop a discussion say so from now on."""
    discussions = apps.get_model("workflows", "Discussion").objects.values("pk")
    requests = apps.get_model("plans", "ApprovalRequest").objects
    requests.filter(subject_id__in=discussions).update(subject_kind="discussion")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0008_share_indexes"), ("plans", "0010_subject_kind")]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
