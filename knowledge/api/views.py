"""`vaults/`, `notes/`, `sources/` and `knowledge/search/`."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from foundation.accounts.api.sharing import Shares
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.api.throttling import RateLimitHeaders
from foundation.core.api.views import ReadViewSet
from knowledge import selectors, services
from knowledge.api import serializers


@tagged("知識 / Knowledge")
class VaultViewSet(IdempotentCreate, Shares):
    serializer_class = serializers.VaultSerializer
    search_fields = ("name", "path")
    filterset_fields = ("name",)
    rights: ClassVar = {"partial_update": "change", "destroy": "delete", "sync": "change"}

    def rows(self, user: Any) -> QuerySet:
        return selectors.vault_list(user)

    @extend_schema(
        request=serializers.VaultInput,
        responses={201: serializers.VaultSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Register a folder of notes; its first synchronisation starts at once."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        services.require_may_register(request.user)
        vault = services.vault_register(request.user, **self.checked(serializers.VaultInput))
        return self.answer(services.vault_request_sync(request.user, vault), status=201)

    @extend_schema(request=serializers.VaultChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        changes = self.checked(serializers.VaultChange)
        return self.answer(services.vault_update(request.user, self.get_object(), **changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget the vault. Its files stay as they are."""
        services.vault_remove(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(request=serializers.SyncInput, responses={202: serializers.VaultStatusSerializer})
    @action(detail=True, methods=["post"])
    def sync(self, request: Request, pk: str) -> Response:
        """Bring the index up to date with the files."""
        vault = services.vault_request_sync(
            request.user, self.get_object(), **self.checked(serializers.SyncInput)
        )
        status = selectors.vault_status(request.user, vault.pk)
        return self.answer(status, status=202, serializer=serializers.VaultStatusSerializer)

    @extend_schema(responses=serializers.VaultStatusSerializer)
    @action(detail=True)
    def status(self, request: Request, pk: str) -> Response:
        """How many notes are indexed, waiting, skipped and failed."""
        return self.answer(
            selectors.vault_status(request.user, pk), serializer=serializers.VaultStatusSerializer
        )


class MarkdownRenderer(BaseRenderer):
    """Only for the negotiation: the note's bytes are sent as they are."""

    media_type = "text/markdown"
    format = "md"
    render_style = "binary"

    def render(self, data: Any, *_args: Any, **_kwargs: Any) -> Any:
        return data


class NoteViewSet(ReadViewSet):
    serializer_class = serializers.NoteSerializer
    search_fields = ("path", "title")
    filterset_fields = ("vault", "status", "path")

    def rows(self, user: Any) -> QuerySet:
        return selectors.note_list(user)

    def get_renderers(self) -> list[BaseRenderer]:
        return [MarkdownRenderer(), JSONRenderer()] if self.action == "retrieve" else [JSONRenderer()]

    @extend_schema(
        responses={
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "application/json"): serializers.NoteDetailSerializer,
            304: OpenApiResponse(description="Unchanged (`If-None-Match`)."),
        }
    )
    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        """The note's Markdown as it is on the disk now, with its hash as `ETag`; JSON for `Accept: application/json`."""
        if request.accepted_renderer.format == "json":
            return self.answer(
                selectors.note_get(request.user, pk), serializer=serializers.NoteDetailSerializer
            )
        file = selectors.note_raw(request.user, pk)
        tag = f'"{file.sha256}"'
        headers = {"ETag": tag, "X-Content-Type-Options": "nosniff", "Vary": "Accept"}
        if tag in request.headers.get("If-None-Match", "").replace("W/", "").split(", "):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(file.data, content_type=f"text/markdown; charset={file.charset}", headers=headers)


@tagged("知識 / Knowledge")
class SourceViewSet(IdempotentCreate, Shares):
    search_fields = ("title", "file_name")
    filterset_fields = ("title",)
    rights: ClassVar = {"destroy": "delete"}
    throttle_scopes: ClassVar = {"create": "upload"}
    uploads: ClassVar = ("create",)
    codes: ClassVar = {"create": "source:create"}

    def rows(self, user: Any) -> QuerySet:
        return selectors.source_list(user)

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.SourceSerializer if self.action == "list" else serializers.SourceDetailSerializer

    @extend_schema(
        request={"application/json": serializers.SourceInput, "multipart/form-data": serializers.SourceInput},
        responses={201: serializers.SourceDetailSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Keep a pasted text, or an uploaded .md, .txt or .csv file, that workflows may cite."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        source = services.source_create(request.user, **self.checked(serializers.SourceInput))
        return self.answer(source, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.source_delete(request.user, self.get_object())
        return Response(status=204)


class SearchView(RateLimitHeaders, APIView):
    throttle_scopes: ClassVar = {"get": "search"}

    @extend_schema(
        operation_id="knowledge_search",
        parameters=[serializers.SearchQuery],
        responses=serializers.SearchResultSerializer,
    )
    def get(self, request: Request) -> Response:
        """Notes that hold every word of `q` (phrases in quotes), best first."""
        query = serializers.SearchQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        hits = selectors.search_notes(request.user, **query.validated_data)
        return Response(serializers.SearchResultSerializer(hits).data)
