"""The whole story through REST alone: three approvers, one request for changes, a new version, two approvals, one too late.

The team is real, the secretary is the built-in one; the queue's part is done by hand.
"""

import re
from typing import Any

import pytest
from django.test import Client

from plans.models import ApprovalRequest, Plan, PlanComment, Vote
from plans.services import plan_revise_by_hand
from plans.services.outbox import messages_send
from tests.plans.conftest import approvers, hook  # noqa: F401 - fixtures
from tests.plans.hooks import Hook, channel
from tests.workflows.conftest import House
from tests.workflows.driving import crank, events, fresh, moves
from workflows.models import Workflow

API = "/api/v1"
ITEM_COMMENT, PLAN_COMMENT = "納期の部分は要りません", "保証も調べてください"


@pytest.fixture
def people(approvers: list[Any]) -> list[Any]:  # noqa: F811 - the fixture
    return approvers


@pytest.fixture
def told(hook: Hook, settings: Any) -> Hook:  # noqa: F811 - the fixture
    """What is sent to people, links and all."""
    settings.PUBLIC_URL = "https://hisho.example"
    return hook


def policy(people: list[Any], **more: Any) -> dict[str, Any]:
    return {"steps": [{"users": [str(each.pk) for each in people], "needed": 2}]} | more


def delegated(client: Any, house: House, rules: dict[str, Any], **more: Any) -> Workflow:
    body = {
        "requirement": "新製品の価格と納期を調べて、報告書にまとめてください。",
        "vault": str(house.vault.pk),
        "policy": rules,
    }
    made = client.post(f"{API}/workflows/", body | more)
    assert made.status_code == 201, made.json()
    return crank(Workflow.objects.get(pk=made.json()["id"]))


def waiting(client: Any) -> dict[str, Any]:
    """The one thing that waits for this person."""
    (only,) = client.get(f"{API}/approvals/").json()["results"]
    return only


def test_three_approvers_through_rest_alone(house: House, people: list[Any], api: Any, told: Hook) -> None:
    commander, (first, second, third) = api(house.user), map(api, people)
    channel(third, told)
    workflow = delegated(commander, house, policy(people))
    assert workflow.status == "awaiting_approval"

    asked = waiting(first)
    plan = f"{API}/plans/{asked['plan']}/"
    read = first.get(plan).json()
    stale = read["content_hash"]
    key = next(item["key"] for item in read["content"]["items"] if "納期" in item["title"])
    sent_back = first.post(
        f"{plan}request-changes/",
        {"content_hash": stale, "comment": PLAN_COMMENT, "comments": [{"item": key, "text": ITEM_COMMENT}]},
    )
    assert sent_back.json()["status"] == "revision_requested"
    assert second.post(f"{plan}approve/", {"content_hash": stale}).status_code == 409

    workflow = crank(workflow)
    assert workflow.status == "awaiting_approval"
    changes = second.get(f"{plan}diff/").json()
    assert (changes["from"]["number"], changes["to"]["number"]) == (1, 2)
    assert [item["key"] for item in changes["removed"]] == [key]
    assert ["保証" in item["title"] for item in changes["added"]] == [True]
    _answered(first, plan, key)

    link = _link_of(told)
    assert Client().get(link).status_code == 200
    _approved_by_two(first, second, third, plan, stale)
    _too_late(link)

    workflow = crank(workflow)
    assert workflow.status.startswith("completed")
    assert moves(workflow).count("running") == 1
    _told_in_the_history(first, plan)


def _answered(first: Any, plan: str, key: str) -> None:
    remarks = first.get(f"{plan}comments/").json()["results"]
    assert [(each["text"], each["item"], each["answered_in"], each["followed"]) for each in remarks] == [
        (PLAN_COMMENT, "", 2, True),
        (ITEM_COMMENT, key, 2, True),
    ]
    assert all(each["answer"] and each["answered_by"] for each in remarks)


def _link_of(hook: Hook) -> str:  # noqa: F811
    """The path of the link in the message about the version that waits now."""
    messages_send()
    (found,) = re.findall(r"https://hisho\.example(/approvals/by-link/\S+)", hook.got[-1]["message"])
    return found


def _too_late(link: str) -> None:
    before = Vote.objects.count()
    assert Client().get(link).status_code == 409
    for sent in ({"decision": "approve"}, {"decision": "approve", "sure": "yes"}):
        answer = Client().post(link, sent)
        assert answer.status_code == 409
        assert "何も決まっていません" in answer.content.decode()
    assert Vote.objects.count() == before


def _told_in_the_history(first: Any, plan: str) -> None:
    history = first.get(f"{plan}history/").json()
    assert [(row["who"], row["decision"], row["version"], row["via"]) for row in history] == [
        ("Ichiro", "request_changes", 1, "api"),
        ("Ichiro", "approve", 2, "api"),
        ("Jiro", "approve", 2, "api"),
    ]
    assert "Jiro,approve" in first.get(f"{plan}history/", {"form": "csv"}).content.decode("utf-8-sig")


def _approved_by_two(first: Any, second: Any, third: Any, plan: str, stale: str) -> None:
    late = third.post(f"{plan}approve/", {"content_hash": stale})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "plan_changed")
    now = late.json()["error"]["details"]["content_hash"]
    for client, status in ((first, "under_review"), (second, "approved")):
        decided = client.post(
            f"{API}/approvals/{waiting(client)['id']}/decide/", {"decision": "approve", "content_hash": now}
        )
        assert decided.status_code == 200
        assert first.get(plan).json()["status"] == status
    late = third.post(f"{plan}approve/", {"content_hash": now})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "already_decided")


