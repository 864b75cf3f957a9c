"""Signing in at servers of tools that ask for it: what came of it, and what is under way."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from ai_integration.models.tools import McpServer, ThroughServer
from foundation.core.crypto import EncryptedTextField
from foundation.core.models import BaseModel


class McpSignIn(BaseModel):
    """Who we are to a server's authorization server (`client`, JSON), and what it gave us (`tokens`, JSON, empty: nothing).

    `issuer` is the authorization server to which both belong. Each sign-in has a `grant` of its own, by which whoever holds
    its tokens finds out that they are gone. One process at a time refreshes: the one that set `refreshing_until`.
    """

    server = models.OneToOneField(McpServer, on_delete=models.CASCADE, related_name="sign_in")
    issuer = models.CharField(max_length=2000)
    client = EncryptedTextField()
    tokens = EncryptedTextField(blank=True, default="")
    grant = models.UUIDField(default=uuid4, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    refreshing_until = models.DateTimeField(null=True, blank=True, editable=False)
    signed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ThroughServer.as_manager()

    def __str__(self) -> str:
        return f"{self.server}: {self.issuer}"


class McpSignInAttempt(BaseModel):
    """A person was sent to an authorization server and has not come back yet.

    `digest` is that of the state that comes back with them, `session` that of the session which must bring it (empty: any of
    theirs). `kept` is JSON: what was found, the client, and the verifier.
    """

    server = models.ForeignKey(McpServer, on_delete=models.CASCADE, related_name="sign_in_attempts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    session = models.CharField(max_length=64, blank=True)
    kept = EncryptedTextField()
    expires_at = models.DateTimeField(db_index=True)

    objects = ThroughServer.as_manager()

    def __str__(self) -> str:
        return f"{self.server}: {self.user}"
