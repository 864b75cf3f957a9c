"""Where the pictures of personas lie, and how they are handed out."""

from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from foundation.core.errors import NotFound

FOLDER = "personas"
MEDIA_TYPE = "image/webp"
POLICY = "sandbox; default-src 'none'"


def place(pk: UUID, digest: str) -> str:
    """The file's name in the storage: of one picture, always the same."""
    return f"{FOLDER}/{pk}-{digest[:32]}.webp"


def content(persona: Any) -> bytes | None:
    """The picture's bytes; None when it has none, or when its file was lost."""
    if not persona.picture:
        return None
    try:
        with default_storage.open(place(persona.pk, persona.picture)) as file:
            return file.read()
    except FileNotFoundError:
        return None


def answer(request: HttpRequest, persona: Any) -> HttpResponse:
    """The picture, or 304 for those who have it. Raises NotFound when there is none."""
    if not persona.picture:
        raise NotFound
    tag = f'"{persona.picture[:32]}"'
    if tag in request.headers.get("If-None-Match", ""):
        return _private(HttpResponseNotModified(), tag)
    drawn = content(persona)
    if drawn is None:
        raise NotFound
    response = HttpResponse(drawn, content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'inline; filename="picture.webp"'
    return _private(response, tag)


def _private(response: HttpResponse, tag: str) -> HttpResponse:
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, max-age=86400"  # its address changes with it
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