def test_a_wish_to_be_spared_does_not_shake_off_a_policy(house: House, people: list[Any], api: Any) -> None:
    workflow = delegated(api(house.user), house, policy(people), auto_approve=True)
    assert workflow.status == "awaiting_approval"
    assert fresh(workflow).auto_approve is False
    assert len(events(workflow, "workflow.auto_approval_declined")) == 1
    for client in map(api, people[:2]):
        body = {"decision": "approve", "content_hash": waiting(client)["content_hash"]}
        client.post(f"{API}/approvals/{waiting(client)['id']}/decide/", body)
    assert crank(workflow).status.startswith("completed")


def send_back(client: Any, workflow: Workflow) -> Workflow:
    plan = Plan.objects.get(subject_id=workflow.pk)
    body = {"content_hash": plan.current.content_hash, "comment": f"第{plan.current.number}版より短く"}
    assert client.post(f"{API}/plans/{plan.pk}/request-changes/", body).status_code == 200
    return crank(workflow)


@pytest.mark.parametrize("answer", ["another_round", "stop", "edited"])
def test_after_so_many_rounds_the_commander_is_asked(house: House, api: Any, answer: str) -> None:
    client = api(house.user)
    workflow = delegated(client, house, {"max_rounds": 1})
    workflow = send_back(client, workflow)
    assert Plan.objects.get().current.number == 2
    workflow = send_back(client, workflow)
    question = waiting(client)
    assert (question["kind"], question["payload"]["choices"]) == ("question", ["another_round", "stop"])
    assert workflow.status == "awaiting_approval"
    assert Plan.objects.get().current.number == 2
    assert crank(workflow).status == "awaiting_approval"  # nothing goes on by itself
    if answer == "edited":
        plan = Plan.objects.get()
        plan_revise_by_hand(house.user, plan, plan.current.content | {"title": "自分で書いた計画"})
        assert waiting(client)["kind"] == "plan"
    else:
        address = f"{API}/approvals/{question['id']}/decide/"
        assert client.post(address, {"decision": "answer", "answer": "perhaps"}).status_code == 422
        assert client.post(address, {"decision": "answer", "answer": answer}).status_code == 200
        workflow = crank(workflow)
    if answer == "stop":
        assert (workflow.status, Plan.objects.get().status) == ("cancelled", "withdrawn")
        return
    assert Plan.objects.get().current.number == 3
    body = {"content_hash": Plan.objects.get().current.content_hash}
    assert client.post(f"{API}/plans/{Plan.objects.get().pk}/approve/", body).json()["status"] == "approved"
    assert crank(workflow).status.startswith("completed")
    assert ApprovalRequest.objects.filter(kind="question").count() == 1


def test_a_plan_of_ones_own_is_carried_out(house: House, api: Any) -> None:
    client = api(house.user)
    member = house.team.members.get(role="執筆")
    items = [
        {"key": "a", "title": "価格を調べる", "role": "調査", "persona": member.name, "queries": ["価格"]},
        {"key": "b", "title": "まとめる", "role": "執筆", "depends_on": ["a"]},
    ]
    content = {"title": "自分の計画", "items": items, "timeline": ["今週中"], "resources": ["保管庫"]}
    plan = client.post(f"{API}/plans/", {"content": content, "team": str(house.team.pk)}).json()
    assert (plan["status"], plan["content"]["timeline"]) == ("draft", ["今週中"])
    saved = client.post(f"{API}/plans/{plan['id']}/save-template/", {"name": "調べもの"})
    assert saved.status_code == 201
    again = client.post(f"{API}/plans/", {"template": saved.json()["id"]}).json()
    assert again["content"] == plan["content"]
    workflow = delegated(client, house, {}, plan=plan["id"])
    assert (workflow.status, str(workflow.plan_id)) == ("awaiting_approval", plan["id"])
    taken = client.post(f"{API}/workflows/", {"requirement": "x", "plan": plan["id"]})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "plan_taken")
    client.post(f"{API}/plans/{plan['id']}/approve/", {"content_hash": plan["content_hash"]})
    workflow = crank(workflow)
    assert workflow.status.startswith("completed")
    assert workflow.tasks.get(key="a").persona == member


def test_an_unknown_secretary_is_refused(house: House, api: Any) -> None:
    content = {"title": "x", "items": [{"key": "a", "title": "x", "role": "調査", "persona": "誰か"}]}
    answer = api(house.user).post(f"{API}/plans/", {"content": content, "team": str(house.team.pk)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "plan_invalid")


def test_comments_without_a_decision(house: House, api: Any) -> None:
    client = api(house.user)
    workflow = delegated(client, house, {})
    plan = f"{API}/plans/{workflow.plan_id}/"
    key = client.get(plan).json()["content"]["items"][0]["key"]
    said = client.post(f"{plan}comments/", {"text": "ここは大事", "item": key})
    assert (said.status_code, said.json()["number"], said.json()["asks_change"]) == (201, 1, False)
    assert client.post(f"{plan}comments/", {"text": "x", "item": "nowhere"}).status_code == 422
    assert client.post(f"{plan}comments/", {"text": "x", "version": 9}).status_code == 404
    assert client.post(f"{plan}comments/", {"text": " "}).status_code == 422
    content = client.get(plan).json()["content"] | {
        "answers": [{"comment": 1, "text": "残しました"}, {"comment": 7, "text": "?"}]
    }
    assert client.patch(plan, {"content": content}).json()["version"] == 2
    assert "answers" not in client.get(plan).json()["content"]
    (comment,) = PlanComment.objects.all()
    assert (comment.answered_in.number, comment.answer, comment.followed) == (2, "残しました", True)
