"""「今週やるべきことを教えて」: what is asked, what is gathered over a real vault, and what is left out."""

from pathlib import Path
from typing import Any

import pytest

from ai_integration.builtin import playbook, todo
from knowledge import services
from knowledge.models import Vault
from tests.ai_integration.office import TODAY, Office
from tests.knowledge.trees import write

ASKED = [
    "今週やるべきことを教えて",
    "未完了のタスクを一覧にして",
    "今日は何をすればいい？",
    "期限切れのタスクはある？",
    "やることリストを作って",
    "TODOを期限順にまとめて",
    "残っている作業を全部洗い出して",
    "来週までの宿題を教えてください",
    "締め切りの近いタスクを優先度の高い順に並べてください。",
    "ノートに残っている未完了タスクを、期限の順に一覧にしてください。",
    "What should I do this week?",
    "List my open tasks",
    "What's overdue?",
    "Give me a to-do list for today",
    "Show me everything that is still to do, sorted by deadline",
]
OTHERWISE = [
    "オリノの残タスクを一覧にして",
    "展示会の宿題は？",
    "今週の予定を教えて",
    "タスク管理の方法を教えて",
    "やるべきことリストの書き方",
    "何をすればオリノの原価は下がる？",
    "やることと担当を会議の議事録にまとめて",
    "What should I do about the supplier?",
    "List the tasks of the launch",
    "How do I write tasks in Obsidian?",
    "",
    "？",
    "今週やるべきことを教えて。" * 20,
]


@pytest.mark.parametrize("requirement", ASKED)
def test_it_is_recognised(requirement: str) -> None:
    assert todo.is_asked(requirement)
    assert playbook.recognise(requirement).kind == "agenda"


@pytest.mark.parametrize("requirement", OTHERWISE)
def test_tasks_of_something_are_another_question(requirement: str) -> None:
    assert not todo.is_asked(requirement)


@pytest.fixture
def own_vault(owner: Any, tmp_path: Path) -> Vault:
    root = tmp_path / "own"
    root.mkdir()
    return services.vault_register(owner, name="own", path=str(root))


def rows(body: str, heading: str) -> list[str]:
    part = body.partition(f"## {heading}")[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith(("| 20", "|  |"))]


@pytest.mark.django_db
def test_this_week_over_the_sample_vault(sample: Office) -> None:
    assert TODAY == "2026-11-23"
    done = sample.delegate("今週やるべきことを教えて")
    assert (done.plan.kind, len(done.plan.items)) == ("agenda", 1)
    assert [row.split(" | ")[:2] for row in rows(done.body, "期限を過ぎたもの")] == [
        ["| 2026-11-20", "発注書を社長に回す"],
        ["| 2026-11-20", "W47 の週次報告を書く"],
    ]
    assert [row.split(" | ")[:3] for row in rows(done.body, "今週のもの")] == [
        ["| 2026-11-25", "金型の発注書を出す", ""],
        ["| 2026-11-27", "店頭見本 120 個の費用を見積もる", "早川"],
    ]
    assert "2026-11-29 まで" in done.body
    assert len(rows(done.body, "そのあとのもの")) == 5
    assert "テンプレート" not in str(done.notes)
    assert len(done.report.citations) == 9, "each task has a source of its own"
    assert not done.report.gaps
    assert all(finding.met for finding in done.verdict.findings)


@pytest.mark.django_db
def test_everything_over_the_sample_vault(sample: Office) -> None:
    body = sample.delegate("What should I do? List my open tasks.").body
    assert len(rows(body, "Overdue")) == 2
    assert len(rows(body, "Within seven days (until 2026-11-30)")) == 2
    later = [row.split(" | ")[0].removeprefix("| ") for row in rows(body, "Later")]
    assert later == sorted(later)
    assert len(later) == 5


