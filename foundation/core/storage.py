"""Uploaded files in a bucket of S3 or of anything that speaks its protocol. Nothing in it is public, and no address of it
is handed out: whoever may see a file gets it from us, as with the local folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _
from storages.backends.s3 import S3Storage

from foundation.core.errors import Unavailable

AWAY = _("The storage for files does not answer at the moment. Nothing was changed.")
PATIENCE = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"total_max_attempts": 2},
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    # Checksums of the newest SDKs are unknown to many servers that are not Amazon's.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class ObjectStorage(S3Storage):
    """Raises FileNotFoundError as every storage does, and Unavailable when the bucket cannot be reached."""

    def get_default_settings(self) -> dict[str, Any]:
        ours = {
            "client_config": PATIENCE,
            "default_acl": None,
            "file_overwrite": True,
            "querystring_auth": True,
        }
        return super().get_default_settings() | ours

    def _open(self, name: str, mode: str = "rb") -> File:
        with _reachable():
            found = super()._open(name, mode)
            return ContentFile(found.read(), name=name)  # read here, where what goes wrong is understood

    def _save(self, name: str, content: File) -> str:
        with _reachable():
            return super()._save(name, content)

    def delete(self, name: str) -> None:
        with _reachable():
            super().delete(name)

    def exists(self, name: str) -> bool:
        """Also of a folder, which a bucket has as soon as something lies in it."""
        with _reachable():
            return super().exists(name) or any(super().listdir(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _reachable():
            return super().listdir(name)

    def get_modified_time(self, name: str) -> datetime:
        with _reachable():
            return super().get_modified_time(name)

    def url(self, name: str, *_: Any, **__: Any) -> str:
        raise NotImplementedError("Files are handed out by views, to those who may see their owner.")


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(AWAY, code="storage_unavailable") from error
