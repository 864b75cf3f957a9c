"""Writing plans on a page: nothing that was typed is lost, and no script is needed."""

from typing import Any

import pytest
from django.urls import reverse

from plans.models import Plan, PlanTemplate
from tests import factories
from tests.pages import assert_inert, html, signed_in


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def form_of(plan: Plan) -> dict[str, Any]:
    first, second = plan.current.content["items"]
    given = {"content_hash": plan.current.content_hash, "count": "2", "title": plan.title, "action": "save"}
    for number, each in enumerate((first, second)):
        given |= {f"item-{number}-{name}": each[name] for name in ("key", "title", "role")}
    return given | {"item-1-depends_on": "a"}


def test_a_plan_is_edited_on_a_page(owner):
    plan = factories.plan(owner, of=factories.team(owner))
    client, address = signed_in(owner, "en"), reverse("plan-edit", args=[plan.pk])
    assert_inert(html(client, address))
    more = client.post(address, form_of(plan) | {"action": "add", "title": "Half written"})
    assert more.status_code == 200
    assert 'name="item-2-title"' in more.content.decode()
    assert "Half written" in more.content.decode()
    edited = form_of(plan) | {
        "count": "3",
        "item-2-title": "New",
        "item-2-role": "執筆",
        "item-2-estimated_cost": "1.5",
        "item-0-acceptance": "one\ntwo",
        "timeline": "Monday\nTuesday",
    }
    assert client.post(address, edited).status_code == 303
    now = fresh(plan).current
    assert (now.number, now.author_user, fresh(plan).status) == (2, owner, "submitted")
    assert [each["key"] for each in now.content["items"]] == ["a", "b", "t3"]
    assert now.content["items"][0]["acceptance"] == ["one", "two"]
    assert now.content["items"][1]["depends_on"] == ["a"]
    assert now.content["timeline"] == ["Monday", "Tuesday"]
    stale = client.post(address, edited)
    assert stale.status_code == 422
    assert "has changed since you read it" in stale.content.decode()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"item-1-depends_on": "nowhere"}, "does not exist"),
        ({"item-0-depends_on": "b"}, "wait for each other"),
        ({"title": ""}, "required"),
        ({"item-0-title": "", "item-1-title": ""}, "items"),
        ({"item-0-estimated_cost": "-1"}, "greater than or equal to 0"),
        ({"item-0-role": "unknown"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_plan_is_said_and_nothing_is_lost(owner, change, word):
    plan = factories.plan(owner, of=factories.team(owner))
    address = reverse("plan-edit", args=[plan.pk])
    answer = signed_in(owner, "en").post(address, form_of(plan) | {"objective": "KEPT"} | change)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert "KEPT" in answer.content.decode()
    assert fresh(plan).current.number == 1


@pytest.mark.parametrize("count", ["", "-1", "0", "x", "9" * 30, "100000"])
def test_a_count_that_is_none_breaks_nothing(owner, count):
    plan = factories.plan(owner)
    address = reverse("plan-edit", args=[plan.pk])
    assert (
        signed_in(owner).post(address, form_of(plan) | {"count": count, "action": "add"}).status_code == 200
    )


def test_an_item_is_taken_out(owner):
    plan, client = factories.plan(owner), signed_in(owner)
    address = reverse("plan-edit", args=[plan.pk])
    page = client.post(address, form_of(plan) | {"action": "remove-1"}).content.decode()
    assert "項目 a" in page
    assert 'value="項目 b"' not in page


def test_who_may_only_read_does_not_edit(owner, teammate, stranger):
    plan = factories.plan(owner)
    factories.share(plan, teammate)
    assert signed_in(teammate).get(reverse("plan-edit", args=[plan.pk])).status_code == 403
    assert signed_in(stranger).get(reverse("plan-edit", args=[plan.pk])).status_code == 404
    assert signed_in(teammate).post(reverse("plan-hand-in", args=[plan.pk])).status_code == 403
    assert signed_in(teammate).post(reverse("plan-take-away", args=[plan.pk])).status_code == 403
    assert fresh(plan).status == "submitted"


def test_a_template_begins_a_plan(owner):
    plan, client = factories.plan(owner), signed_in(owner, "en")
    client.post(reverse("plan-keep", args=[plan.pk]), {"name": "Training"})
    template = PlanTemplate.objects.get()
    page = html(client, reverse("plan-new"), template=str(template.pk))
    assert 'value="項目 a"' in page
    sent = form_of(plan) | {"content_hash": "", "item-0-role": "調査", "item-1-role": "執筆"}
    made = client.post(reverse("plan-new"), sent)
    assert made.status_code == 303
    page = html(client, made.url)
    assert reverse("delegate") + "?plan=" in page
