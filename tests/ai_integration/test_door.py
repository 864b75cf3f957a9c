"""What a server of tools asks of models: paid by the tool call in progress, refused without one, and never with a key of ours."""

import http.client
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from ai_integration import gateway
from ai_integration.gateway import loop
from ai_integration.mcp import door
from ai_integration.models import Budget, CallRecord, McpServer, Reservation, Spending
from ai_integration.services import Purpose, budget_remove, budget_set, credential_create, default_model_set
from foundation.core.errors import DomainError
from tests.ai_integration.conftest import PAL_KEY
from tests.letting_go import let_go
from tests.stub import Asked, Raw, Stall, Stub
from tests.tool_servers import asker, close_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="its program is a script with a first line of its own"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_environment", "servers_closed"),
]
MODEL = "compatible/stub"
PICTURE = {"type": "image_url", "image_url": {"url": "data:"}}


def one(text: str, **more: Any) -> dict[str, Any]:
    """A request that asks the stub for `text`."""
    return {"model": MODEL, "messages": [{"role": "user", "content": text}]} | more


@pytest.fixture
def server(owner: Any, serving: Stub, settings: Any, tmp_path: Path) -> McpServer:
    settings.DATA_DIR = tmp_path / "data"
    serving.script = lambda asked: f"answer to {asked.messages[-1]['content']}"
    credential_create(owner, provider="compatible", base_url=serving.url, api_key=PAL_KEY, shared=True)
    default_model_set(owner, model="compatible:stub")
    return asker(owner, tmp_path / "asker")


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


