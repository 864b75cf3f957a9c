"""What every admin page has in common: who may see what, and that nothing is written but by a command.

An admin shows the rows that `.permitted()` shows, and allows what a role's `resource:action` codes allow. A `ReadOnlyAdmin`
changes nothing. A `ServiceAdmin` hands what its form holds to commands; what a command refuses is said in the form.
"""

import re
from collections.abc import Callable
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, Model, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import DomainError

type Refusal = DomainError | ValidationError
_FAMILIES = re.compile(r"([^aeiou])ys$")
ALWAYS_SHOWN = ("id", "created_at", "updated_at")


def command(description: Any, permission: str = "operate") -> Callable[[Any], Any]:
    """Decorate an action that carries out a command: on lists, and on the page of one thing."""
    location = (admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM)
    return admin.action(description=description, permissions=[permission], location=location)


class PlatformAdminSite(admin.AdminSite):
    """Django's admin behind the platform's own doors: one way in, one way out, one place for passwords."""

    site_header = site_title = _("AI Secretary Team administration")
    index_title = _("Administration")
    site_url = "/"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")  # it counts, shows and deletes rows as no command does

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:  # and yet not let in
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), settings.LOGIN_URL)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("sign-out"), preserve_request=True)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise Http404


class PlatformAdmin(admin.ModelAdmin):
    """Rows that the user may see. `resource` is that of the `resource:action` codes; without one, superusers only."""

    resource: ClassVar[str] = ""
    list_per_page = 50
    show_full_result_count = False

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        _translate_names(model)

    def allowed(self, request: HttpRequest, action: str, obj: Model | None = None) -> bool:
        """Whether the user may do `action` at all or, given one, with `obj`."""
        user: Any = request.user
        if not (user.is_active and user.is_staff):
            return False
        if user.is_superuser:
            return True
        if not self.resource or f"{self.resource}:{action}" not in user.permission_codes:
            return False
        return obj is None or self._permitted(request, action).filter(pk=obj.pk).exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self._permitted(request, "view")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request, "view")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.allowed(request, "view", obj)

    def has_operate_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.allowed(request, "operate", obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        names = {field.name for field in self.model._meta.concrete_fields} - set(self.exclude or ())
        shown = [name for name in ALWAYS_SHOWN if name in names and obj is not None]
        return tuple(dict.fromkeys([*super().get_readonly_fields(request, obj), *shown]))

    def formfield_for_foreignkey(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(
            db_field, request, **self._choosable(db_field, request) | kwargs
        )

    def formfield_for_manytomany(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **self._choosable(db_field, request) | kwargs
        )

    def _choosable(self, db_field: Any, request: HttpRequest) -> dict[str, QuerySet]:
        target = db_field.remote_field.model
        if not self.admin_site.is_registered(target):
            return {}
        return {"queryset": self.admin_site.get_model_admin(target).get_queryset(request)}

    def _permitted(self, request: HttpRequest, action: str) -> QuerySet:
        rows: Any = super().get_queryset(request)
        return rows.permitted(request.user, action) if hasattr(rows, "permitted") else rows


class ReadOnlyAdmin(PlatformAdmin):
    """What no command changes, the admin does not change either."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class ServiceAdmin(PlatformAdmin):
    """Writes through commands. A subclass overrides `create`, `update` and `delete` as far as there are commands for them."""

    def create(self, actor: Any, **fields: Any) -> Model:
        """Carry out the command that makes one; `fields` is what the form holds, other rows as their ids."""
        raise NotImplementedError

    def update(self, actor: Any, obj: Any, **changes: Any) -> Any:
        """Carry out the command that changes `obj`; `changes` is what was changed in the form."""
        raise NotImplementedError

    def delete(self, actor: Any, obj: Any) -> None:
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._overrides("create") and self.allowed(request, "create")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._overrides("update") and self.allowed(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._overrides("delete") and self.allowed(request, "delete", obj)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        if change:
            self.update(request.user, obj, **_given(form, form.changed_data))
        else:
            made = self.create(request.user, **_given(form, form.cleaned_data))
            obj.pk, obj._state.adding = made.pk, False

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: Any, change: bool) -> None:
        """The command has done it."""

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self.delete(request.user, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list, dict, set, list]:
        """Only the thing itself: what goes with it, the command knows."""
        names = [str(obj) for obj in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (DomainError, ValidationError) as refusal:
            if request.method != "POST" or hasattr(request, "refusal"):
                raise
            request.refusal = refusal  # the same form once more, now saying why
            return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, *args, **kwargs)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
            return HttpResponseRedirect(reverse(name, args=[object_id]))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return _refusing(form, request.refusal) if hasattr(request, "refusal") else form

    def with_each(
        self, request: HttpRequest, rows: QuerySet[Any], command: Callable[[Any, Any], Any]
    ) -> None:
        """Carry out `command(actor, row)` with each row; say how many it was, and what was refused and why."""
        done = 0
        for row in rows:
            try:
                command(request.user, row)
            except DomainError as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.ERROR)
            else:
                done += 1
        if done:
            self.message_user(request, gettext("Done: %d.") % done)

    @classmethod
    def _overrides(cls, name: str) -> bool:
        return getattr(cls, name) is not getattr(ServiceAdmin, name)


def _given(form: ModelForm, names: Any) -> dict[str, Any]:
    return {name: _as_id(form.cleaned_data[name]) for name in names if name in form.cleaned_data}


def _as_id(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    return [row.pk for row in value] if isinstance(value, QuerySet) else value


def _refusing(form: type[ModelForm], refusal: Refusal) -> type[ModelForm]:
    """The form, refusing everything with what the command said, at the fields it named."""

    class Refusing(form):  # type: ignore[valid-type, misc]
        def clean(self: Self) -> Any:
            cleaned = super().clean()
            for name, texts in _complaints(refusal):
                for text in texts:
                    self.add_error(name if name in self.fields else None, str(text))
            return cleaned

    return Refusing


def _complaints(refusal: Refusal) -> list[tuple[str, list[Any]]]:
    if isinstance(refusal, ValidationError):
        named = refusal.message_dict if hasattr(refusal, "error_dict") else {"": refusal.messages}
        return list(named.items())
    named = {name: texts for name, texts in refusal.details.items() if isinstance(texts, list)}
    return list(named.items()) or [("", [refusal])]


def _translate_names(model: type[Model]) -> None:
    """Let the names that Django makes of identifiers be translated. Neither migrations nor English see a difference."""
    for named in (model._meta, *model._meta.concrete_fields, *model._meta.many_to_many):
        for attribute in ("verbose_name", "verbose_name_plural"):
            name = getattr(named, attribute, None)
            if isinstance(name, str):
                setattr(named, attribute, _(_FAMILIES.sub(r"\1ies", name)))
