"""guardian's pages for the permissions on one thing, writing through the command."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from guardian.admin import (
    AdminGroupObjectPermissionsForm,
    AdminUserObjectPermissionsForm,
    GuardedModelAdminMixin,
)

from foundation.accounts.services import access_set
from foundation.accounts.words import LEVEL_WORDS
from foundation.core.errors import DomainError


class Sharing(GuardedModelAdminMixin):
    """Mixin of an admin whose model has object permissions. Whoever may manage a thing may share it."""

    def get_obj_perms_manage_user_form(self, request: HttpRequest) -> type[AdminUserObjectPermissionsForm]:
        return type("UserAccessForm", (_UserAccessForm,), {"actor": request.user})

    def get_obj_perms_manage_group_form(self, request: HttpRequest) -> type[AdminGroupObjectPermissionsForm]:
        return type("GroupAccessForm", (_GroupAccessForm,), {"actor": request.user})

    def obj_perms_manage_view(self, request: HttpRequest, object_pk: str) -> HttpResponse:
        return self._asked(request, object_pk, super().obj_perms_manage_view, object_pk)

    def obj_perms_manage_user_view(self, request: HttpRequest, object_pk: str, user_id: str) -> HttpResponse:
        return self._asked(request, object_pk, super().obj_perms_manage_user_view, object_pk, user_id)

    def obj_perms_manage_group_view(
        self, request: HttpRequest, object_pk: str, group_id: str
    ) -> HttpResponse:
        return self._asked(request, object_pk, super().obj_perms_manage_group_view, object_pk, group_id)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # guardian asks this before its own pages; what may be shared need not be changeable in a form.
        return getattr(request, "sharing", False) or super().has_change_permission(request, obj)

    def _asked(self, request: HttpRequest, object_pk: str, view: Any, *args: str) -> HttpResponse:
        obj = self.get_object(request, object_pk)
        if obj is None:
            raise Http404
        if not self.allowed(request, "change", obj):
            raise PermissionDenied
        request.sharing = True
        try:
            return view(request, *args)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.path)


class _Levels:
    """Levels to choose from; the highest one that is chosen counts."""

    obj: Any

    def get_obj_perms_field_choices(self) -> list[tuple[str, Any]]:
        return [(f"{level}_{self.obj._meta.model_name}", word) for level, word in LEVEL_WORDS.items()]


class _UserAccessForm(_Levels, AdminUserObjectPermissionsForm):
    actor: Any

    def save_obj_perms(self) -> None:
        chosen = self.cleaned_data[self.get_obj_perms_field_name()]
        access_set(self.actor, self.obj, to=self.user, codenames=chosen)


class _GroupAccessForm(_Levels, AdminGroupObjectPermissionsForm):
    actor: Any

    def save_obj_perms(self) -> None:
        chosen = self.cleaned_data[self.get_obj_perms_field_name()]
        access_set(self.actor, self.obj, to=self.group, codenames=chosen)