def test_it_is_paid_by_the_tool_call_in_progress(server: McpServer, owner: Any, serving: Stub) -> None:
    subject, persona, project = uuid4(), uuid4(), uuid4()
    made = call(owner, "k", one("hello"), subject=subject, persona_id=persona, project_id=project)
    [(status, body)] = heard(made)
    assert (status, body["choices"][0]["message"]["content"]) == (200, "answer to hello")
    assert body["usage"] == {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    [record] = asked_models()
    assert (record.owner, record.subject_id, record.persona_id) == (owner, subject, persona)
    assert (record.project_id, record.persona_name) == (project, "Ann")
    assert (record.provider, record.model, record.status) == ("compatible", "stub", "finished")
    assert (record.tokens_in, record.tokens_out) == (11, 7)
    assert record.key.startswith("k:ask:")
    assert record.context == {"tool": "pal/ask", "tool_call": str(made.pk)}
    assert serving.keys == [f"Bearer {PAL_KEY}"]


def test_its_program_holds_no_key_and_no_address_of_a_provider(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    made = gateway.call_tool(
        Purpose(key="e", job="tool", owner_id=owner.pk), gateway.Asked("pal", "environment")
    )
    held = json.loads(made.answer["text"])
    assert PAL_KEY not in made.answer["text"]
    assert serving.url not in made.answer["text"]
    place = urlsplit(held["CUSTOM_API_URL"])
    assert (place.hostname, place.path) == ("127.0.0.1", "/v1")
    server.refresh_from_db()
    assert held["CUSTOM_API_KEY"] not in server.environment


def test_like_requests_of_one_call_are_two_and_a_replay_pays_none(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    made = call(owner, "k", one("twice"), one("twice"), one("once"))
    assert [each[0] for each in heard(made)] == [200] * 3
    assert len(serving.asked) == 3
    CallRecord.objects.filter(pk=made.pk).update(status="started", answer=None)  # its worker was lost
    again = call(owner, "k", one("other arguments, which a replay does not send"))
    assert [each[1]["choices"][0]["message"]["content"] for each in heard(again)] == [
        "answer to twice", "answer to twice", "answer to once",
    ]  # fmt: skip
    assert len(serving.asked) == 3
    assert len(asked_models()) == 3


def test_a_hard_budget_stops_it_before_the_call_and_what_was_answered_is_not_paid_again(
    server: McpServer, owner: Any, serving: Stub, settings: Any
) -> None:
    settings.AI_MAX_OUTPUT_TOKENS = 100
    budget_set(owner, scope="installation", period="month", tokens=250)
    long = one("x" * 200)  # sets aside more than is left after the first
    with pytest.raises(gateway.BudgetExceeded) as stopped:
        call(owner, "k", one("short"), long, one("not even tried"))
    assert stopped.value.details["tokens_limit"] == 250
    assert [each.messages[-1]["content"] for each in serving.asked] == ["short"]
    parked = CallRecord.objects.get(key="k")
    assert (parked.status, parked.ending, parked.answer) == ("awaiting_approval", "budget", None)
    assert [each.status for each in asked_models()] == ["finished", "awaiting_approval"]
    assert not Reservation.objects.exists()
    assert Spending.objects.get().tokens == 18
    budget_remove(owner, Budget.objects.get())
    made = call(owner, "k", one("short"), long, one("not even tried"))
    assert [each[0] for each in heard(made)] == [200] * 3
    assert len(serving.asked) == 3  # the first was not asked again


def test_a_person_who_tries_a_tool_past_a_budget_hears_so(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    budget_set(owner, scope="installation", period="month", tokens=1)
    tool, given = server.tools.get(name="ask"), {"requests": [one("hello")]}
    with pytest.raises(gateway.BudgetExceeded):
        gateway.try_tool(owner, server, tool, given, key="hand")
    record = CallRecord.objects.get(key="hand")
    assert (record.status, record.ending) == ("failed", "budget")
    assert serving.asked == []


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (one("x", stream=True), 400, "stream_not_supported"),
        (one("x", tools=[{"type": "function"}]), 400, "not_supported"),
        (one("x", model="nobody"), 404, "model_not_found"),
        (one("x", model="builtin"), 404, "model_not_found"),
        ({"model": MODEL}, 400, "invalid_request"),
        ({"model": MODEL, "messages": [{"role": "tool", "content": "x"}]}, 400, "invalid_request"),
        (one("x", messages=[{"role": "user", "content": [PICTURE]}]), 400, "only_text"),
    ],
)  # fmt: skip
def test_what_is_not_asked_here_is_refused_in_the_protocols_own_form(
    server: McpServer, owner: Any, serving: Stub, request_: dict[str, Any], status: int, code: str
) -> None:
    [(got, body)] = heard(call(owner, "k", request_))
    assert (got, body["error"]["code"]) == (status, code)
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert (serving.asked, asked_models()) == ([], [])


def test_text_in_parts_is_text(server: McpServer, owner: Any, serving: Stub) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    said = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}]
    call(owner, "k", one("", messages=said))
    [asked] = serving.asked
    assert [(each["role"], each["content"]) for each in asked.messages] == [
        ("system", "Be brief."), ("user", "one\ntwo"),
    ]  # fmt: skip


