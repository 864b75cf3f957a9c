"""Writing a plan by hand on a page: the whole document as one form, with as many items as one likes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.core.forms import CommandForm, LinesField
from personas.models import Persona

MOST_ITEMS = 500
LINES = ("timeline", "resources", "success_criteria", "risks")
NAMES = (
    "key", "title", "role", "persona", "depends_on", "instructions", "acceptance", "queries", "estimated_cost",
)  # fmt: skip
EMPTY: dict[str, Any] = {"title": "", "role": ""}


def _text(label: Any, rows: int, **options: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=False, widget=area, max_length=20_000, **options)


def _lines(label: Any) -> LinesField:
    return LinesField(
        label=label, required=False, help_text=_("One to a line."), widget=forms.Textarea(attrs={"rows": 3})
    )


class PlanForm(CommandForm):
    """`count` is how many items the form has; those that were taken out are left blank by `remove`."""

    content_hash = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    count = forms.IntegerField(min_value=1, max_value=MOST_ITEMS, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=300)
    objective = _text(_("Objective"), 3)
    scope = _text(_("Scope"), 3)
    timeline = _lines(_("Timeline"))
    resources = _lines(_("Resources"))
    success_criteria = _lines(_("Success criteria"))
    risks = _lines(_("Risks"))

    def __init__(
        self, content: Mapping[str, Any], members: Sequence[Persona], data: Any = None, **kwargs: Any
    ) -> None:
        """`content` is the plan to begin from; `members` are who could do it."""
        items = [dict(item) for item in content.get("items", ())] or [EMPTY]
        count = _count(data) if data is not None else len(items)
        initial = {"count": count} | {name: content.get(name) for name in self.base_fields if name in content}
        super().__init__(data, initial=initial | kwargs.pop("initial", {}), **kwargs)
        self.content, self.members, self.numbers = content, members, range(count)
        for number in self.numbers:
            self._add_item(number, items[number] if number < len(items) else EMPTY)

    def _add_item(self, number: int, item: Mapping[str, Any]) -> None:
        roles = sorted({each.role for each in self.members} | ({item["role"]} if item.get("role") else set()))
        names = [each.name for each in self.members]
        fields: dict[str, forms.Field] = {
            "key": forms.CharField(required=False, max_length=40, widget=forms.HiddenInput),
            "title": forms.CharField(label=_("Title"), required=False, max_length=300),
            "role": forms.ChoiceField(label=_("Role"), choices=[(role, role) for role in roles])
            if self.members
            else forms.CharField(label=_("Role"), required=False, max_length=300),
            "persona": forms.ChoiceField(
                label=_("Secretary"),
                required=False,
                choices=[("", _("Whoever has the role")), *((name, name) for name in names)],
            ),
            "depends_on": forms.CharField(
                label=_("Builds on"), required=False, max_length=2000, help_text=_("Keys, with commas.")
            ),
            "instructions": _text(_("Instructions"), 2),
            "acceptance": _lines(_("Acceptance criteria")),
            "queries": _lines(_("Searches for")),
            "estimated_cost": forms.FloatField(
                label=_("Estimated cost (US$)"), required=False, min_value=0, max_value=1_000_000
            ),
        }
        for name, field in fields.items():
            value = item.get(name)
            field.initial = ", ".join(value) if name == "depends_on" and value else value
            field.required = False
            self.fields[f"item-{number}-{name}"] = field

    def items(self) -> list[dict[str, Any]]:
        """The bound fields of each item, by name, for the template."""
        return [
            {name: self[f"item-{number}-{name}"] for name in NAMES} | {"number": number}
            for number in self.numbers
        ]

    def written(self) -> dict[str, Any]:
        """The content as it was typed. What the form does not show (the kind of work) stays as it was."""
        given = self.cleaned_data
        document = {name: given[name] for name in ("title", "objective", "scope", *LINES)}
        written = [item for number in self.numbers if (item := self._item(number))]
        taken = {item["key"] for item in written if item["key"]}
        for item in written:
            item["key"] = item["key"] or _free(taken)
            taken.add(item["key"])
        return {"kind": self.content.get("kind", "generic")} | document | {"items": written}

    def _item(self, number: int) -> dict[str, Any] | None:
        given = {
            name.removeprefix(f"item-{number}-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith(f"item-{number}-")
        }
        if not given["title"].strip():
            return None
        given["depends_on"] = [
            key for key in given["depends_on"].replace("、", ",").replace(",", " ").split() if key
        ]
        return given

    def complain(self, details: Mapping[str, Any], message: str) -> None:
        """Show what was wrong with the content. `details` are sentences by place."""
        texts = [f"{place}: {text}" for place, text in details.items() if isinstance(text, str)]
        self.add_error(None, [message, *texts])


def changed(data: Any, action: str) -> Any:
    """The form's data after `add` (one blank item more) or `remove-<number>` (that item blank)."""
    given = data.copy()
    if action == "add":
        given["count"] = str(min(_count(data) + 1, MOST_ITEMS))
    elif action.startswith("remove-"):
        prefix = f"item-{action.removeprefix('remove-')}-"
        for name in [name for name in given if name.startswith(prefix)]:
            given[name] = ""
    return given


def _count(data: Any) -> int:
    text = str(data.get("count", ""))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 1
    return max(1, min(number, MOST_ITEMS))


def _free(taken: set[str]) -> str:
    number = len(taken) + 1
    while f"t{number}" in taken:
        number += 1
    return f"t{number}"
