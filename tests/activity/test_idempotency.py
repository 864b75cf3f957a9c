"""`Idempotency-Key`, through a small creating view of its own and real threads."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from foundation.accounts.models import User
from foundation.activity.idempotency import IdempotentCreate
from foundation.activity.models import IdempotencyRecord
from foundation.activity.services import record
from foundation.core.errors import Invalid


class _Create(IdempotentCreate, APIView):
    """Creates nothing but the record of it, which is enough to count."""

    def post(self, request: Request) -> Response:
        return self.create(request)

    def create_new(self, request: Request) -> Response:
        if request.data.get("bad"):
            raise Invalid
        event = record(request.user, "thing.created", request.user)
        return Response({"id": event["id"], "text": request.data.get("text", "")}, status=201)


def post(user: User, body: dict[str, Any], key: str | None = "k1", path: str = "/things/") -> Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    request = APIRequestFactory().post(path, body, format="json", headers=headers)
    force_authenticate(request, user)
    answer = _Create.as_view()(request)
    answer.render()
    return answer


def made() -> int:
    from foundation.activity.models import AuditEntry

    return AuditEntry.objects.filter(action="thing.created").count()


def test_a_repeat_gets_the_same_answer(owner: User) -> None:
    first, second = post(owner, {"text": "要件"}), post(owner, {"text": "要件"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert second["Idempotent-Replayed"] == "true"
    assert made() == 1


def test_without_a_key_everything_is_new(owner: User) -> None:
    assert post(owner, {}, key=None).data["id"] != post(owner, {}, key=None).data["id"]
    assert made() == 2


def test_a_key_for_another_request_is_refused(owner: User) -> None:
    post(owner, {"text": "a"})
    answer = post(owner, {"text": "b"})
    assert (answer.status_code, answer.data["error"]["code"]) == (409, "idempotency_key_reused")


def test_keys_of_others_and_of_other_addresses_do_not_meet(owner: User, stranger: User) -> None:
    ids = {
        post(owner, {}).data["id"],
        post(stranger, {}).data["id"],
        post(owner, {}, path="/others/").data["id"],
    }
    assert len(ids) == 3


def test_a_failed_creation_may_be_tried_again(owner: User) -> None:
    assert post(owner, {"bad": True}).status_code == 422
    assert IdempotencyRecord.objects.count() == 0
    assert post(owner, {"text": "now right"}).status_code == 201


def test_an_endless_key_is_refused(owner: User) -> None:
    assert post(owner, {}, key="k" * 201).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_creates_and_all_get_its_answer(owner: User) -> None:
    def one(_: int) -> tuple[int, str]:
        try:
            answer = post(owner, {"text": "at once"})
            return answer.status_code, answer.data["id"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(one, range(8)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert made() == 1


def test_another_file_of_the_same_name_is_another_request(owner: User) -> None:
    def upload(content: bytes) -> Response:
        file = SimpleUploadedFile("notes.md", content)
        request = APIRequestFactory().post(
            "/things/", {"file": file}, format="multipart", headers={"Idempotency-Key": "k1"}
        )
        force_authenticate(request, owner)
        return _Create.as_view(parser_classes=[MultiPartParser])(request)

    assert upload(b"one").status_code == 201
    assert upload(b"one")["Idempotent-Replayed"] == "true"
    assert upload(b"two").status_code == 409