def test_a_failure_is_told_without_the_servers_words_and_not_tried_over_again(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    serving.script = lambda _: Raw(401, json.dumps({"error": {"message": f"bad key {PAL_KEY}"}}))
    first, second = heard(call(owner, "k", one("hello"), one("hello")))
    assert first == second
    assert (first[0], first[1]["error"]["code"]) == (424, "provider_failed")
    assert PAL_KEY not in json.dumps(first)
    assert len(serving.asked) == 1
    assert [each.status for each in asked_models()] == ["failed"]


def test_without_a_call_in_progress_or_with_another_key_nothing_is_spent(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    made = gateway.call_tool(
        Purpose(key="e", job="tool", owner_id=owner.pk), gateway.Asked("pal", "environment")
    )
    held = json.loads(made.answer["text"])
    place, key = urlsplit(held["CUSTOM_API_URL"]).netloc, f"Bearer {held['CUSTOM_API_KEY']}"
    known = {"Host": place, "Authorization": key}
    assert knock(place, known) == (403, "no_call")
    assert knock(place, known, path="/v1/models", method="GET")[0] == 200
    assert knock(place, known, path="/v1/files") == (404, "not_found")
    assert knock(place, known, body=b"x" * (door.LARGEST + 1)) == (413, "too_large")
    for wrong in ({"Authorization": "Bearer wrong"}, {"Authorization": key + "x"}, {"Authorization": ""}):
        assert knock(place, known | wrong) == (401, "invalid_api_key")
    elsewhere = ["localhost:" + place.partition(":")[2], "evil.example"]
    for wrong in (*({"Host": each} for each in elsewhere), {"Origin": f"http://{place}"}):
        assert knock(place, known | wrong) == (403, "forbidden")
        assert knock(place, known | wrong, path="/v1/models", method="GET") == (403, "forbidden")
    close_all()
    with pytest.raises(ConnectionRefusedError):
        knock(place, known)
    assert (serving.asked, asked_models()) == ([], [])


def test_a_model_that_serves_one_person_alone_cannot_be_asked(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    row = owner.credentials.get()
    row.shared = False
    row.save()
    [(status, _body)] = heard(call(owner, "k", one("hello")))
    assert (status, serving.asked) == (404, [])


def test_a_session_that_is_closed_takes_its_question_with_it(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    over, begun = threading.Event(), threading.Event()

    def stall(_asked: Asked) -> Stall:
        begun.set()
        return Stall("and then", over)

    serving.script = stall
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(letting_go, call, owner, "k", one("hello"))
        try:
            assert begun.wait(30)
            close_all()
            with pytest.raises(DomainError):
                doing.result(60)
            until_cancelled()
        finally:
            over.set()
    assert serving.left == 1
    assert not Reservation.objects.exists()


def test_work_that_is_not_wanted_any_more_asks_nothing(server: McpServer, owner: Any, serving: Stub) -> None:
    over, wanted = threading.Event(), True

    def stall(_asked: Asked) -> Stall:
        nonlocal wanted
        wanted = False
        return Stall("and then", over)

    serving.script = stall
    made = call(owner, "k", one("hello"), one("and more"), wanted=lambda: wanted)
    over.set()
    assert [(each[0], each[1]["error"]["code"]) for each in heard(made)] == [(409, "call_cancelled")] * 2
    assert (len(serving.asked), serving.left) == (1, 1)


def test_two_tasks_that_call_together_are_each_charged_their_own(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    subjects = [uuid4() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        doing = [
            pool.submit(letting_go, call, owner, f"k{number}", one(f"{number}a"), one(f"{number}b"), subject=subject)
            for number, subject in enumerate(subjects)
        ]  # fmt: skip
        made = [each.result(60) for each in doing]
    for number, subject in enumerate(subjects):
        texts = [each[1]["choices"][0]["message"]["content"] for each in heard(made[number])]
        assert texts == [f"answer to {number}a", f"answer to {number}b"]
        own = CallRecord.objects.filter(job="tool_model", subject_id=subject).order_by("created_at")
        assert [each.answer["text"] for each in own] == texts


def test_a_straggler_of_a_call_that_timed_out_is_not_charged_to_the_next(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    server.timeout_seconds = 1
    server.save()
    lost, kept = uuid4(), uuid4()
    purpose = Purpose(key="lost", job="tool", owner_id=owner.pk, subject_id=lost)
    with pytest.raises(gateway.ToolUnavailable):
        gateway.call_tool(purpose, gateway.Asked("pal", "straggle", {"request": one("")}))
    server.timeout_seconds = 60
    server.save()
    mine = [one(f"mine {number}") for number in range(20)]  # long enough for a straggler to come in between
    made = call(owner, "kept", *mine, subject=kept)
    assert {each[0] for each in heard(made)} == {200}
    until_cancelled()
    own = CallRecord.objects.filter(job="tool_model", subject_id=kept).order_by("created_at")
    assert [each.answer["text"] for each in own] == [f"answer to mine {number}" for number in range(20)]
    assert CallRecord.objects.filter(job="tool_model", subject_id=lost).exists()


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


@pytest.fixture(autouse=True)
def _quick_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECK_SECONDS", 0.1)
