"""Forms that hand what they hold to one command, and show at the field what the command found wrong."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from foundation.core import soft_cache
from foundation.core.errors import DomainError, Forbidden, NotFound

ONCE_SECONDS = 24 * 3600


class CommandForm(forms.Form):
    """A form of a page. `run` carries out a command; its complaints become the form's own."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def run(self, command: Callable[[], Any]) -> Any:
        """What the command returns, or None when it refused. Forbidden and NotFound pass: no field can mend them."""
        try:
            return command()
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            self._complain(error)
        except ValidationError as error:  # a model's own check
            for name, texts in _by_field(error).items():
                self._add(name, texts)
        return None

    def _complain(self, error: DomainError) -> None:
        fields = {name: texts for name, texts in error.details.items() if isinstance(texts, list)}
        for name, texts in fields.items():
            self._add(name, texts)
        if not fields:
            self.add_error(None, str(error))

    def _add(self, name: str, texts: list[Any]) -> None:
        for text in texts:
            self.add_error(name if name in self.fields else None, str(text))


class OnceForm(CommandForm):
    """A form of this person that counts once, however often it is sent."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.initial = {"once": uuid4().hex} | self.initial

    def run_once(self, command: Callable[[], Any]) -> Any:
        """What the command returns; None when it refused, or when this form was sent before."""
        key = f"sent:{self.user.pk}:{self.cleaned_data['once'] or uuid4().hex}"
        if not soft_cache.is_first(key, ONCE_SECONDS):
            return None
        made = self.run(command)
        if made is None:
            soft_cache.forget(key)
        return made


class Suggested(forms.TextInput):
    """A line of text with suggestions: `(value, words)` pairs. Anything else may be written as well."""

    def __init__(self, suggestions: Iterable[tuple[str, str | Promise]] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.suggestions = list(suggestions)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field_id = f"{(attrs or {}).get('id', name)}_list"
        field = super().render(name, value, {**(attrs or {}), "list": field_id}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.suggestions)
        return format_html('{}<datalist id="{}">{}</datalist>', field, field_id, options)


class LinesField(forms.CharField):
    """A list of words, one to a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        text = value if isinstance(value, str) else ""
        return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Each line is checked by the command."""


def choices(rows: Any, empty: str | Promise | None = None) -> list[tuple[str, str | Promise]]:
    """`(id, name)` of each row, behind an empty choice when there is a word for it."""
    named: list[tuple[str, str | Promise]] = [(str(row.pk), str(row)) for row in rows]
    return named if empty is None else [("", empty), *named]


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
