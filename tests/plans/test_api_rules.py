"""Approval by a rule: within its limits, in the name of whoever set it, and said so."""

import pytest

from foundation.activity.models import AuditEntry
from plans.models import Plan, Vote
from tests import factories
from tests.factories import content, item

PLANS = "/api/v1/plans/"
RULE = {"max_cost": 10, "vault_writes": False}


@pytest.mark.parametrize(
    ("rule", "cost", "status"),
    [
        (RULE, 5, "approved"),
        (RULE, 5.5, "submitted"),
        (RULE, None, "submitted"),
        (RULE | {"max_cost": 0}, 0, "approved"),
    ],
)
def test_a_rule_approves_within_its_limits(owner, under, api, rule, cost, status):
    items = [item(key, estimated_cost=cost) for key in ("a", "b")]
    workflow = factories.draft_workflow(owner, policy={"auto": rule})
    made = api(owner).post(PLANS, {"content": content(*items)}).json()["id"]
    Plan.objects.filter(pk=made).update(subject_id=workflow.pk)
    assert api(owner).post(f"{PLANS}{made}/submit/").json()["status"] == status
    if status == "approved":
        vote = Vote.objects.get()
        assert (vote.automatic, vote.via, vote.user, vote.rule["max_cost"]) == (
            True,
            "rule",
            owner,
            rule["max_cost"],
        )
        assert AuditEntry.objects.get(action="plan.decided").data["data"]["automatic"] is True


def test_a_rule_is_set_only_by_who_may_approve_and_dies_with_their_right(owner, stranger, api):
    body = {"requirement": "x", "auto_start": False, "policy": {"auto": RULE}}
    assert api(stranger).post("/api/v1/workflows/", body).status_code == 403
    workflow = api(owner).post("/api/v1/workflows/", body).json()
    assert workflow["policy"]["auto"]["set_by"] == str(owner.pk)
    owner.is_active = False
    owner.save()
    cheap = content(item("a", estimated_cost=0))
    from ai_integration.jobs import PlanDraft
    from foundation.core.actors import SYSTEM
    from plans.services import Author, plan_create, plan_edit, plan_submit

    plan = plan_create(SYSTEM, owner=owner, title="x", subject_id=workflow["id"])
    plan_edit(SYSTEM, plan, PlanDraft.model_validate(cheap), author=Author())
    assert plan_submit(SYSTEM, plan).status == "submitted"


def test_nobody_sets_a_rule_in_another_ones_name(owner, approvers, api):
    policy = {"auto": RULE | {"set_by": str(approvers[0].pk)}}
    made = api(owner).post("/api/v1/workflows/", {"requirement": "x", "auto_start": False, "policy": policy})
    assert made.json()["policy"]["auto"]["set_by"] == str(owner.pk)
