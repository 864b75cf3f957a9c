"""An approval that becomes a rule: the same secretary may call the same tool from now on, if whoever says so may change it."""

from typing import Any

import pytest
from django.urls import reverse

from ai_integration.models import McpServer, ToolRule
from foundation.activity.models import AuditEntry
from plans.models import ApprovalRequest
from plans.services import request_decide
from tests import factories
from tests.pages import html, signed_in
from tests.stub import Calls
from tests.tool_servers import allow
from tests.workflows.driving import decide, step, task_of
from tests.workflows.tooling import APPEND, Scene, wake
from workflows.models import Workflow
from workflows.services import task_add, workflow_create, workflow_start

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(scene: Scene) -> tuple[Workflow, ApprovalRequest]:
    """A task that waits because its secretary wants to call a tool that asks."""
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "one"}),)), Calls(((APPEND, {"text": "two"}),))]
    workflow = scene.work()
    assert scene.run(workflow).status == "waiting"
    return workflow, scene.asked()


def again(scene: Scene, workflow: Workflow, persona: Any) -> Any:
    """The same tool in another workflow, by that persona."""
    team = factories.team(scene.owner, "レビュー", name=str(persona))
    team.members.add(persona)
    given = {"team": team.pk, "auto_generate_tasks": False}
    other = workflow_create(scene.owner, requirement="Once more.", **given)
    task_add(scene.owner, other, key="a", title="Again", role=persona.role, queries=["lamp"])
    other = step(workflow_start(scene.owner, other))
    decide(other)
    return scene.run(step(other))


def at(request: ApprovalRequest) -> str:
    return reverse("approval", args=[request.pk])


def test_by_rule_the_same_secretary_is_not_asked_about_again_and_others_are(scene: Scene, asked: Any) -> None:
    workflow, request = asked
    persona, client = task_of(workflow, "a").persona, signed_in(scene.owner, "en")
    page = html(client, at(request))
    assert f"From now on {persona} may call this tool without asking" in page
    assert str(request.payload["key"]) not in page  # nothing that only the platform can read
    sent = {"decision": "approve", "content_hash": request.content_hash, "remember": "rule"}
    assert client.post(at(request), sent).status_code == 303
    rule = ToolRule.objects.get()
    assert (rule.persona_id, rule.policy, rule.tool.name) == (persona.pk, "allow", "append")
    entry = AuditEntry.objects.get(action="tool.rule_set")
    assert entry.actor_name == str(scene.owner)
    assert (entry.data["data"]["request"], entry.data["data"]["persona"]) == (
        str(request.pk),
        str(persona.pk),
    )
    assert "taken back among the tools" in html(client, at(request))
    wake()
    assert scene.run(workflow).status == "done"
    assert again(scene, workflow, persona).status == "done"
    assert [each["text"] for each in scene.effects()] == ["one", "two", "one", "two"]
    twin = factories.persona(scene.owner, name="別の係", role="別", model="openai:stub", tools=["hostile/*"])
    assert again(scene, workflow, twin).status == "waiting"
    assert len(scene.effects()) == 4


def test_by_the_api(scene: Scene, asked: Any, api: Any) -> None:
    _workflow, request = asked
    body = {"decision": "approve", "content_hash": request.content_hash, "remember": "rule"}
    address = f"/api/v1/approvals/{request.pk}/decide/"
    assert api(scene.owner).post(address, body | {"remember": "forever"}).status_code == 422
    assert api(scene.owner).post(address, body | {"decision": "reject", "comment": "x"}).status_code == 422
    assert not ToolRule.objects.exists()
    answer = api(scene.owner).post(address, body)
    assert (answer.status_code, answer.json()["payload"]["remember"]) == (200, "rule")
    assert ToolRule.objects.get().policy == "allow"
    assert api(scene.owner).post(address, body).status_code == 409


@pytest.mark.security("S11")
def test_who_may_decide_but_not_change_the_server_makes_no_rule(
    scene: Scene, asked: Any, api: Any, teammate: Any
) -> None:
    _workflow, request = asked
    ApprovalRequest.objects.filter(pk=request.pk).update(asked_of=teammate)
    body = {"decision": "approve", "content_hash": request.content_hash, "remember": "rule"}
    theirs = signed_in(teammate, "en")
    assert 'value="run"' in html(theirs, at(request))
    assert 'value="rule"' not in html(theirs, at(request))
    assert theirs.post(at(request), body).status_code == 422
    assert api(teammate).post(f"/api/v1/approvals/{request.pk}/decide/", body).status_code == 403
    request.refresh_from_db()
    assert (request.status, ToolRule.objects.count(), scene.effects()) == ("pending", 0, [])
    assert theirs.post(at(request), body | {"remember": "run"}).status_code == 303


@pytest.mark.security("S11")
def test_a_tool_that_changed_meanwhile_gets_no_rule(scene: Scene, asked: Any, api: Any) -> None:
    _workflow, request = asked
    scene.server.tools.filter(name="append").update(approved_digest="1" * 64, digest="1" * 64)
    body = {"decision": "approve", "content_hash": request.content_hash, "remember": "rule"}
    answer = api(scene.owner).post(f"/api/v1/approvals/{request.pk}/decide/", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "tool_changed")
    assert 'value="rule"' not in html(signed_in(scene.owner), at(request))
    McpServer.objects.filter(pk=scene.server.pk).delete()
    answer = api(scene.owner).post(f"/api/v1/approvals/{request.pk}/decide/", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "tool_changed")
    request.refresh_from_db()
    assert (request.status, ToolRule.objects.count()) == ("pending", 0)


def test_a_rule_goes_no_further_than_what_holds_for_all(scene: Scene, asked: Any) -> None:
    workflow, request = asked
    request_decide(scene.owner, request, "approve", remember="rule")
    scene.server.tools.filter(name="append").update(policy="deny")
    wake()
    assert scene.run(workflow).status == "done"
    assert scene.effects() == []
