"""What the audit trail can be narrowed to."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.activity import selectors
from foundation.core.forms import Suggested

FIRST, LAST = date(1970, 1, 1), date(9000, 1, 1)
"""Beyond these, a change of time zone leads out of what a calendar can say."""
FORMS = (("jsonl", "JSON Lines"), ("csv", "CSV"))


class AuditFilterForm(forms.Form):
    who = forms.CharField(label=_("Done by"), max_length=100, required=False, widget=Suggested())
    action = forms.CharField(label=_("What was done"), max_length=80, required=False)
    kind = forms.CharField(label=_("Kind of thing"), max_length=60, required=False, widget=Suggested())
    object = forms.CharField(label=_("Its id"), max_length=64, required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, label_suffix="")
        self.fields["who"].widget.suggestions = [(name, name) for name in selectors.audit_people()]
        self.fields["kind"].widget.suggestions = [(name, name) for name in selectors.audit_kinds()]

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for, as it was written."""
        said = getattr(self, "cleaned_data", {})
        return {name: str(value) for name, value in said.items() if value}

    def narrowed(self) -> dict[str, Any]:
        """For `selectors.audit_narrowed`; both days are whole ones, in the platform's time zone."""
        said = dict(self.cleaned_data)
        until = said.pop("until")
        return {
            "object_id": said.pop("object"),
            "since": _begin(said.pop("since")),
            "until": _begin(min(until, LAST) + timedelta(days=1)) if until else None,
            **said,
        }


class AuditExportForm(AuditFilterForm):
    form = forms.ChoiceField(choices=FORMS)


def _begin(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(max(day, FIRST), time.min)) if day else None
