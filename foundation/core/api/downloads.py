"""Files that are made for one answer, sent piece by piece."""

from collections.abc import AsyncIterator
from typing import IO

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse

PIECE = 64 * 1024


def as_download(file: IO[bytes], *, name: str, media_type: str) -> StreamingHttpResponse:
    """`file` as an attachment; it is closed when it was sent, or when the client went away."""
    response = StreamingHttpResponse(_pieces(file), content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def as_file(content: bytes, *, name: str, media_type: str) -> HttpResponse:
    """Something small as an attachment."""
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await sync_to_async(file.read)(PIECE):
            yield piece
    finally:
        file.close()
