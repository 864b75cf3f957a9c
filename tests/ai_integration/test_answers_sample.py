"""Whether the reports of the built-in secretary are what their receiver would use, over the sample vault and an English one."""

from pathlib import Path
from typing import Any

import pytest

from tests.ai_integration.office import Delegated, Office, over

PRODUCT = "製品/オリノ "
FAIR = "展示会/春の文具展 "
JUDGED = "会議/2026-11-11 新製品判定会議.md"
PREPARED = "会議/2026-11-18 展示会準備会議.md"
RIVALS = "製品/競合調査メモ.md"
EXPENSES = "規程/経費精算規程.md"
BUYING = "Reading/Buying things that last.md"
SAVING = "Reading/Small rules for money.md"
ENGLISH = {
    "Trips/2024 Lisbon trip.md": '---\nstart: 2024-05-03\nend: 2024-05-09\nloc:\n  - "[[Lisbon]]"\n---\n',
    "People/2024-03-05 Call with Rosa.md": (
        '---\ndate: 2024-03-05\npeople:\n  - "[[Rosa Lind]]"\n---\n- Agreed to move the launch to June.\n'
        "- Rosa will send the contract by 12 March.\n"
    ),
    "People/2024-04-02 Call with Tom.md": "---\ndate: 2024-04-02\n---\n- Agreed to close the old shop.\n",
    BUYING: (
        "Before spending money I ask how often I will use the thing.\n\n## Repair\n\n"
        "Things that can be repaired save money over the years.\n"
    ),
    SAVING: "- Spend money on tools you use every day.\n- Put a tenth of every salary aside before spending.\n",
    "Notes/Sourdough.md": "Feed the starter twice a day.\n",
}


@pytest.fixture
def english(owner: Any, tmp_path: Path) -> Office:
    return over(owner, tmp_path, ENGLISH)


def says(done: Delegated, *facts: str) -> None:
    for fact in facts:
        assert fact in done.body, f"{fact} is not in:\n{done.markdown}"


def silent_on(done: Delegated, *words: str) -> None:
    for word in words:
        assert word not in done.body, f"{word} is in:\n{done.markdown}"


def test_research_reads_the_note_that_is_called_what_is_asked(sample: Office) -> None:
    done = sample.delegate("新製品の価格、納期、競合について調べて、報告書にまとめてください")
    assert done.plan.kind == "research_report"
    says(
        done,
        "2,480 円（税抜）",
        "**納期**：「初回ロット 3,000 個: 2027-01-18 生産開始、2027-02-26 納品」",
        "A 社",
        "B 社",
        "1,480 円",
    )
    assert {f"{PRODUCT}価格検討.md", f"{PRODUCT}量産と納期.md", RIVALS} <= done.notes
    assert not any(note.startswith(("規程/", "展示会/", "読書メモ/", "はじめに")) for note in done.notes)
    assert not done.gaps


def test_a_fair_has_its_own_date_place_and_total_and_the_work_that_is_left(sample: Office) -> None:
    done = sample.delegate(
        "春の文具展の準備について、日時、場所、予算、担当、残っている作業をまとめてください"
    )
    says(done, "**日時**：「会期は 2027 年 2 月 17 日", "**場所**：「会場は湾岸展示場の東 2 ホール")
    says(
        done, "**予算**：「予算の総額は 1,260,000 円", "佐伯・三浦", "残っている作業", "招待状の送り先 180 件"
    )
    left = done.body.split("### 残っている作業")[-1]
    assert "印刷物の入稿" in left
    assert "出展の申し込み" not in left, "what is done is not left"
    assert {f"{FAIR}準備.md", f"{FAIR}予算.md", PREPARED} <= done.notes
    assert "はじめに.md" not in done.notes
    assert not done.gaps


