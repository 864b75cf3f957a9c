"""Links in messages for whatever is not a plan: shown whole, decided once after one confirmation, and by nothing less."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from foundation.core.actors import SYSTEM
from plans.models import ApprovalRequest, DecisionLink, Vote
from plans.services import request_decide, request_open, request_withdraw
from plans.services.outbox import messages_send
from tests.pages import HOSTILE, assert_inert, assert_shown
from tests.plans.hooks import channel

CALL = {
    "server": "files",
    "tool": "write_file",
    "arguments": {"path": "/tmp/x", "text": HOSTILE},
    "call": str(uuid4()),
}
BUDGET = {
    "name": "全体",
    "period": "2026-11",
    "money": "90",
    "money_limit": "100",
    "money_needed": "20",
    "money_added": "100",
}
PAYLOADS: dict[str, dict[str, Any]] = {
    "tool_call": CALL,
    "unknown_effect": CALL,
    "budget": BUDGET,
    "question": {"question": HOSTILE, "choices": ["another_round", "stop"]},
}
ANSWERS = [
    ("tool_call", {"decision": "approve"}, ("approved", "")),
    ("tool_call", {"decision": "reject", "comment": "No."}, ("rejected", "")),
    ("budget", {"decision": "approve"}, ("approved", "")),
    ("budget", {"decision": "reject", "comment": "No."}, ("rejected", "")),
    ("unknown_effect", {"decision": "answer:happened"}, ("answered", "happened")),
    ("unknown_effect", {"decision": "answer:not_happened"}, ("answered", "not_happened")),
    ("unknown_effect", {"decision": "answer:stop"}, ("answered", "stop")),
    ("question", {"decision": "answer:another_round"}, ("answered", "another_round")),
]


@pytest.fixture
def linked(settings: Any, owner: Any, hook: Any, api: Any) -> Any:
    """`linked(kind, payload)`: such a request, and the path of the link that its owner was sent."""
    settings.PUBLIC_URL = "https://hisho.example"
    channel(api(owner), hook)

    def made(kind: str, payload: dict[str, Any] | None = None) -> tuple[ApprovalRequest, str]:
        given = PAYLOADS[kind] if payload is None else payload
        fields = {"title": "題名", "content_hash": "a" * 64, "payload": given, "subject_id": uuid4()}
        request = request_open(SYSTEM, owner=owner, kind=kind, **fields)
        messages_send()
        (found,) = re.findall(r"https://hisho\.example\S+", hook.got[-1]["message"])
        assert "/approvals/by-link/" in found
        return request, urlsplit(found).path

    return made


def press(path: str, **given: str) -> Any:
    return Client(headers={"accept-language": "en"}).post(path, given)


def fresh(request: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=request.pk)


@pytest.mark.parametrize(("kind", "sent", "becomes"), ANSWERS)
def test_one_confirmation_decides_once(linked, owner, kind, sent, becomes):
    request, path = linked(kind)
    first = press(path, **sent)
    assert first.status_code == 200
    assert f'name="decision" value="{sent["decision"]}"' in first.content.decode()
    assert (fresh(request).status, Vote.objects.count()) == ("pending", 0)
    assert press(path, **sent, sure="yes").status_code == 200
    decided, vote = fresh(request), Vote.objects.get()
    assert (decided.status, decided.answer) == becomes
    assert (decided.decided_by, vote.via, vote.address) == (owner, "link", "127.0.0.1")
    assert press(path, **sent, sure="yes").status_code == 404
    assert Client().get(path).status_code == 404
    assert Vote.objects.count() == 1


@pytest.mark.security("S11")
@pytest.mark.parametrize("kind", PAYLOADS)
def test_looking_decides_nothing_and_everything_is_text(linked, hook, kind):
    request, path = linked(kind)
    for ask in (Client().get, Client().head):
        for query in ("", "?decision=approve&sure=yes", "?decision=answer:stop&sure=yes"):
            answer = ask(path + query)
            assert answer.status_code == 200
            assert (answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-referrer", "noindex")
            assert "no-store" in answer["Cache-Control"]
    for method in ("put", "patch", "delete", "options"):
        assert getattr(Client(), method)(path).status_code == 405
    page = Client().get(path).content.decode()
    assert_inert(page)
    if kind in ("tool_call", "unknown_effect"):
        assert_shown(page, json.dumps(HOSTILE, ensure_ascii=False))
        assert_shown(page, "write_file")
    assert "write_file" not in hook.got[-1]["message"]  # the message itself tells no more than the title
    assert (fresh(request).status, Vote.objects.count()) == ("pending", 0)


@pytest.mark.security("S11")
@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("tool_call", {"decision": "answer:happened"}),
        ("tool_call", {"decision": "request_changes", "comment": "x"}),
        ("tool_call", {"decision": "reject"}),
        ("tool_call", {"decision": "reject", "comment": "  "}),
        ("tool_call", {"decision": ""}),
        ("unknown_effect", {"decision": "approve"}),
        ("unknown_effect", {"decision": "answer:"}),
        ("unknown_effect", {"decision": "answer:perhaps"}),
        ("budget", {"decision": "answer", "comment": "x"}),
        ("budget", {"decision": "approve", "comment": "x" * 5001}),
        ("question", {"decision": "answer", "comment": "free words"}),
        ("question", {"decision": "answer:third"}),
        ("question", {"decision": "reject", "comment": "x"}),
    ],
)
def test_what_its_page_does_not_offer_is_refused_and_spends_nothing(linked, kind, sent):
    request, path = linked(kind)
    assert press(path, **sent, sure="yes").status_code == 422
    assert fresh(request).status == "pending"
    assert DecisionLink.objects.get().used_at is None


@pytest.mark.security("S11")
def test_nothing_is_edited_or_remembered_through_a_link(linked):
    request, path = linked("tool_call")
    more = {
        "arguments": '{"path": "/etc/passwd"}',
        "remember": "rule",
        "content_hash": "b" * 64,
        "answer": "x",
    }
    assert press(path, decision="approve", sure="yes", **more).status_code == 200
    payload = fresh(request).payload
    assert "edited_arguments" not in payload
    assert "remember" not in payload
    assert payload["arguments"] == CALL["arguments"]


def test_a_free_question_takes_words(linked):
    request, path = linked("question", {"question": "どの版ですか"})
    assert press(path, decision="answer", sure="yes").status_code == 422
    assert press(path, decision="answer", comment="第2版です").status_code == 200
    assert press(path, decision="answer", comment="第2版です", sure="yes").status_code == 200
    assert fresh(request).answer == "第2版です"


@pytest.mark.security("S11")
def test_a_link_dies_with_what_it_was_for(linked, owner):
    withdrawn, one = linked("tool_call")
    request_withdraw(SYSTEM, withdrawn)
    assert Client().get(one).status_code == 409
    assert press(one, decision="approve", sure="yes").status_code == 409
    decided, two = linked("tool_call")
    request_decide(owner, decided, "reject", comment="No.")
    assert press(two, decision="approve", sure="yes").status_code == 409
    assert fresh(decided).status == "rejected"
    changed, three = linked("budget")
    ApprovalRequest.objects.filter(pk=changed.pk).update(content_hash="c" * 64)
    assert press(three, decision="approve", sure="yes").status_code == 409
    left, four = linked("unknown_effect")
    owner.is_active = False
    owner.save()
    assert press(four, decision="answer:happened", sure="yes").status_code == 404
    assert {fresh(each).status for each in (changed, left)} == {"pending"}


def test_a_link_without_the_forms_token_is_refused(linked):
    request, path = linked("tool_call")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {"decision": "approve", "sure": "yes"}).status_code == 403
    assert fresh(request).status == "pending"


@pytest.mark.django_db(transaction=True)
def test_twenty_confirmations_at_once_are_one_decision(transactional_db, linked):
    request, path = linked("tool_call")

    def confirm(_number: int) -> int:
        try:
            return press(path, decision="approve", sure="yes").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(confirm, range(20)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 404, 409}
    assert (fresh(request).status, Vote.objects.count()) == ("approved", 1)
