"""Where a server is, and how it is started or called. Holds secrets: never shown, never logged."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ai_integration.mcp.signing.bearing import Bearer
from foundation.core.canonical import sha256_of

STDIO, HTTP = "stdio", "http"


@dataclass(frozen=True)
class Target:
    """`command` with `environment` (stdio), or `url` with `headers` (HTTP). `timeout` is in seconds, for one call.

    `grant` names the sign-in whose tokens `bearer` holds; both are empty where nobody signed in. `asks` says that its program
    asks models at our door (`ai_integration.mcp.door`).
    """

    server_id: UUID
    name: str
    transport: str
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    folder: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 60.0
    asks: bool = False
    grant: str = ""
    bearer: Bearer | None = field(default=None, repr=False, compare=False)

    @property
    def fingerprint(self) -> str:
        """Another one as soon as anything about the server is changed, so that an old session is not used any more."""
        told = [self.transport, self.command, self.environment, self.folder, self.url, self.headers]
        told += [self.grant] if self.grant else []
        return sha256_of(told)

    @property
    def secrets(self) -> list[str]:
        """What must not stand in any message, longest first."""
        given = [
            *self.environment.values(),
            *self.headers.values(),
            *(self.bearer.held if self.bearer else []),
        ]
        return sorted({each for each in given if len(each) >= 4}, key=len, reverse=True)

    def redacted(self, text: str) -> str:
        for each in self.secrets:
            text = text.replace(each, "•••")
        return text


@dataclass(frozen=True)
class Listed:
    """A tool as its server describes it. `digest` pins what was approved: name, description and schema."""

    name: str
    title: str
    description: str
    schema: dict[str, Any]
    hints: dict[str, Any]

    @property
    def digest(self) -> str:
        return sha256_of({"name": self.name, "description": self.description, "schema": self.schema})
