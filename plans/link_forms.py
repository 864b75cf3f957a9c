"""What the page of a one-time link takes in: one of the answers that its kind of request has, and the confirmation."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.core.forms import CommandForm
from plans.forms import LONGEST, WORDS
from plans.models import ApprovalRequest
from plans.services import Decision, Effect

Kind = ApprovalRequest.Kind
NEED_WORDS = (Decision.REJECT, Decision.REQUEST_CHANGES, Decision.ANSWER)
type Words = str | Promise


@dataclass(frozen=True)
class Option:
    """One button. `value` is the decision, with the answer behind a colon; `sure` is asked before it counts."""

    value: str
    label: Words
    sure: Words
    icon: str
    look: str = ""


OPTIONS: dict[str, tuple[Option, ...]] = {
    Kind.PLAN: (
        Option("approve", gettext_lazy("Approve"), gettext_lazy("Approve this plan?"), "check", "primary"),
        Option(
            "request_changes", gettext_lazy("Request changes"), gettext_lazy("Send this plan back?"), "pen"
        ),
        Option(
            "reject",
            gettext_lazy("Reject"),
            gettext_lazy("Reject this plan? The workflow ends with it."),
            "crossed",
            "danger",
        ),
    ),
    Kind.TOOL_CALL: (
        Option(
            "approve",
            gettext_lazy("Approve"),
            gettext_lazy("Let the tool be called once, with exactly these arguments?"),
            "check",
            "primary",
        ),
        Option(
            "reject",
            gettext_lazy("Reject"),
            gettext_lazy("Refuse this call? The secretary is told why, and goes on without it."),
            "crossed",
            "danger",
        ),
    ),
    Kind.BUDGET: (
        Option(
            "approve",
            gettext_lazy("Approve"),
            gettext_lazy("Raise the budget by what is said here, so that the work goes on?"),
            "check",
            "primary",
        ),
        Option(
            "reject",
            gettext_lazy("Reject"),
            gettext_lazy("Leave the budget as it is? The work stops, with your words as its reason."),
            "crossed",
            "danger",
        ),
    ),
    Kind.UNKNOWN_EFFECT: (
        Option(
            f"answer:{Effect.HAPPENED}",
            gettext_lazy("It happened"),
            gettext_lazy("Say that it happened? Then it is not done again."),
            "check",
        ),
        Option(
            f"answer:{Effect.NOT_HAPPENED}",
            gettext_lazy("It did not happen: do it again"),
            gettext_lazy("Say that it did not happen? Then it is done again."),
            "retry",
        ),
        Option(
            f"answer:{Effect.STOP}",
            gettext_lazy("Stop here"),
            gettext_lazy("Stop the task here?"),
            "stop",
            "danger",
        ),
    ),
}


def options(request: ApprovalRequest) -> tuple[Option, ...]:
    """A question has the answers that it offers, or one button beside the words that are written."""
    if request.kind != Kind.QUESTION:
        return OPTIONS[request.kind]
    offered = [str(each) for each in request.payload.get("choices", [])]
    if not offered:
        return (Option("answer", _("Answer"), _("Send this answer?"), "send", "primary"),)
    words = {each: str(WORDS.get(each, each)) for each in offered}
    return tuple(
        Option(f"answer:{each}", words[each], _("Answer “%s”?") % words[each], "comment") for each in offered
    )


class LinkForm(CommandForm):
    """What was chosen comes back hidden, to be confirmed. Arguments are not edited here, and nothing is remembered."""

    decision = forms.ChoiceField()
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sure = forms.CharField(required=False, max_length=3)

    def __init__(self, request: ApprovalRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = options(request)
        self.fields["decision"].choices = [(each.value, each.label) for each in self.options]
        if any(each.value == Decision.ANSWER for each in self.options):
            self.fields["comment"].label = _("Answer")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("decision") in NEED_WORDS and not given.get("comment", "").strip():
            bare = given["decision"] == Decision.ANSWER
            self.add_error(
                "comment", _("This is needed.") if bare else _("Say why, so that the author can act on it.")
            )
        return given

    @property
    def chosen(self) -> Option:
        return next(each for each in self.options if each.value == self.cleaned_data["decision"])

    @property
    def given(self) -> dict[str, str]:
        """`decision`, `answer` and `comment`, as the command takes them."""
        decision, _colon, answer = self.cleaned_data["decision"].partition(":")
        words = self.cleaned_data["comment"]
        if decision == Decision.ANSWER and not answer:
            return {"decision": decision, "answer": words, "comment": ""}
        return {"decision": decision, "answer": answer, "comment": words}

    @property
    def confirmed(self) -> bool:
        return self.cleaned_data["sure"] == "yes"

    def asking_again(self) -> "LinkForm":
        self.fields["comment"].widget = forms.HiddenInput()
        return self
