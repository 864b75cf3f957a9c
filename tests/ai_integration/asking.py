"""A server of tools that asks models, and somebody who knocks at its door."""

import http.client
import json
import threading
from typing import Any
from uuid import UUID

from ai_integration import gateway
from ai_integration.models import CallRecord
from ai_integration.services import Purpose
from tests.letting_go import let_go

MODEL = "compatible/stub"


def one(text: str, **more: Any) -> dict[str, Any]:
    """A request that asks the stub for `text`."""
    return {"model": MODEL, "messages": [{"role": "user", "content": text}]} | more


def call(
    owner: Any, key: str, *requests: dict[str, Any], subject: UUID | None = None, **more: Any
) -> CallRecord:
    about = {"owner_id": owner.pk, "subject_id": subject, "persona_name": "Ann"} | more
    asked = gateway.Asked("pal", "ask", {"requests": list(requests)})
    return gateway.call_tool(Purpose(key=key, job="tool", **about), asked)


def heard(made: CallRecord) -> list[Any]:
    """What the server heard, as `[status, body]` each."""
    assert made.answer["text"].startswith("["), made.answer
    return json.loads(made.answer["text"])


def asked_models() -> list[CallRecord]:
    return list(CallRecord.objects.filter(job="tool_model").order_by("created_at"))


def knock(
    place: str,
    headers: dict[str, str],
    *,
    path: str = "/v1/chat/completions",
    method: str = "POST",
    body: bytes | None = None,
) -> tuple[int, str]:
    """Status and code of an answer to somebody who is no server of ours."""
    line = http.client.HTTPConnection(place, timeout=30)
    try:
        line.putrequest(method, path, skip_host=True)
        content = json.dumps(one("hello")).encode() if body is None else body
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            line.putheader(name, value)
        line.endheaders(content)
        answer = line.getresponse()
        told = json.loads(answer.read())
        return answer.status, told.get("error", {}).get("code", "")
    finally:
        line.close()


def until_cancelled() -> None:
    """Until no question of a call that is over is under way any more."""
    waited = threading.Event()
    for _ in range(300):
        if not CallRecord.objects.filter(job="tool_model", status="started").exists():
            return
        waited.wait(0.1)
    raise AssertionError("A question is still under way.")


def letting_go(work: Any, *given: Any, **more: Any) -> Any:
    try:
        return work(*given, **more)
    finally:
        let_go()
