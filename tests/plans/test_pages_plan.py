"""承認待ち and the page of a plan: bound to what was read, nothing lost, nothing decided unseen."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from foundation.core.actors import SYSTEM
from plans.models import ApprovalRequest, Plan
from plans.services import plan_revise_by_hand, request_open
from tests import factories
from tests.factories import content, item, share
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.workflows import pages


@pytest.fixture
def client(owner):
    return signed_in(owner)


@pytest.fixture
def plan(owner):
    return factories.plan(owner, of=factories.team(owner), subject_id=pages.running(owner).pk)


def page_of(plan, **query):
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return reverse("plan", args=[plan.pk]) + (f"?{pairs}" if pairs else "")


def decide(client, plan, decision, **fields):
    given = {"decision": decision, "content_hash": plan.current.content_hash} | fields
    return client.post(reverse("plan-decision", args=[plan.pk]), given)


def fresh(plan):
    return Plan.objects.select_related("current").get(pk=plan.pk)


def rewritten(owner, plan, *items, **fields):
    plan_revise_by_hand(owner, plan, content(*items, title="改めた計画") | fields)
    return fresh(plan)


def test_everything_that_is_needed_to_decide_is_there(client, owner, plan):
    plan = rewritten(
        owner, plan,
        item("a", queries=["納期"], acceptance=["納期がある"], instructions="ていねいに"),
        item("b", role="執筆", depends_on=["a"]),
        objective="知る", scope="国内", risks=["遅れる"], success_criteria=["わかる"],
    )  # fmt: skip
    page = html(client, page_of(plan))
    for words in (
        "知る",
        "国内",
        "遅れる",
        "わかる",
        "項目 a",
        "納期がある",
        "ていねいに",
        "秘書室 調査",
        "先に行う作業",
        "検索する言葉 (1)",
    ):
        assert words in page, words
    for word in ("承認", "差し戻し", "却下"):
        assert word in page
    assert plan.current.content_hash in page


@pytest.mark.parametrize(
    ("decision", "comment", "status"),
    [
        ("approve", "", "approved"),
        ("request_changes", "短く", "revision_requested"),
        ("reject", "不要", "rejected"),
    ],
)
def test_a_decision_counts(client, plan, decision, comment, status):
    answer = decide(client, plan, decision, comment=comment)
    assert (answer.status_code, answer.url) == (303, reverse("workflow", args=[plan.subject_id]))
    assert fresh(plan).status == status


def test_a_rejection_without_words_is_sent_back_with_the_typed_ones(client, plan):
    for decision in ("reject", "request_changes"):
        answer = decide(client, plan, decision, **{"comment-b": " "})
        assert answer.status_code == 422
        assert "入力してください。" in answer.content.decode()
    assert fresh(plan).status == "submitted"


def test_comments_stand_at_their_items_and_their_version(client, owner, plan):
    decide(client, plan, "request_changes", comment="全体に短く", **{"comment-b": "図を入れる"})
    request = plan.requests.get()
    assert request.payload["comments"] == [{"item": "b", "text": "図を入れる"}]
    page = html(client, page_of(plan))
    assert page.index('id="item-a"') < page.index('id="item-b"') < page.index("図を入れる")
    assert "第1版へのコメント" in page
    assert page.index("全体に短く") < page.index('id="item-a"')


def test_a_plan_that_changed_meanwhile_is_not_decided(client, owner, plan):
    read = plan
    now = rewritten(owner, plan, item("a", acceptance=["価格もある"]), item("c"))
    answer = decide(client, read, "approve", comment="よい", **{"comment-a": "ここも", "comment-b": "これも"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert fresh(plan).status == "submitted"
    assert "読んだ後にプランが変わりました。" in page
    assert "第1版からの変更点" in page
    assert "価格もある" in page
    assert now.current.content_hash in page
    assert read.current.content_hash not in page
    assert "ここも" in page
    assert re.search(
        r"<textarea[^>]*>\s*よい\s+これも", page
    )  # its item is gone: it moves to the plan's own comment


def test_the_second_of_two_decisions_is_told_so(client, plan):
    assert decide(client, plan, "approve").status_code == 303
    answer = decide(client, plan, "reject", comment="やはり不要")
    assert (answer.status_code, answer.url) == (303, page_of(plan))
    page = html(client, page_of(plan))
    assert "このプランは判断済みです。" in page
    assert fresh(plan).status == "approved"
    assert 'class="decide"' not in page


def test_versions_are_compared_field_by_field(client, owner, plan):
    plan = rewritten(owner, plan, item("a", acceptance=["価格もある"]), item("c"), objective="新しい目的")
    page = html(client, page_of(plan, since=1))
    changes = page[page.index('id="changes"') : page.index("items-title")]
    for words in ("目的", "新しい目的", "価格もある", "完了条件"):
        assert words in changes
    for kind, word in (("added", "追加"), ("changed", "変更"), ("removed", "削除")):
        assert re.search(rf'mark-{kind}"><svg.*?</svg>{word}<', changes), (
            kind
        )  # icon and word, not colour alone
    assert "第1版からの変更点" not in html(client, page_of(plan))


def test_an_earlier_version_can_be_read_but_not_decided(client, owner, plan):
    plan = rewritten(owner, plan, item("a"))
    page = html(client, page_of(plan, version=1))
    assert "新しい版（第2版）があります。" in page
    assert 'class="decide"' not in page
    for nonsense in ("0", "-1", "x", "９", "99999999999"):
        assert 'class="decide"' in html(client, page_of(plan, version=nonsense, since=nonsense))


def test_who_may_see_but_not_approve_is_shown_no_buttons(plan, teammate):
    share(plan, teammate)
    client = signed_in(teammate)
    page = html(client, page_of(plan))
    assert 'class="decide"' not in page
    assert "ほかの人の判断を待っています。" in page
    assert decide(client, plan, "approve").status_code == 403
    assert fresh(plan).status == "submitted"


def test_hostile_plans_are_text(client, owner, plan):
    words = HOSTILE[:200]
    plan = rewritten(
        owner, plan, item("a") | {"title": words, "instructions": words, "acceptance": [words], "queries": [words]},
        objective=words, scope=words, risks=[words], success_criteria=[words],
    )  # fmt: skip
    decide(client, plan, "request_changes", comment=HOSTILE, **{"comment-a": HOSTILE})
    page = html(client, page_of(plan, since=1))
    assert_inert(page)
    assert_shown(page, words)
    assert_inert(html(client, reverse("approvals")))


def test_the_inbox_is_oldest_first_and_leads_to_the_decision(client, owner):
    first, second = factories.plan(owner), factories.plan(owner)
    page = html(client, reverse("approvals"))
    links = re.findall(r'href="(/approvals/[0-9a-f-]{36}/)"', page)
    assert links == [reverse("approval", args=[each.requests.get().pk]) for each in (first, second)]
    assert client.get(links[0]).url == page_of(first)
    assert "承認待ちはありません。" in html(signed_in(factories_other(owner)), reverse("approvals"))


def factories_other(owner):
    return type(owner).objects.create_user("other")


def test_what_is_no_plan_is_decided_where_it_is_shown(client, owner):
    waiting = request_open(
        SYSTEM,
        owner=owner,
        kind="question",
        subject_id=uuid4(),
        title="どちらにしますか",
        content_hash="f" * 64,
        payload={"案": HOSTILE},
    )
    address = reverse("approval", args=[waiting.pk])
    page = html(client, address)
    assert_inert(page)
    assert_shown(page, HOSTILE)
    answer = client.post(address, {"decision": "answer", "answer": "甲案", "content_hash": "f" * 64})
    assert (answer.status_code, answer.url) == (303, reverse("approvals"))
    assert ApprovalRequest.objects.get().answer == "甲案"
    assert "どちらにしますか" in html(client, reverse("approvals"))  # among the last decisions
