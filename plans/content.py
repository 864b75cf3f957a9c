"""What a plan says, apart from where it is stored: canonical form, hash, soundness, difference. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from ai_integration.jobs import PlanDraft
from foundation.core.canonical import canonical, sha256_of
from foundation.core.errors import Invalid

MAX_BYTES = 2_000_000
FIELDS = ("title", "kind", "objective", "scope", "timeline", "resources", "risks", "success_criteria")
NOT_CONTENT = {"answers"}


def content_hash(content: Mapping[str, Any]) -> str:
    return sha256_of(content)


def content_of(draft: PlanDraft) -> dict[str, Any]:
    """What is kept, hashed and approved of a draft. What its author says about comments is kept with the comments."""
    return draft.model_dump(mode="json", exclude=NOT_CONTENT)


def parse(
    content: Any,
    *,
    can_do: Callable[[str], bool] | None = None,
    knows: Callable[[str], bool] | None = None,
) -> PlanDraft:
    """`content` as a sound plan. Raises Invalid (`plan_invalid`) naming what is wrong and where.

    `can_do(role)` says whether somebody in the team takes work of that role, `knows(name)` whether they are in the team.
    """
    try:
        draft = PlanDraft.model_validate(content)
        check(draft, can_do=can_do, knows=knows)
    except ValidationError as error:
        places = {".".join(map(str, each["loc"])) or "content": each["msg"] for each in error.errors()[:20]}
        raise Invalid(_("The plan is not complete."), code="plan_invalid", details=places) from error
    except ValueError as error:
        raise Invalid(str(error), code="plan_invalid") from error
    if len(canonical(content_of(draft)).encode()) > MAX_BYTES:
        raise Invalid(_("The plan is too large."), code="plan_invalid")
    return draft


def check(
    draft: PlanDraft,
    *,
    can_do: Callable[[str], bool] | None = None,
    knows: Callable[[str], bool] | None = None,
) -> None:
    """Raises ValueError, with a sentence, for double keys, unknown dependencies, a cycle, a role that nobody has, or a
    name that is nobody's.
    """
    counted = Counter(item.key for item in draft.items)
    double = [key for key, times in counted.items() if times > 1]
    if double:
        raise ValueError(_("The key %s stands twice.") % ", ".join(sorted(double)))
    for item in draft.items:
        unknown = set(item.depends_on) - counted.keys()
        if unknown:
            raise ValueError(
                _("%(key)s depends on %(unknown)s, which does not exist.") % _pair(item.key, unknown)
            )
        if can_do and not can_do(item.role):
            raise ValueError(
                _("%(key)s asks for the role %(unknown)s, which nobody has.") % _pair(item.key, [item.role])
            )
        if knows and item.persona and not knows(item.persona):
            raise ValueError(
                _("%(key)s asks for %(unknown)s, who is not in the team.") % _pair(item.key, [item.persona])
            )
    _check_cycle({item.key: item.depends_on for item in draft.items})


def _pair(key: str, unknown: Iterable[str]) -> dict[str, str]:
    return {"key": key, "unknown": ", ".join(sorted(unknown))}


def _check_cycle(graph: Mapping[str, Iterable[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise ValueError(_("These items wait for each other: %s") % " → ".join(error.args[1])) from error


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """`{fields: {name: [before, after]}, added: [item], removed: [item], changed: [{key, fields}]}`."""
    old = {item["key"]: item for item in before["items"]}
    new = {item["key"]: item for item in after["items"]}
    changed = [
        {"key": key, "title": item["title"], "fields": fields}
        for key, item in new.items()
        if key in old and (fields := _changes(old[key], item, item))
    ]
    return {
        "fields": _changes(before, after, FIELDS),
        "added": [item for key, item in new.items() if key not in old],
        "removed": [item for key, item in old.items() if key not in new],
        "changed": changed,
    }


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Iterable[str]
) -> dict[str, list[Any]]:
    # A field that an older version does not know yet is the same as an empty one.
    return {
        name: [before.get(name), after.get(name)]
        for name in names
        if before.get(name) != after.get(name) and not (_empty(before.get(name)) and _empty(after.get(name)))
    }


def _empty(value: Any) -> bool:
    return value in (None, "", [])
