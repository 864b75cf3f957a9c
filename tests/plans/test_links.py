"""Links in messages: fetching one decides nothing, one confirmation decides once, and only what was sent."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from foundation.accounts.models import Role
from plans.models import DecisionLink, Plan, Vote
from plans.services import plan_revise_by_hand
from plans.services.outbox import messages_send
from tests import factories
from tests.pages import assert_inert
from tests.plans.conftest import ROLE, named
from tests.plans.hooks import Hook, channel


@pytest.fixture
def linked(settings: Any, approvers: Any, under: Any, hook: Hook, api: Any) -> tuple[Plan, str]:
    """A plan that two of three must approve, and the path of the link that the first of them was sent."""
    settings.PUBLIC_URL = "https://hisho.example"
    channel(api(approvers[0]), hook)
    plan = under({"steps": [named(*approvers, needed=2)]})
    messages_send()
    (found,) = re.findall(r"https://hisho\.example\S+", hook.got[-1]["message"])
    return plan, urlsplit(found).path


def press(path: str, **given: str) -> Any:
    return Client(headers={"accept-language": "en"}).post(path, given)


def test_fetching_a_link_decides_nothing(linked):
    plan, path = linked
    for _ in range(3):
        answer = Client().get(path)
        assert answer.status_code == 200
        assert (answer["Referrer-Policy"], "no-store" in answer["Cache-Control"]) == ("no-referrer", True)
        assert Client().head(path).status_code == 200
    assert Client().get(f"{path}?decision=approve&sure=yes").status_code == 200
    assert not Vote.objects.exists()
    assert plan.title in answer.content.decode()
    assert_inert(answer.content.decode())


def test_a_link_decides_after_one_confirmation_and_once(linked, approvers):
    plan, path = linked
    assert press(path, decision="approve").status_code == 200
    assert not Vote.objects.exists()
    assert press(path, decision="approve", sure="yes").status_code == 200
    vote = Vote.objects.get()
    assert (vote.user, vote.decision, vote.via, vote.address) == (
        approvers[0],
        "approve",
        "link",
        "127.0.0.1",
    )
    assert press(path, decision="reject", comment="x", sure="yes").status_code == 404
    assert Client().get(path).status_code == 404
    assert Vote.objects.count() == 1
    assert Plan.objects.get(pk=plan.pk).status == "under_review"


def test_a_no_by_link_needs_words(linked):
    _plan, path = linked
    assert press(path, decision="reject").status_code == 422
    assert press(path, decision="reject", comment="不要", sure="yes").status_code == 200
    assert Plan.objects.get().status == "rejected"


def test_a_link_is_bound_to_what_was_sent(linked, owner):
    plan, path = linked
    plan_revise_by_hand(owner, plan, factories.content(title="別の計画"))
    assert Client().get(path).status_code == 409
    assert press(path, decision="approve", sure="yes").status_code == 409
    assert not Vote.objects.exists()


def test_a_link_dies_with_the_right_to_decide(linked, approvers, api):
    plan, path = linked
    link = DecisionLink.objects.get()
    assert press(path[:-2] + "x/", decision="approve", sure="yes").status_code == 404
    DecisionLink.objects.update(expires_at=timezone.now())
    assert Client().get(path).status_code == 404
    DecisionLink.objects.update(expires_at=link.expires_at)
    approvers[0].is_active = False
    approvers[0].save()
    assert Client().get(path).status_code == 404
    approvers[0].is_active = True
    approvers[0].save()
    for each in approvers[1:]:
        api(each).post(f"/api/v1/plans/{plan.pk}/approve/", {"content_hash": plan.current.content_hash})
    late = press(path, decision="approve", sure="yes")
    assert late.status_code == 409
    assert "このリンクはもう使えません" in late.content.decode()
    assert Vote.objects.count() == 2


def test_who_lost_the_role_has_no_link(settings, approvers, under, hook, api):
    settings.PUBLIC_URL = "https://hisho.example"
    channel(api(approvers[0]), hook)
    under({"steps": [{"roles": [ROLE], "needed": 2}]})
    messages_send()
    path = urlsplit(re.findall(r"https://hisho\.example\S+", hook.got[-1]["message"])[0]).path
    approvers[0].groups.remove(Role.objects.get(name=ROLE).group)
    assert press(path, decision="approve", sure="yes").status_code == 409
    assert not Vote.objects.exists()