@pytest.mark.django_db
def test_nothing_to_do_is_said_to_be_so(owner: Any, own_vault: Vault) -> None:
    text = "# A\n\n- [x] 終わった 📅 2026-11-20\n- [-] 取りやめた\n\nやることはまた考える。\n"
    write(Path(own_vault.path), "a.md", text)
    services.vault_sync(own_vault)
    done = Office(owner, own_vault).delegate("未完了のタスクを一覧にして")
    assert "未完了のタスク" in done.gaps
    assert not done.report.citations


@pytest.mark.django_db
def test_order_odd_tasks_and_those_without_a_date(owner: Any, own_vault: Vault) -> None:
    """Dates of both plugins, priorities, tasks in progress, subtasks, a table's stroke; in code there are none."""
    text = (
        "# T\n\n- [ ] 急がない\n- [/] 途中 🔼 📅 2026-11-24\n- [ ] 最優先 🔺 📅 2026-11-24\n"
        "  - [ ] 子の作業 [due:: 2026-11-26]\n- [ ] A|B を選ぶ ⏳ 2026-12-24\n- [ ] 始められる 🛫 2026-11-20\n"
        "- [ ] 2026-11-25 までに返事をする\n\n```\n- [ ] 例\n```\n"
    )
    write(Path(own_vault.path), "t.md", text)
    services.vault_sync(own_vault)
    body = Office(owner, own_vault).delegate("未完了のタスクを一覧にして").body
    assert [row.split(" | ")[1] for row in rows(body, "7日以内のもの")] == [
        "最優先",
        "途中",
        "2026-11-25 までに返事をする",
        "子の作業",
    ]
    assert [row.split(" | ")[1] for row in rows(body, "そのあとのもの")] == ["A／B を選ぶ"]
    undated = [row.split(" | ")[:2] for row in rows(body, "期限のないもの")]
    assert undated == [["| ", "急がない"], ["| ", "始められる"]]
    assert "例" not in body


@pytest.mark.django_db
def test_many_are_told_by_what_is_due_first(owner: Any, own_vault: Vault) -> None:
    for at in range(200):
        text = f"# N{at}\n\n- [ ] 作業{at:03} 📅 2026-12-{at % 28 + 1:02}\n"
        write(Path(own_vault.path), f"n{at:03}.md", text)
    services.vault_sync(own_vault)
    body = Office(owner, own_vault).delegate("未完了のタスクを一覧にして").body
    found = [row.split(" | ")[0].removeprefix("| ") for row in rows(body, "7日") + rows(body, "そのあと")]
    assert len(found) >= 40
    assert found == sorted(found)
    assert found[0] == "2026-12-01"
    assert "このほかにも未完了のタスクがノートに残っているかもしれません。" in body


@pytest.mark.django_db
def test_a_long_list_says_what_it_leaves_out(owner: Any, own_vault: Vault) -> None:
    text = "# L\n\n" + "".join(f"- [ ] 作業{at:03}\n" for at in range(100))
    write(Path(own_vault.path), "l.md", text)
    services.vault_sync(own_vault)
    body = Office(owner, own_vault).delegate("未完了のタスクを一覧にして").body
    assert "未完了のタスクは 100 件です" in body
    assert len(rows(body, "期限のないもの")) == 80
    assert "ほか 20 件は、ここには並べていません。" in body
    assert "残っているかもしれません" not in body


@pytest.mark.django_db
def test_what_is_behind_the_time_asked_is_counted_and_not_all_listed(owner: Any, own_vault: Vault) -> None:
    text = "# L\n\n" + "".join(f"- [ ] 作業{at:02} 📅 2027-01-{at:02}\n" for at in range(1, 21))
    write(Path(own_vault.path), "l.md", text)
    services.vault_sync(own_vault)
    body = Office(owner, own_vault).delegate("今週やるべきことを教えて").body
    assert "未完了のタスクは 20 件です" in body
    assert "ここに入るタスクはありません。" in body
    assert len(rows(body, "そのあとのもの")) == 5
    assert "ほか 15 件は、ここには並べていません。" in body
