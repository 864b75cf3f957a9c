"""What the decision on a plan, or on anything else that waits, takes in."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.core.forms import CommandForm
from plans.models import ApprovalRequest, Plan
from plans.services import (
    Decision,
    Effect,
    Origin,
    Remember,
    channel_create,
    plan_comment,
    plan_decide,
    request_decide,
)

LONGEST = 5000
OF_ITEM = "comment-"
COMMENT = "comment"
OF_PLAN = (Decision.APPROVE, Decision.REQUEST_CHANGES, Decision.REJECT)


class DecideForm(CommandForm):
    """A decision on the version that was read, with a comment, and one on each item."""

    decision = forms.ChoiceField(
        choices=[*((each.value, each.value) for each in OF_PLAN), (COMMENT, COMMENT)]
    )
    content_hash = forms.CharField(max_length=64, widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 1})
    )

    def __init__(self, plan: Plan, items: Mapping[str, str], *args: Any, **kwargs: Any) -> None:
        """`items` are the titles of the plan's items by key."""
        super().__init__(*args, **kwargs)
        self.plan = plan
        for key, title in items.items():
            self.fields[OF_ITEM + key] = forms.CharField(
                label=_("Comment on “%s”") % title,
                required=False,
                max_length=LONGEST,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def box(self, key: str) -> Any:
        return self[OF_ITEM + key]

    def remarks(self) -> list[dict[str, Any]]:
        """`{item, text}` of each item that was commented on."""
        given = {
            name.removeprefix(OF_ITEM): text
            for name, text in self.cleaned_data.items()
            if name.startswith(OF_ITEM)
        }
        return [{"item": key, "text": text.strip()} for key, text in given.items() if text.strip()]

    def decide(self, user: Any, origin: Origin) -> Plan:
        """Raises Conflict (`plan_changed`, `already_decided`), Invalid, Forbidden."""
        return plan_decide(
            user,
            self.plan,
            self.cleaned_data["decision"],
            content_hash=self.cleaned_data["content_hash"],
            comment=self.cleaned_data["comment"],
            comments=self.remarks(),
            origin=origin,
        )

    def say(self, user: Any) -> int:
        """Keep the comments without deciding; returns how many there were."""
        said = [{"item": "", "text": self.cleaned_data["comment"]}, *self.remarks()]
        said = [each for each in said if each["text"].strip()]
        for each in said:
            plan_comment(user, self.plan, version=self.plan.current, **each)
        return len(said)


class JsonField(forms.CharField):
    """A JSON object, as text."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text.strip():
            return None
        try:
            found = json.loads(text, parse_constant=_refuse)
        except ValueError as error:
            raise forms.ValidationError(_("This is no JSON: %(why)s") % {"why": error}) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_("A JSON object is needed."))
        return found


def _refuse(word: str) -> None:
    raise ValueError(word)


class AnswerForm(CommandForm):
    """A decision on whatever is not a plan. What its kind does not ask for is not there."""

    decision = forms.ChoiceField(choices=Decision.choices)
    content_hash = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    answer = forms.CharField(
        label=_("Answer"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    arguments = JsonField(
        label=_("Arguments"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        help_text=_("Change them here if the call should be made differently."),
    )
    remember = forms.ChoiceField(
        label=_("The next time"), required=False, widget=forms.RadioSelect, initial=Remember.NO
    )
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, request: ApprovalRequest, *args: Any, rule_for: str = "", **kwargs: Any) -> None:
        """`rule_for` names the secretary for whom the person may make a rule of it, if they may."""
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["remember"].choices = _lasting(rule_for)
        kind, choices = request.kind, request.payload.get("choices")
        if kind not in (ApprovalRequest.Kind.TOOL_CALL, ApprovalRequest.Kind.BUDGET):
            del self.fields["arguments"]
        if kind != ApprovalRequest.Kind.TOOL_CALL:
            del self.fields["remember"]
        if kind == ApprovalRequest.Kind.QUESTION and choices:
            self.fields["answer"] = forms.ChoiceField(
                label=_("Answer"),
                choices=[(each, WORDS.get(each, each)) for each in choices],
                widget=forms.RadioSelect,
            )
        elif kind != ApprovalRequest.Kind.QUESTION:
            self.fields["answer"].widget = forms.HiddenInput()

    def decide(self, user: Any, origin: Origin) -> ApprovalRequest | None:
        given = dict(self.cleaned_data)
        decision = given.pop("decision")
        # An effect's three buttons say what became of it: `answer:happened`.
        remember = given.pop("remember", "")
        if remember and decision == Decision.APPROVE:
            given["remember"] = remember
        if decision != Decision.APPROVE:
            given.pop("arguments", None)
        return self.run(lambda: request_decide(user, self.request, decision, origin=origin, **given))


WORDS = {
    "another_round": _("Another round"),
    "stop": _("Stop here"),
    Effect.HAPPENED: _("It happened"),
    Effect.NOT_HAPPENED: _("It did not happen"),
}


def _lasting(rule_for: str) -> list[tuple[str, Any]]:
    words: list[tuple[str, Any]] = [
        (Remember.NO, _("Ask again")),
        (Remember.RUN, _("Do not ask again for this tool in this run")),
    ]
    by_rule = _("From now on %(name)s may call this tool without asking")
    return [*words, (Remember.RULE, by_rule % {"name": rule_for})] if rule_for else words


class HandOverForm(CommandForm):
    to = forms.CharField(label=_("Hand over to (user name)"), max_length=150)
    comment = forms.CharField(label=_("Comment"), required=False, max_length=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "hand-over-%s"} | kwargs)  # it stands beside another form


class TemplateForm(CommandForm):
    name = forms.CharField(label=_("Name of the template"), max_length=200)


class ChannelForm(CommandForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    address = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "As Apprise writes it, such as mailto://…, slack://…, line://…, tgram://…, ntfy://… or jsons://…"
        ),
    )
    quiet_from = forms.TimeField(
        label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    quiet_to = forms.TimeField(
        label=_("until"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )

    def save(self, user: Any) -> Any:
        return self.run(lambda: channel_create(user, **self.cleaned_data))
