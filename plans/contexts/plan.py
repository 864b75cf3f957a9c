"""The page of one plan: what is going to be done, what changed, and what was said about it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.activity.streams import followed
from foundation.core.permissions import fetch, may
from personas.selectors import active_members, by_name, for_role
from plans.content import diff
from plans.contexts.desk import Desk, desk_of
from plans.models import ApprovalRequest, Plan, PlanVersion
from plans.selectors import comments, history_of, plans, requests_of, versions
from plans.states import WAITING, PlanStatus, RequestStatus

LABELS: dict[str, Promise] = {
    "title": _("Title"),
    "kind": _("Kind of work"),
    "objective": _("Objective"),
    "scope": _("Scope"),
    "timeline": _("Timeline"),
    "resources": _("Resources"),
    "persona": _("Secretary"),
    "estimated_cost": _("Estimated cost"),
    "risks": _("Risks"),
    "success_criteria": _("Success criteria"),
    "instructions": _("Instructions"),
    "role": _("Role"),
    "depends_on": _("Builds on"),
    "queries": _("Searches for"),
    "acceptance": _("Acceptance criteria"),
}


@dataclass(frozen=True)
class Remark:
    """What somebody said about one version; `item` is empty for the plan as a whole.

    `answered_in` is the later version that came with `answer`; `touched` says that what it stands at has changed since.
    """

    number: int
    version: int
    text: str
    by: str
    item: str = ""
    asks_change: bool = False
    answer: str = ""
    answered_in: int | None = None
    answered_by: str = ""
    followed: bool | None = None
    touched: bool = False


@dataclass(frozen=True)
class FieldChange:
    label: str | Promise
    removed: Sequence[str]
    added: Sequence[str]


@dataclass(frozen=True)
class ItemChange:
    key: str
    title: str
    fields: Sequence[FieldChange]


@dataclass(frozen=True)
class Changes:
    """From version `since` to the one that is shown."""

    since: int
    fields: Sequence[FieldChange]
    added: Sequence[Mapping[str, Any]]
    removed: Sequence[Mapping[str, Any]]
    changed: Sequence[ItemChange]

    @property
    def nothing(self) -> bool:
        return not (self.fields or self.added or self.removed or self.changed)

    @cached_property
    def marks(self) -> Mapping[str, str]:
        """`added` or `changed` by the item's key."""
        return {item["key"]: "added" for item in self.added} | {item.key: "changed" for item in self.changed}


@dataclass(frozen=True)
class Item:
    """One item as it is shown. `worker` would do it now; `box` is the field to comment on it."""

    key: str
    title: str
    content: Mapping[str, Any]
    needs: Sequence[str]
    worker: str
    mark: str
    remarks: Sequence[Remark]
    box: Any = None

    def with_box(self, box: Any) -> "Item":
        return replace(self, box=box)


@dataclass
class PlanPage:
    plan: Plan
    version: PlanVersion
    versions: Sequence[PlanVersion]
    request: ApprovalRequest | None
    desk: Desk | None
    may_change: bool
    items: Sequence[Item]
    changes: Changes | None
    remarks: Sequence[Remark]
    streams: str
    history: Sequence[Mapping[str, Any]]
    form: Any = None
    stale: bool = False
    others: Sequence[PlanVersion] = field(default_factory=list)

    @property
    def can_decide(self) -> bool:
        return self.desk is not None and self.desk.can_decide

    @property
    def may_edit(self) -> bool:
        """Whether a next version by hand would be taken."""
        open_ = self.plan.status in (PlanStatus.DRAFT, *WAITING, PlanStatus.REVISION_REQUESTED)
        return self.may_change and self.is_current and open_

    @property
    def cost(self) -> float | None:
        """The sum of the items' estimates, where every item has one."""
        costs = [item.get("estimated_cost") for item in self.content["items"]]
        return None if any(each is None for each in costs) else sum(costs)

    @property
    def content(self) -> Mapping[str, Any]:
        return self.version.content

    @property
    def is_current(self) -> bool:
        return self.version.pk == self.plan.current_id