def test_minutes_keep_to_the_meeting_that_is_named(sample: Office) -> None:
    done = sample.delegate("2026-11-11の新製品判定会議の議事録を要約して、決定事項と宿題を一覧にしてください")
    assert done.plan.kind == "minutes"
    assert done.notes == {JUDGED}
    says(
        done,
        "13:30〜15:00",
        "社長, 佐伯, 三浦, 早川, 小野寺",
        "2,480 円",
        "発売日は 2027 年 3 月 16 日",
        "承認",
    )
    says(done, "| 早川 | 店頭見本 120 個の費用を見積もる | 2026-11-27 |")
    says(done, "| 三浦 | 丸葉紙工へ納期を確認する | 2026-11-18（済） |")
    silent_on(done, "9 ミリの机", "製品名を「オリノ」とする")
    assert "未決事項" in done.gaps


def test_where_we_went_is_the_place_of_the_trip_and_what_is_not_recorded_is_a_gap(english: Office) -> None:
    done = english.delegate(
        "Summarize what happened on the 2024 Lisbon trip: where did we go, where did we eat"
    )
    says(done, "loc: Lisbon")
    assert done.notes == {"Trips/2024 Lisbon trip.md"}
    assert "where did we eat" in done.gaps
    assert "where did we go" not in done.gaps


def test_a_theme_that_the_requirement_names_is_looked_up_for_its_own_sake(sample: Office) -> None:
    done = sample.delegate(
        "来週の社内勉強会の企画書を作ってください。テーマは「値づけの考え方」で、読書メモを使ってください"
    )
    says(done, "値段は原価からではなく、お客さまが比べる相手から決まる。")
    assert done.notes == {"読書メモ/値づけの考え方.md"}
    assert "場所" in done.gaps
    assert "値づけの考え方" not in done.gaps


def test_rules_asked_for_without_points_come_heading_by_heading_the_nearest_among_them(
    sample: Office,
) -> None:
    done = sample.delegate("出張の経費精算のルールを新入社員向けに1ページにまとめて")
    says(done, "宿泊の上限は 1 泊 11,000 円", "30 日以内に申請する", "領収書を付ける")
    assert done.notes == {EXPENSES}


def test_a_question_of_no_known_type_gets_what_the_notes_hold(sample: Office) -> None:
    done = sample.delegate("モニター調査でお客さまが何と言っていたか、良い点と悪い点に分けて教えてください")
    says(done, "いちばん評価されたのは薄さ", "いちばん低かったのは角度の変えやすさ", "| かさばる | 61 % |")
    assert "良い点と悪い点" in done.gaps, "that nothing says so in these words stays said"


def test_the_overview_of_a_note_is_what_the_note_tells(english: Office) -> None:
    done = english.delegate("Summarize the 2024-03-05 Call with Rosa and list action items")
    says(done, "Agreed to move the launch to June.", "Rosa will send the contract by 12 March.")
    assert done.notes == {"People/2024-03-05 Call with Rosa.md"}


def test_a_comparison_fills_every_cell_from_its_own_row(sample: Office) -> None:
    done = sample.delegate("オリノとA社、B社を、価格、厚さ、重さで比較してください")
    assert done.plan.kind == "comparison"
    rows: dict[str, str] = {}
    for line in done.body.splitlines():  # the comparison comes first
        if line.startswith("| "):
            rows.setdefault(line.split("|")[1].strip(), line)
    for point, own, first, second in (
        ("価格", "2,480 円", "2,700 円", "1,480 円"),
        ("厚さ", "9 mm", "16 mm", "12 mm"),
        ("重さ", "210 g", "265 g", "180 g"),
    ):
        cells = rows[point].split("|")
        assert own in cells[2]
        assert first in cells[3]
        assert second in cells[4]
    assert RIVALS in done.notes


def test_an_announcement_gives_facts_and_blanks_and_nothing_internal(sample: Office) -> None:
    done = sample.delegate("春の文具展への出展を取引先に知らせる案内文を作ってください")
    assert done.plan.kind == "announcement"
    says(done, "会期は 2027 年 2 月 17 日", "湾岸展示場の東 2 ホール", "【要確認：連絡先】")
    silent_on(done, "目標は名刺", "1,260,000", "雪で搬入", "2026-10-30")
    assert "連絡先" in done.gaps


