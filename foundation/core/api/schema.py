"""Pieces of the OpenAPI document that every room uses."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same body gets the same answer, and nothing is created twice.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that was read; 409 when it is no longer the current one.",
)


def tagged[V: type](tag: str) -> Callable[[V], V]:
    """Put all operations of a view under `tag`, written in both languages."""
    return extend_schema(tags=[tag])


ERROR = {
    "type": "object",
    "description": "The one shape of every error. The codes are listed in docs/api.md.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "example": "not_found"},
                "message": {"type": "string", "description": "For people, in their language."},
                "details": {"type": "object", "additionalProperties": {}},
            },
        }
    },
}
METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def describe_errors(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: whatever is not a success has the one error shape."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for path in result["paths"].values():
        for method in METHODS & path.keys():
            path[method]["responses"].setdefault("default", {"description": "Error", "content": content})
    return result
