"""`Idempotency-Key` on creating POSTs: the same key and body get the same answer, and nothing is created twice."""

import hashlib
import json
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.activity.models import IdempotencyRecord
from foundation.core.errors import Conflict, Invalid

MAX_KEY = 200


class IdempotentCreate:
    """Mixin for viewsets whose `create` honours `Idempotency-Key`. The answer commits together with what it speaks of."""

    def dispatch_create(self, request: Request, create: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return create(request)
        if len(key) > MAX_KEY:
            raise Invalid(details={"Idempotency-Key": f"at most {MAX_KEY} characters"})
        return _once(request, key, create)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.dispatch_create(request, self.create_new)


def _once(request: Request, key: str, create: Any) -> Response:
    digest = _digest(request)
    place = {"user": request.user, "key": key, "route": request.path}
    stored = _stored(place, digest)
    if stored:
        return stored
    try:
        with transaction.atomic():
            response = create(request)
            body = json.loads(JSONRenderer().render(response.data))
            IdempotencyRecord.objects.create(
                **place, request_hash=digest, status=response.status_code, body=body
            )
            return response
    except IntegrityError:
        stored = _stored(place, digest)  # two at once: the other one won, and its answer is the answer
        if stored is None:
            raise
        return stored


def _digest(request: Request) -> str:
    """Of what was sent: the fields, and the bytes of each uploaded file."""
    fields = {name: value for name, value in request.data.items() if name not in request.FILES}
    digest = hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode())
    for name, file in sorted(request.FILES.items()):
        digest.update(name.encode())
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
    return digest.hexdigest()


def _stored(place: dict[str, Any], digest: str) -> Response | None:
    found = IdempotencyRecord.objects.filter(**place).first()
    if found is None:
        return None
    if found.request_hash != digest:
        raise Conflict("This Idempotency-Key was used for another request.", code="idempotency_key_reused")
    return Response(found.body, status=found.status, headers={"Idempotent-Replayed": "true"})
