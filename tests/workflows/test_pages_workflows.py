"""The list of workflows, the page of one, and what can be done there."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from ai_integration.models import CallRecord
from tests import factories
from tests.counting import queries
from tests.factories import share
from tests.pages import HOSTILE, HOSTILE_MARKDOWN, assert_inert, assert_shown, html, signed_in
from tests.workflows import pages
from tests.workflows.conftest import House
from tests.workflows.driving import crank
from workflows.models import Report, Task, TaskResult, Workflow
from workflows.states import TaskStatus, WorkflowStatus


@pytest.fixture
def client(owner):
    return signed_in(owner)


def at(workflow, **query):
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return reverse("workflow", args=[workflow.pk]) + (f"?{pairs}" if pairs else "")


def act(client, workflow, action, **fields):
    return client.post(reverse("workflow-act", args=[workflow.pk, action]), fields)


def test_the_list_is_narrowed_by_words_and_status(client, owner):
    back, moving = pages.finished(owner, title="納期の調査"), pages.running(owner, title="価格の調査")
    address = reverse("workflows")
    for query, shown in (
        ({"q": "納期"}, {back}), ({"q": "調査"}, {back, moving}), ({"status": "running"}, {moving}), ({"status": "ended"}, {back}),
        ({"status": "waiting"}, set()), ({"q": "該当なし"}, set()), ({"status": "nonsense"}, {back, moving}),
    ):  # fmt: skip
        page = html(client, address, **query)
        assert {each for each in (back, moving) if each.title in page} == shown, query
    assert "条件に合うワークフローはありません。" in html(client, address, q="該当なし")


def test_an_empty_list_teaches(client):
    assert "依頼してみる" in html(client, reverse("workflows"))


def test_older_ones_are_a_page_away(client, owner):
    made = [factories.draft_workflow(owner, title=f"調査{number:02}") for number in range(35)]
    first = html(client, reverse("workflows"), q="調査")
    assert made[-1].title in first
    assert made[0].title not in first
    older = re.search(r'href="(\?[^"]*cursor=[^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = html(client, reverse("workflows") + older)
    assert made[0].title in second
    assert made[-1].title not in second
    assert "q=%E8%AA%BF" in older


def test_a_whole_run_is_shown(house: House):
    client = signed_in(house.user)
    workflow = crank(house.delegate(auto_approve=True))
    page = html(client, at(workflow))
    assert "<article" in page
    assert page.count('class="fn"') >= 2
    target = re.search(r'href="(/knowledge/notes/[0-9a-f-]{36}/)#L(\d+)"', page)
    assert f'id="L{target[2]}"' in html(client, target[1])
    assert "obsidian://open?path=" in page
    work = html(client, at(workflow, view="work", task="t1"))
    for words in (
        "作業の流れ",
        "完了条件",
        "満たしている",
        "これまでの経過",
        "自動で承認しました",
        "モデルの呼び出し",
    ):
        assert words in work
    assert work.count('class="node"') == workflow.tasks.count()
    assert "workflow.status_changed" not in work
    assert_inert(page)
    assert_inert(work)


def test_a_plan_that_waits_is_drawn_and_led_to(house: House):
    workflow = crank(house.delegate())
    page = html(signed_in(house.user), at(workflow))
    assert "プランがあなたの承認を待っています。" in page
    assert reverse("plan", args=[workflow.plan_id]) in page
    assert 'data-status="draft"' in page
    assert "作業の流れ（予定）" in page


def test_a_task_shows_what_was_asked_and_how_it_is_proved(client, owner):
    workflow = pages.finished(owner)
    task = workflow.tasks.get()
    Task.objects.filter(pk=task.pk).update(
        comments=["出典を足してください"], instructions="ていねいに", queries=["納期"], revision=1
    )
    CallRecord.objects.create(
        key=f"task:{task.pk}:0", owner=owner, subject_id=workflow.pk, job="work", provider="builtin", model="builtin",
        tokens_in=321, tokens_out=45, latency_ms=1500, status="finished",
    )  # fmt: skip
    page = html(client, at(workflow, task="t1"))
    for words in (
        "出典を足してください",
        "ていねいに",
        "納期がある",
        "[1] に記述があります。",
        "321 / 45",
        "1.5 秒",
        "内蔵秘書（生成AIなし）",
        "価格は不明",
        "修正 1回",
    ):
        assert words in page, words


def test_evidence_is_told_by_icon_and_word(client, owner):
    workflow = pages.finished(owner)
    TaskResult.objects.update(evidence=[{"criterion": "納期がある", "met": False, "note": ""}])
    Task.objects.update(acceptance=["納期がある", "価格がある"])
    page = html(client, at(workflow, task="t1"))
    assert 'aria-label="満たしていない"' in page
    assert 'aria-label="未判定"' in page


@pytest.mark.security("S10")
def test_hostile_markup_is_inert_everywhere(client, owner):
    workflow = pages.finished(owner, title=HOSTILE, reason=HOSTILE)
    Task.objects.update(
        title=HOSTILE,
        instructions=HOSTILE,
        reason=HOSTILE,
        comments=[HOSTILE],
        acceptance=[HOSTILE],
        queries=[HOSTILE],
    )
    hostile = pages.CITATION | {
        "number": 1,
        "note": HOSTILE,
        "quote": HOSTILE,
        "heading": HOSTILE,
        "note_id": str(uuid4()),
    }
    TaskResult.objects.update(
        body=f"{HOSTILE_MARKDOWN}[t1-1]", gaps=[HOSTILE], citations=[hostile], persona_name=HOSTILE[:100]
    )
    Report.objects.update(
        markdown=f"{HOSTILE_MARKDOWN}[^1]\n\n[^1]: {HOSTILE}\n", citations=[hostile], gaps=[HOSTILE]
    )
    for page in (html(client, at(workflow)), html(client, at(workflow, task="t1"))):
        assert_inert(page)
        assert_shown(page, HOSTILE)


def test_a_report_of_a_megabyte_and_500_tasks_are_shown(client, owner):
    workflow = pages.finished(owner)
    Report.objects.update(markdown="# 長い報告\n\n" + "- 納期は三週間です。[^1]\n" * 30_000)
    assert "納期は三週間です。" in html(client, at(workflow))
    tasks = [
        Task(
            workflow=workflow,
            key=f"k{n}",
            title=f"作業 {n}",
            position=n,
            depends_on=[f"k{n - 1}"] if n % 5 else [],
        )
        for n in range(1, 500)
    ]
    Task.objects.bulk_create(tasks)
    page = html(client, at(workflow, view="work"))
    assert page.count('class="node"') == 500


def test_a_page_asks_as_much_for_60_tasks_as_for_5(client, owner):
    small, large = pages.running(owner, tasks=5), pages.running(owner, tasks=60)
    queries(client, at(small))
    assert queries(client, at(small)) == queries(client, at(large))


def test_parts_are_the_pages_own(client, owner):
    workflow = pages.running(owner)
    page = html(client, at(workflow))
    for name in ("head", "dag", "tasks", "log"):
        piece = html(client, at(workflow), fragment=name)
        assert re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", piece.strip()) in re.sub(
            r'name="csrfmiddlewaretoken" value="[^"]+"', "", page
        )


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (WorkflowStatus.DRAFT, {"start", "cancel"}),
        (WorkflowStatus.RUNNING, {"pause", "cancel"}),
        (WorkflowStatus.PAUSED, {"resume", "cancel"}),
        (WorkflowStatus.FAILED, {"resume", "cancel"}),
        (WorkflowStatus.COMPLETED, set()),
        (WorkflowStatus.CANCELLED, set()),
    ],
)
def test_only_what_can_be_done_is_offered(client, owner, teammate, status, offered):
    workflow = pages.running(owner)
    Workflow.objects.update(status=status, resumes_to="running")
    page = html(client, at(workflow))
    assert set(re.findall(rf"/workflows/{workflow.pk}/(start|pause|resume|cancel)/", page)) == offered
    share(workflow, teammate)
    assert not re.findall(r"/(start|pause|resume|cancel|delete)/\"", html(signed_in(teammate), at(workflow)))
    assert act(signed_in(teammate), workflow, "cancel").status_code in (303, 403)
    workflow.refresh_from_db()
    assert workflow.status == status


def test_actions_post_redirect_and_say_how_it_went(client, owner):
    workflow = pages.running(owner)
    answer = act(client, workflow, "pause")
    assert (answer.status_code, answer.url) == (303, at(workflow))
    assert "一時停止しました。" in html(client, answer.url)
    act(client, workflow, "pause")  # a second time
    assert "toast error" in html(client, at(workflow))
    act(client, workflow, "cancel", reason="予定が変わった")
    workflow.refresh_from_db()
    assert (workflow.status, workflow.reason) == (WorkflowStatus.CANCELLED, "予定が変わった")
    assert client.post(reverse("workflow-delete", args=[workflow.pk])).url == reverse("workflows")
    assert not Workflow.objects.exists()


def test_a_failed_workflow_says_what_happened_what_was_kept_and_what_to_do(client, owner):
    workflow = pages.running(owner)
    Workflow.objects.update(
        status=WorkflowStatus.FAILED, reason="ディスクがいっぱいです", resumes_to="running"
    )
    page = html(client, at(workflow))
    assert "ディスクがいっぱいです" in page
    assert "これまでの結果は残っています。" in page


def test_a_failed_task_is_done_again_and_a_pending_one_taken_out(client, owner):
    workflow = pages.running(owner)
    failed, pending = workflow.tasks.get(key="t1"), workflow.tasks.get(key="t3")
    Task.objects.filter(pk=failed.pk).update(status=TaskStatus.FAILED, reason="モデルが答えない")
    assert "やり直す" in html(client, at(workflow, task="t1"))
    answer = client.post(reverse("task-act", args=[failed.pk, "retry"]))
    assert answer.url.endswith("?task=t1")
    failed.refresh_from_db()
    assert failed.status == TaskStatus.PENDING
    client.post(reverse("task-act", args=[pending.pk, "take-out"]))
    pending.refresh_from_db()
    assert pending.status == TaskStatus.CANCELLED
    assert client.get(reverse("task", args=[pending.pk])).url == at(workflow, task="t3")


def test_the_report_is_handed_out_as_markdown(client, owner):
    workflow = pages.finished(owner, title="納期の調査")
    answer = client.get(reverse("workflow-report-file", args=[workflow.pk]))
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    assert answer.content.decode() == workflow.report.markdown
    assert client.get(reverse("workflow-report-file", args=[pages.running(owner).pk])).status_code == 404
