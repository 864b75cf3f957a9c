"""`personas/` and `persona-teams/`."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.accounts.api.sharing import Shares
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.images import portrait
from personas import icons, pictures, selectors, services
from personas.api import serializers
from personas.api.filters import PersonaFilter, PersonaTeamFilter
from personas.models import Persona, PersonaTeam
from personas.shapes import PersonaExport, PersonaInput, packed


@tagged("ペルソナ / Personas")
class PersonaViewSet(IdempotentCreate, Shares):
    """AI secretaries: role, personality, skills, model, tools."""

    serializer_class = serializers.PersonaSerializer
    filterset_class = PersonaFilter
    search_fields = ("name", "description")
    rights: ClassVar = {
        "update": "change",
        "partial_update": "change",
        "destroy": "delete",
        "set_icon": "change",
        "clear_icon": "change",
    }
    uploads: ClassVar = ("set_icon",)
    throttle_scopes: ClassVar = {
        "create": "persona_create",
        "import_persona": "persona_create",
        "set_icon": "upload",
    }
    codes: ClassVar = {"create": "persona:create", "import_persona": "persona:create"}

    def rows(self, user: Any) -> QuerySet[Persona]:
        return selectors.personas(user)

    @extend_schema(
        request=PersonaInput,
        responses={201: serializers.PersonaSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """A new persona. Ten a minute."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        persona = services.persona_create(request.user, **self.checked(PersonaInput))
        return self.shown(persona, status=201)

    @extend_schema(request=serializers.PersonaWhole)
    def update(self, request: Request, pk: str) -> Response:
        """Replace everything; what is not said is empty."""
        persona = self.get_object()
        fields = self.checked(serializers.PersonaWhole)
        return self.shown(services.persona_update(request.user, persona, **fields))

    @extend_schema(request=PersonaInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        persona = self.get_object()
        fields = self.checked(PersonaInput, partial=True)
        return self.shown(services.persona_update(request.user, persona, **fields))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.persona_delete(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(responses=PersonaExport)
    @action(detail=True)
    def export(self, request: Request, pk: str) -> Response:
        """The persona as JSON for another installation, its picture too: no ids, no owner, no secrets. It is on record."""
        persona = services.persona_export(request.user, self.get_object())
        return self.answer(packed(persona), serializer=PersonaExport)

    @extend_schema(
        request=PersonaExport,
        responses={201: serializers.PersonaSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=False, methods=["post"], url_path="import")
    def import_persona(self, request: Request) -> Response:
        """A new persona from what `export/` gave."""
        return self.dispatch_create(request, self._import)

    def _import(self, request: Request) -> Response:
        fields = self.checked(PersonaExport)["persona"]
        return self.shown(services.persona_import(request.user, **fields), status=201)

    @extend_schema(responses={(200, "image/webp"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True)
    def icon(self, request: Request, pk: str) -> HttpResponse:
        """The persona's own picture, 256 × 256 pixels. 404 when it has none: then `icon` names its preset."""
        return pictures.answer(request, self.get_object())

    @extend_schema(
        request={"application/json": serializers.IconInput, "multipart/form-data": serializers.IconUpload},
        responses={200: serializers.PersonaSerializer, 202: serializers.DrawingSerializer},
    )
    @icon.mapping.post
    def set_icon(self, request: Request, pk: str) -> Response:
        """Choose one of `icon-presets/`, upload a PNG, JPEG, WebP or GIF file (5 MB at most), or have one drawn (202).

        What is drawn comes when it is done, and tells so in the inbox's stream; if it fails, the old one stays.
        """
        persona = self.get_object()
        if request.FILES:
            upload = self.checked(serializers.IconUpload)["icon"]
            return self.shown(services.picture_set(request.user, persona, drawn=portrait(upload)))
        given = self.checked(serializers.IconInput)
        if "generate" in given:
            drawing = services.drawing_ask(request.user, persona, **given["generate"])
            return self.answer(drawing, status=202, serializer=serializers.DrawingSerializer)
        chosen = icons.reference(given["preset"])
        return self.shown(services.persona_update(request.user, persona, icon=chosen))

    @extend_schema(responses=serializers.DrawingSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def drawings(self, request: Request, pk: str) -> Response:
        """The latest pictures that were asked for, and how they stand."""
        rows = selectors.drawings(self.get_object())
        return Response(serializers.DrawingSerializer(rows, many=True).data)

    @extend_schema(responses={200: serializers.PersonaSerializer})
    @icon.mapping.delete
    def clear_icon(self, request: Request, pk: str) -> Response:
        """Back to the initial of the name."""
        return self.shown(services.picture_clear(request.user, self.get_object()))

    @extend_schema(responses=serializers.IconPresetList, filters=False)
    @action(detail=False, url_path="icon-presets", pagination_class=None)
    def icon_presets(self, request: Request) -> Response:
        """Icons that can be chosen by name."""
        return self.answer({"results": list(icons.PRESETS.values())}, serializer=serializers.IconPresetList)


@tagged("ペルソナのチーム / Persona teams")
class PersonaTeamViewSet(IdempotentCreate, Shares):
    """Personas that work together. A requirement that names no team goes to the default one."""

    serializer_class = serializers.PersonaTeamSerializer
    filterset_class = PersonaTeamFilter
    search_fields = ("name", "description")
    rights: ClassVar = {
        "update": "change",
        "partial_update": "change",
        "replace_members": "change",
        "add_members": "change",
        "destroy": "delete",
    }
    codes: ClassVar = {"create": "persona_team:create"}

    def rows(self, user: Any) -> QuerySet[PersonaTeam]:
        return selectors.persona_teams(user)

    @extend_schema(
        request=serializers.PersonaTeamNew,
        responses={201: serializers.PersonaTeamSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        team = services.team_create(request.user, **self.checked(serializers.PersonaTeamNew))
        return self.shown(team, status=201)

    @extend_schema(request=serializers.PersonaTeamWhole)
    def update(self, request: Request, pk: str) -> Response:
        team = self.get_object()
        fields = self.checked(serializers.PersonaTeamWhole)
        return self.shown(services.team_update(request.user, team, **fields))

    @extend_schema(request=serializers.PersonaTeamInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        team = self.get_object()
        fields = self.checked(serializers.PersonaTeamInput, partial=True)
        return self.shown(services.team_update(request.user, team, **fields))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the team; its personas stay."""
        services.team_delete(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(responses=serializers.PersonaSerializer(many=True), filters=False)
    @action(detail=True)
    def members(self, request: Request, pk: str) -> Response:
        rows = selectors.team_members(request.user, self.get_object())
        return self.listed(rows, serializers.PersonaSerializer)

    @extend_schema(request=serializers.MembersInput, responses=serializers.PersonaTeamSerializer)
    @members.mapping.put
    def replace_members(self, request: Request, pk: str) -> Response:
        """Exactly these."""
        team = self.get_object()
        return self.shown(services.team_update(request.user, team, **self.checked(serializers.MembersInput)))

    @extend_schema(request=serializers.MembersInput, responses=serializers.PersonaTeamSerializer)
    @members.mapping.post
    def add_members(self, request: Request, pk: str) -> Response:
        """These too."""
        team = self.get_object()
        given = self.checked(serializers.MembersInput)
        return self.shown(services.team_members_add(request.user, team, **given))
