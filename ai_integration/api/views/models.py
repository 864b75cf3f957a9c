"""`providers/`, `models/` and `credentials/`."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ai_integration import contexts, gateway, selectors, services
from ai_integration.api.serializers import models as serializers
from ai_integration.models import Credential
from foundation.accounts.api.sharing import Shares
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.api.throttling import RateLimitHeaders
from foundation.core.permissions import require_permission

TAG = "AIモデル / Models"


class View(RateLimitHeaders, APIView):
    def checked(self, serializer: type, request: Request) -> dict[str, Any]:
        given = serializer(data=request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data


@tagged(TAG)
class ProvidersView(View):
    @extend_schema(responses=serializers.ProviderList)
    def get(self, request: Request) -> Response:
        """Where models come from, and whether your work can use them."""
        return Response(serializers.ProviderList({"results": contexts.provider_states(request.user)}).data)


@tagged(TAG)
class ProviderTestView(View):
    throttle_scopes: ClassVar = {"post": "provider_test"}

    @extend_schema(request=serializers.ProofInput, responses=serializers.ProofSerializer)
    def post(self, request: Request, provider: str) -> Response:
        """Ask the provider. The answer is always 200; `ok` and `message` say how it went. Thirty a minute."""
        require_permission(request.user, "persona:create")
        given = self.checked(serializers.ProofInput, request)
        return Response(serializers.ProofSerializer(gateway.prove(request.user, provider, **given)).data)


@tagged(TAG)
class ModelsView(View):
    @extend_schema(responses=serializers.ModelsSerializer)
    def get(self, request: Request) -> Response:
        """What can be chosen: the built-in secretary, and what each connected server lists (a minute old at most)."""
        return Response(serializers.ModelsSerializer(contexts.models(request.user)).data)


@tagged(TAG)
class DefaultModelView(View):
    @extend_schema(responses=serializers.DefaultSerializer)
    def get(self, request: Request) -> Response:
        """Which model answers where none is named."""
        return Response(serializers.DefaultSerializer(selectors.default_model()).data)

    @extend_schema(request=serializers.DefaultInput, responses=serializers.DefaultSerializer)
    def put(self, request: Request) -> Response:
        """Choose it, for the whole installation. Needs `provider:change`."""
        require_permission(request.user, "provider:change")
        services.default_model_set(request.user, **self.checked(serializers.DefaultInput, request))
        return self.get(request)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Back to what AI_MODEL says."""
        services.default_model_reset(request.user)
        return Response(status=204)


@tagged(TAG)
class CredentialViewSet(IdempotentCreate, Shares):
    """Keys and addresses of providers. A key goes in and never comes out."""

    serializer_class = serializers.CredentialSerializer
    search_fields = ("provider", "label")
    filterset_fields = ("provider", "label", "shared")
    rights: ClassVar = {"partial_update": "change", "destroy": "delete"}
    codes: ClassVar = {"create": "credential:create"}

    def rows(self, user: Any) -> QuerySet[Credential]:
        return selectors.credentials(user)

    @extend_schema(
        request=serializers.CredentialInput,
        responses={201: serializers.CredentialSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """A new way to a provider: a key, an address, or both."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        made = services.credential_create(request.user, **self.checked(serializers.CredentialInput))
        return self.answer(made, status=201)

    @extend_schema(request=serializers.CredentialChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it. An address on another server needs its key again."""
        changes = self.checked(serializers.CredentialChange)
        return self.answer(services.credential_update(request.user, self.get_object(), **changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        services.credential_delete(request.user, self.get_object())
        return Response(status=204)
