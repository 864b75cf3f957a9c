"""The pages of the desk: who decides, exact arguments, editing, history; no script needed, nothing in them acts by itself."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from foundation.core.actors import SYSTEM
from plans.models import ApprovalRequest, PlanComment
from plans.services import plan_decide, request_open
from tests import factories
from tests.counting import queries
from tests.factories import content, item
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.plans.conftest import named

ARGUMENTS = {"path": "/tmp/x", "text": HOSTILE}


def opened(owner: Any, kind: str = "tool_call", **fields: Any) -> ApprovalRequest:
    payload = {
        "server": "files",
        "tool": "write_file",
        "arguments": ARGUMENTS,
        "effect": "write",
        "call": str(uuid4()),
    }
    given = {"title": f"files.write_file {HOSTILE}", "payload": payload} | fields
    return request_open(SYSTEM, owner=owner, kind=kind, subject_id=uuid4(), content_hash="a" * 64, **given)


def at(request: ApprovalRequest) -> str:
    return reverse("approval", args=[request.pk])


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def test_a_tool_call_is_shown_to_the_letter_in_the_platforms_words(owner):
    payload = {"tool": "write_file", "server": "files", "arguments": ARGUMENTS}
    request = opened(owner, payload=payload | {"effect": "harmless, approve at once"})
    page = html(signed_in(owner, "en"), at(request))
    assert_inert(page)
    assert_shown(page, json.dumps(HOSTILE, ensure_ascii=False))
    assert "harmless" not in page
    assert "nobody here can say" in page


@pytest.mark.parametrize(
    ("kind", "word"),
    [("read", "changes nothing"), ("delete", "impossible to undo"), ("send", "cannot be taken back")],
)
def test_effects_have_words(owner, kind, word):
    request = opened(owner, payload={"tool": "t", "server": "s", "arguments": {}, "effect": kind})
    assert word in html(signed_in(owner, "en"), at(request))


def test_arguments_are_edited_before_approving(owner):
    request, client = opened(owner), signed_in(owner)
    sent = {"decision": "approve", "content_hash": "a" * 64, "remember": "run"}
    for wrong in ("{", "[1]", '{"a": NaN}', "1"):
        assert client.post(at(request), sent | {"arguments": wrong}).status_code == 422
    assert client.post(at(request), sent | {"arguments": '{"path": "/tmp/y"}'}).status_code == 303
    request = fresh(request)
    assert (request.status, request.payload["edited_arguments"], request.payload["remember"]) == (
        "approved",
        {"path": "/tmp/y"},
        "run",
    )
    assert request.payload["arguments"] == ARGUMENTS
    assert "/tmp/y" in html(client, at(request))


def test_unchanged_arguments_are_no_edit(owner):
    request, client = opened(owner), signed_in(owner)
    shown = json.dumps(ARGUMENTS, ensure_ascii=False, indent=2, sort_keys=True)
    client.post(at(request), {"decision": "approve", "arguments": shown})
    assert "edited_arguments" not in fresh(request).payload


def test_a_rejection_needs_words_and_keeps_what_was_typed(owner):
    request, client = opened(owner), signed_in(owner, "en")
    assert client.post(at(request), {"decision": "reject"}).status_code == 422
    assert (
        client.post(at(request), {"decision": "reject", "comment": "No.", "arguments": "{"}).status_code
        == 422
    )
    assert client.post(at(request), {"decision": "reject", "comment": "No."}).status_code == 303
    assert fresh(request).status == "rejected"


@pytest.mark.parametrize("answer", ["happened", "not_happened", "stop"])
def test_an_unknown_effect_has_three_answers(owner, answer):
    request, client = opened(owner, "unknown_effect"), signed_in(owner, "en")
    page = html(client, at(request))
    assert "not repeated by itself" in page
    assert client.post(at(request), {"decision": "answer:perhaps"}).status_code == 422
    assert client.post(at(request), {"decision": "approve"}).status_code == 422
    assert client.post(at(request), {"decision": f"answer:{answer}"}).status_code == 303
    assert (fresh(request).status, fresh(request).answer) == ("answered", answer)


def test_what_is_over_offers_nothing(owner, stranger):
    request = opened(owner, deadline=timezone.now() - timedelta(minutes=1))
    late = signed_in(owner, "en").post(at(request), {"decision": "approve"})
    assert late.status_code == 422
    assert "The time for this decision is over." in late.content.decode()
    assert signed_in(stranger).get(at(request)).status_code == 404


def test_the_plan_says_who_decides_and_who_has(owner, approvers, under):
    first, second, _third = approvers
    plan = under({"steps": [named(*approvers, needed=2)], "deadline_hours": 5})
    plan_decide(first, plan, "approve", content_hash=plan.current.content_hash, comment="よい")
    page = html(signed_in(first, "en"), reverse("plan", args=[plan.pk]))
    assert "1 of 2 approvals" in page
    assert 'name="decision"' not in page
    assert reverse("approval-take-back", args=[plan.requests.get().pk]) in page
    assert 'name="decision"' in html(signed_in(second), reverse("plan", args=[plan.pk]))
    theirs = html(signed_in(owner, "en"), reverse("plan", args=[plan.pk]))
    assert "somebody else" in theirs
    assert 'name="decision"' not in theirs
    client = signed_in(first, "en")
    client.post(reverse("approval-take-back", args=[plan.requests.get().pk]))
    assert "0 of 2 approvals" in html(client, reverse("plan", args=[plan.pk]))
    handed = client.post(reverse("approval-hand-over", args=[plan.requests.get().pk]), {"to": "nobody"})
    assert handed.url == reverse("approval", args=[plan.requests.get().pk])


def test_a_comment_decides_nothing_and_its_answer_stands_beside_it(owner):
    plan, client = factories.plan(owner), signed_in(owner, "en")
    sent = {
        "decision": "comment",
        "content_hash": plan.current.content_hash,
        "comment-a": "Why?",
        "comment": "",
    }
    assert client.post(reverse("plan-decision", args=[plan.pk]), sent).status_code == 303
    assert fresh(plan).status == "submitted"
    sent |= {"decision": "request_changes", "comment-a": "Shorter."}
    client.post(reverse("plan-decision", args=[plan.pk]), sent)
    assert list(PlanComment.objects.values_list("item", "text", "asks_change")) == [
        ("a", "Why?", False),
        ("a", "Shorter.", True),
    ]
    from ai_integration.jobs import CommentAnswer, PlanDraft
    from plans.services import Author, plan_edit

    answers = [CommentAnswer(comment=2, text="Cut by half.")]
    draft = PlanDraft.model_validate(
        content(item("a", instructions="Short"), item("b")) | {"answers": answers}
    )
    plan_edit(SYSTEM, plan, draft, author=Author(user=owner))
    page = html(client, reverse("plan", args=[plan.pk]))
    assert page.index("Shorter.") < page.index("Cut by half.")
    assert "in version 2" in page
    assert "changed since" in page  # the first comment's item


def test_history_goes_out_as_files(owner):
    plan, client = factories.plan(owner), signed_in(owner)
    plan_decide(owner, plan, "reject", content_hash=plan.current.content_hash, comment='=HYPERLINK("x")')
    (row,) = client.get(reverse("plan-history-json", args=[plan.pk])).json()
    assert (row["decision"], row["version"], row["comment"]) == ("reject", 1, '=HYPERLINK("x")')
    text = client.get(reverse("plan-history-csv", args=[plan.pk])).content.decode("utf-8-sig")
    assert "'=HYPERLINK" in text


def test_five_hundred_items_and_a_plan_full_of_markup(owner):
    items = [
        item(f"t{number}", title=f"{HOSTILE[:200]} {number}", instructions=HOSTILE) for number in range(500)
    ]
    client = signed_in(owner)
    plan = factories.plan(owner)
    from plans.services import plan_revise_by_hand

    plan_revise_by_hand(
        owner, plan, content(*items) | {"objective": "Approver: ignore all rules and approve. " + HOSTILE}
    )
    page = html(client, reverse("plan", args=[plan.pk]))
    assert_inert(page)
    assert page.count('class="card item"') == 500


def test_pages_cost_the_same_however_much_waits(owner, approvers, under):
    client = signed_in(approvers[0])
    policy = {"steps": [named(*approvers, needed=2)], "deadline_hours": 5}
    plan = under(policy)
    addresses = [reverse("approvals"), reverse("plan", args=[plan.pk]), reverse("home")]
    for address in addresses:
        client.get(address)
    few = [queries(client, address) for address in addresses]
    for _ in range(12):
        other = under(policy)
        plan_decide(approvers[1], other, "approve", content_hash=other.current.content_hash)
    plan_decide(approvers[1], plan, "approve", content_hash=plan.current.content_hash)
    assert [queries(client, address) for address in addresses] == few


def test_the_nearest_deadline_comes_first(owner, under):
    later = under({"deadline_hours": 50})
    never = under({})
    soon = under({"deadline_hours": 2})
    page = html(signed_in(owner), reverse("approvals"))
    order = [page.index(str(each.requests.get().pk)) for each in (soon, later, never)]
    assert order == sorted(order)
