"""The forms of the policy's page taken together: they become one policy, and its faults go to the fields they belong to."""

from collections.abc import Callable
from typing import Any

from django.http import QueryDict

from foundation.core.forms import CommandForm
from plans.policy import Approvers, Place, Policy, Unsound
from plans.policy_forms import ESCALATE, MOST_STEPS, PolicyForm, StepForm, WhoForm, offered


def _initial(who: Approvers) -> dict[str, Any]:
    return {
        "people": [str(pk) for pk in who.users],
        "roles": who.roles,
        "teams": [str(pk) for pk in who.teams],
        "needed": getattr(who, "needed", 1),
    }


def _beginning(policy: Policy) -> dict[str, Any]:
    """What the form shows of the policy as it stands."""
    hours = {"deadline_hours": f"{policy.deadline_hours:g}"} if policy.deadline_hours else {}
    return (
        policy.model_dump()
        | hours
        | {"auto": policy.auto is not None}
        | (policy.auto.model_dump() if policy.auto else {})
    )


class PolicySheet:
    """The forms of the page together. A button may add a step, take one out or move it up: then nothing is checked yet."""

    def __init__(self, user: Any, policy: Policy, data: QueryDict | None = None) -> None:
        self.policy, self.data, self.whom = policy, data, offered(user, policy)
        self.doing, _colon, at = (data.get("act", "save") if data else "").partition(":")
        keys = self._keys(at)
        self.head = self._form(PolicyForm, user, initial=_beginning(policy))
        known = dict(enumerate(policy.steps))
        self.steps = [
            self._form(
                StepForm, self.whom, prefix=f"step-{key}", initial=_initial(known.get(key, Approvers()))
            )
            for key in keys
        ]
        self.escalate = self._form(WhoForm, self.whom, prefix=ESCALATE, initial=_initial(policy.escalate_to))

    @property
    def sent(self) -> bool:
        return self.doing == "save"

    @property
    def full(self) -> bool:
        return len(self.steps) >= MOST_STEPS

    @property
    def refused(self) -> bool:
        return self.sent and any(form.errors for form in self._forms)

    @property
    def _forms(self) -> list[CommandForm]:
        return [self.head, *self.steps, *([self.escalate] if self._escalates else [])]

    @property
    def _escalates(self) -> bool:
        return self.head.is_bound and self.head.data.get("on_deadline") == ESCALATE

    def save(self, command: Callable[[dict[str, Any]], Any]) -> Any:
        """What the command makes of the policy, or None: then the forms say what is wrong, each at its field."""
        if not all(form.is_valid() for form in self._forms):
            return None
        return self.head.run(lambda: self._tried(command))

    def _tried(self, command: Callable[[dict[str, Any]], Any]) -> Any:
        try:
            return command(self._given())
        except Unsound as error:
            for place, words in error.found:
                self._complain(place, words)
        return None

    def _given(self) -> dict[str, Any]:
        plain = ("author_may_approve", "deadline_hours", "remind_hours", "on_deadline", "max_rounds")
        given = {name: self.head.cleaned_data[name] for name in plain}
        given["steps"] = [step.given for step in self.steps]
        if self._escalates:
            given["escalate_to"] = self.escalate.given
        kept = self.policy.auto.model_dump(mode="json") if self.policy.auto else None
        return given | {"auto": self.head.rule() if self.head.may_approve else kept}

    def _complain(self, place: Place, words: str) -> None:
        form: CommandForm = self.head
        if place[0] in ("steps", "escalate_to"):
            form = self.steps[int(place[1])] if place[0] == "steps" else self.escalate
            place = (*place[2 if place[0] == "steps" else 1 :], "people")
        elif place[0] == "auto":
            place = place[1:]
        name = {"users": "people"}.get(str(place[0]), str(place[0]))
        form.add_error(name if name in form.fields else None, words)

    def _keys(self, at: str) -> list[int]:
        """The steps in their order. Each has a number of its own, so that what was typed stays with its step."""
        if self.data is None:
            return list(range(len(self.policy.steps)))
        sent = [
            int(each)
            for each in self.data.getlist("step")
            if each.isascii() and each.isdigit() and len(each) < 4
        ]
        keys = list(dict.fromkeys(sent))[:MOST_STEPS]
        if self.doing == "add" and len(keys) < MOST_STEPS:
            keys.append(max(keys, default=len(self.policy.steps) - 1) + 1)
        place = next((number for number, key in enumerate(keys) if str(key) == at), None)
        if self.doing == "remove" and place is not None:
            keys.pop(place)
        if self.doing == "up" and place:
            keys[place - 1], keys[place] = keys[place], keys[place - 1]
        return keys

    def _form(self, form: type[CommandForm], about: Any, *, initial: dict[str, Any], **options: Any) -> Any:
        if self.data is None:
            return form(about, initial=initial, **options)
        bound = form(about, self.data, **options)
        return bound if self.sent else form(about, initial=_typed(bound, self.data, initial), **options)


def _typed(form: CommandForm, data: QueryDict, initial: dict[str, Any]) -> dict[str, Any]:
    """What was typed into the form; what it had, where nothing of it was sent, as for a step that is new."""
    fields = {name: (field, form.add_prefix(name)) for name, field in form.fields.items()}
    if not any(name in data for _field, name in fields.values()):
        return {"needed": 1} if form.prefix else initial
    return {name: field.widget.value_from_datadict(data, {}, at) for name, (field, at) in fields.items()}
