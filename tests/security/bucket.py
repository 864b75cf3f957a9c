"""A bucket of a real server that speaks S3's protocol, on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer

KEY, SECRET, REGION = "testing", "testing", "us-east-1"


@dataclass(frozen=True)
class Bucket:
    """`url` is what MEDIA_STORAGE_URL takes; `client` speaks to the server directly."""

    name: str
    place: str
    client: Any

    @property
    def url(self) -> str:
        return f"s3://{KEY}:{SECRET}@{self.place}/{self.name}/files?region={REGION}&tls=0"

    def keys(self) -> list[str]:
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=self.name).get("Contents", [])]

    def empty(self) -> None:
        for key in self.keys():
            self.client.delete_object(Bucket=self.name, Key=key)


@contextmanager
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": REGION}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **options)
    name = f"hisho-{uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    try:
        yield Bucket(name, f"{host}:{port}", client)
    finally:
        server.stop()