def plan_page(user: Any, pk: Any, *, number: int | None = None, since: int | None = None) -> PlanPage:
    """The plan at version `number` (default: the current one), compared with `since` (default: the one that was sent
    back last, so that whoever asked for changes sees them). Raises NotFound.
    """
    plan = fetch(plans(user).select_related("team"), user, pk=pk)
    streams = followed(user, "inbox", *([f"workflow:{plan.subject_id}"] if plan.subject_id else []))
    every = list(versions(user, plan))
    shown = _at(every, number) or plan.current
    requests = list(requests_of(plan))
    if since is None:
        since = _sent_back(requests, shown)
    before = _at(every, since)
    changes = _changes(before, shown) if before and before.pk != shown.pk else None
    remarks = _remarks(plan, every, shown)
    request = requests[-1] if requests else None
    keys = {item["key"] for item in shown.content["items"]}
    return PlanPage(
        plan=plan,
        version=shown,
        versions=every,
        request=request,
        desk=desk_of(user, plan, request) if shown.pk == plan.current_id and _waits(plan, request) else None,
        may_change=may(user, "change", plan),
        items=_items(plan, shown.content, changes, remarks),
        changes=changes,
        remarks=[remark for remark in remarks if remark.item not in keys],
        history=history_of(plan),
        streams=streams,
        others=[each for each in every if each.pk != shown.pk],
    )


def _at(every: Sequence[PlanVersion], number: int | None) -> PlanVersion | None:
    return next((each for each in every if each.number == number), None)


def _waits(plan: Plan, request: ApprovalRequest | None) -> bool:
    return plan.status in WAITING and request is not None and request.status == RequestStatus.PENDING


def _sent_back(requests: Sequence[ApprovalRequest], shown: PlanVersion) -> int | None:
    earlier = (
        each.version.number
        for each in requests
        if each.status == RequestStatus.CHANGES_REQUESTED
        and each.version
        and each.version.number < shown.number
    )
    return max(earlier, default=None)


def _remarks(plan: Plan, every: Sequence[PlanVersion], shown: PlanVersion) -> list[Remark]:
    """Everything that was said, oldest first."""
    content = {version.pk: version.content for version in every}
    return [
        Remark(
            number=each.number,
            version=each.version.number,
            text=each.text,
            by=each.author_name,
            item=each.item,
            asks_change=each.asks_change,
            answer=each.answer,
            answered_in=each.answered_in.number if each.answered_in else None,
            answered_by=each.answered_by,
            followed=each.followed,
            touched=bool(each.item)
            and _item_of(content[each.version_id], each.item) != _item_of(shown.content, each.item),
        )
        for each in comments(plan).defer("version__content", "answered_in__content")
    ]


def _item_of(content: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    return next((item for item in content["items"] if item["key"] == key), None)


def _items(
    plan: Plan, content: Mapping[str, Any], changes: Changes | None, remarks: Sequence[Remark]
) -> list[Item]:
    members = active_members(plan.team)
    workers = {role: for_role(members, role) for role in {item["role"] for item in content["items"]}}
    titles = {item["key"]: item["title"] for item in content["items"]}
    at: dict[str, list[Remark]] = defaultdict(list)
    for remark in remarks:
        at[remark.item].append(remark)
    return [
        Item(
            key=item["key"],
            title=item["title"],
            content=item,
            needs=[titles[key] for key in item["depends_on"] if key in titles],
            worker=str(by_name(members, item.get("persona", "")) or workers[item["role"]] or ""),
            mark=changes.marks.get(item["key"], "") if changes else "",
            remarks=at.get(item["key"], []),
        )
        for item in content["items"]
    ]


def _changes(before: PlanVersion, after: PlanVersion) -> Changes:
    found = diff(before.content, after.content)
    titles = {item["key"]: item["title"] for item in (*before.content["items"], *after.content["items"])}
    changed = found["changed"]
    return Changes(
        since=before.number,
        fields=_fields(found["fields"], titles),
        added=found["added"],
        removed=found["removed"],
        changed=[ItemChange(each["key"], each["title"], _fields(each["fields"], titles)) for each in changed],
    )


def _fields(changes: Mapping[str, Sequence[Any]], titles: Mapping[str, str]) -> list[FieldChange]:
    return [
        _field(
            LABELS.get(name, name), *(_lines(value, titles if name == "depends_on" else {}) for value in pair)
        )
        for name, pair in changes.items()
    ]


def _field(label: str | Promise, old: Sequence[str], new: Sequence[str]) -> FieldChange:
    return FieldChange(
        label, [each for each in old if each not in new], [each for each in new if each not in old]
    )


def _lines(value: Any, titles: Mapping[str, str]) -> list[str]:
    """A list or a text as lines; keys of items are shown by their titles."""
    lines = value if isinstance(value, list) else str(value or "").splitlines()
    return [titles.get(line, line) for line in lines if line.strip()]
