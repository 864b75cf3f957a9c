"""What was shared action by action becomes one row at the highest level that those actions take."""

from collections.abc import Callable
from typing import Any

LEVELS = ("view", "comment", "operate", "manage")
TAKES = {"view": "view", "comment": "comment", "operate": "operate", "approve": "operate"}


def to_levels(app_label: str, *names: str) -> Callable[[Any, Any], None]:
    """A function for RunPython, for the models of `app_label` named `names`."""

    def convert(apps: Any, schema_editor: Any) -> None:
        for name in names:
            for kind, holder in (("User", "user_id"), ("Group", "group_id")):
                _convert(apps, app_label, name, apps.get_model(app_label, f"{name}{kind}Permission"), holder)

    return convert


def _convert(apps: Any, app_label: str, name: str, table: Any, holder: str) -> None:
    highest: dict[tuple[Any, Any], str] = {}
    for row in table.objects.select_related("permission"):
        key = (getattr(row, holder), row.content_object_id)
        level = TAKES.get(row.permission.codename.rpartition("_")[0], "manage")
        highest[key] = max(level, highest.get(key, "view"), key=LEVELS.index)
    if not highest:
        return
    about = apps.get_model("contenttypes", "ContentType").objects.get(app_label=app_label, model=name.lower())
    known = {level: _permission(apps, about, level, name.lower()) for level in set(highest.values())}
    table.objects.all().delete()
    table.objects.bulk_create(
        table(**{holder: who}, content_object_id=pk, permission=known[level])
        for (who, pk), level in highest.items()
    )


def _permission(apps: Any, about: Any, level: str, model_name: str) -> Any:
    rows = apps.get_model("auth", "Permission").objects
    named = {"name": f"Can {level} {model_name}"}
    return rows.get_or_create(content_type=about, codename=f"{level}_{model_name}", defaults=named)[0]