def test_a_letter_tells_what_it_is_for_and_nothing_internal(sample: Office) -> None:
    done = sample.delegate("取引先に送るメールの文面を考えて。新製品の発売日と価格を知らせたい。")
    assert done.plan.kind == "letter"
    says(done, "件名：新製品について", "発売日は 2027 年 3 月 16 日", "希望小売価格は 2,480 円")
    silent_on(done, "原価", "312 円", "卸値", "取り下げる")


def test_a_document_sets_out_the_rule_with_its_table(sample: Office) -> None:
    done = sample.delegate("経費精算の手順書を作ってください。申請の期限、領収書、承認を入れてください")
    assert done.plan.kind == "document"
    says(
        done,
        "30 日以内に申請する",
        "1,000 円以上の支払いには領収書",
        "部門の責任者",
        "10 万円を超える",
        "社長",
    )
    assert EXPENSES in done.notes
    assert done.notes <= {EXPENSES, f"{FAIR}予算.md"}


def test_a_question_on_the_past_is_answered_by_the_record(sample: Office) -> None:
    done = sample.delegate("丸葉紙工はこれまで納期を守ってきましたか。支払いの条件も教えてください")
    says(done, "5 日遅れ", "3 回のうち 1 回が 5 日遅れた", "月末締め翌々月 10 日")
    silent_on(done, "月末締め翌月末")
    assert "取引先/丸葉紙工.md" in done.notes


@pytest.mark.parametrize(
    ("requirement", "gaps"),
    [
        ("夏季休業はいつですか。社員食堂はどこにありますか", ["夏季休業", "社員食堂"]),
        ("オリノの特許と電池の駆動時間について調べて、報告書にまとめてください", ["特許", "電池の駆動時間"]),
    ],
)
def test_what_the_vault_does_not_hold_is_a_gap(sample: Office, requirement: str, gaps: list[str]) -> None:
    done = sample.delegate(requirement)
    assert all(gap in done.gaps for gap in gaps)
    says(done, "見つかりませんでした")
    assert not any(note.startswith(("規程/", "会議/", "読書メモ/")) for note in done.notes)


def test_an_event_separates_what_is_settled_from_what_is_not(sample: Office) -> None:
    done = sample.delegate("春の文具展の当日の企画書を作ってください。日時、場所、駐車場を入れてください")
    assert done.plan.kind == "event"
    says(done, "2027 年 2 月 17 日", "湾岸展示場")
    assert "駐車場" in done.gaps


def test_an_english_question_with_a_list_is_answered_point_by_point(sample: Office) -> None:
    done = sample.delegate("What do the overseas shops expect for Orino: price, minimum order and delivery?")
    says(done, "USD 19", "100 pieces or fewer", "eight weeks after the order")
    assert done.notes == {"製品/Orino overseas notes.md"}
    assert not done.gaps


def test_facts_that_only_the_frontmatter_holds_are_found(english: Office) -> None:
    done = english.delegate("Summarize the 2024 Lisbon trip: where, when and who paid")
    says(done, "Lisbon", "2024-05-03", "2024-05-09")
    assert done.notes == {"Trips/2024 Lisbon trip.md"}
    assert {each["line"] for each in done.report.citations} == {2, 3, 4}
    assert "who paid" in done.gaps


def test_what_another_call_agreed_stays_out(english: Office) -> None:
    done = english.delegate("What did the call with Rosa agree?")
    says(done, "move the launch to June")
    assert done.notes == {"People/2024-03-05 Call with Rosa.md"}


def test_two_notes_are_set_side_by_side_on_what_they_advise(english: Office) -> None:
    done = english.delegate(
        "Compare the advice in Buying things that last and Small rules for money on spending money"
    )
    says(done, "how often I will use the thing", "tools you use every day")
    assert done.notes == {BUYING, SAVING}
