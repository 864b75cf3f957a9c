"""Ways of asking that people use: each gets what answers it, and no statement that only looks like an answer."""

from pathlib import Path
from typing import Any

import pytest

from tests.ai_integration.office import Delegated, Office, over

NOTES = {
    "People/Ada Quill.md": '---\ncategories:\n  - "[[People]]"\ntype:\n  - "[[Authors]]"\ncreated: 2023-09-12\n---\n## Books\n',
    "Clippings/Sixty bits of advice.md": (
        '---\nauthor:\n  - "[[Ada Quill]]"\nclipped: 2023-09-12\n---\n'
        "- Listen until there is no more to hear.\n- Promptness is a sign of respect.\n"
    ),
    "Clippings/Buy wisely.md": (
        "Whenever I buy things I try to prioritize *cost per use*.\n\n## Cost per use\n\n"
        "*Cost per use* is a heuristic that helps me make decisions about most purchases.\n\n"
        "## How to estimate uses\n\nRemember the ideal *cost per use* trends to $0.\n"
    ),
    "Notes/Minimal Theme.md": '---\ncategories:\n  - "[[Projects]]"\n---\n## To-do\n\n- [x] Color schemes\n- [x] Mobile support\n',
    "Notes/2023-09-12 Meeting with Bo.md": "---\ndate: 2023-09-12\n---\nDiscussed the book on emergence.\n",
    "References/The Tale of Zelda.md": '---\ncategories:\n  - "[[Games]]"\nmaker: "[[Nintendo]]"\n---\n',
    "References/Shrine of Foxes.md": '---\ntype:\n  - "[[Shrines]]"\nloc:\n  - "[[Kyoto]]"\nrating: 7\nlast: 2023-09-20\n---\n',
    "Trips/2023 Japan Trip.md": '---\nstart: 2023-09-12\nend: 2023-09-30\nloc:\n  - "[[Kyoto]]"\n---\n',
}


@pytest.fixture
def english(owner: Any, tmp_path: Path) -> Office:
    return over(owner, tmp_path, NOTES)


def check(done: Delegated, says: list[str], gaps: list[str], silent: list[str]) -> None:
    """`says` are in the report, `silent` are not, each of `gaps` is told as not confirmed, and the reviewer agrees."""
    missing = [each for each in says if each not in done.body]
    missing += [f"gap: {each}" for each in gaps if each not in done.gaps]
    extra = [each for each in silent if each in done.body]
    assert (missing, extra, not gaps) == ([], [], not done.gaps), done.markdown
    doubted = [each.criterion for each in done.verdict.findings if not each.met]
    assert gaps or not doubted, done.markdown


@pytest.mark.parametrize(
    ("requirement", "says", "gaps", "silent"),
    [
        (
            "丸葉紙工はどんな会社ですか？",
            ["厚紙の加工と化粧箱の仕入れ先。オリノの板と箱を頼む。"],
            [],
            ["化粧箱: 64"],
        ),
        (
            "丸葉紙工について教えて",
            ["厚紙の加工と化粧箱の仕入れ先", "月末締め翌々月 10 日", "3 回のうち 1 回"],
            [],
            ["来週の予定"],
        ),
        ("丸葉紙工との取引条件と過去の納期遅れを調べて", ["最低ロット: 1,000 個", "5 日遅れ"], [], ["蝶番"]),
        (
            "オリノの価格を決めた理由と、残っている懸念を整理してください。",
            ["モニターの 71 % が「ちょうどよい」と答えた", "蝶番の仕入れ先が 1 社だけ"],
            [],
            ["アルミ蝶番 2 個", "金型の手配"],
        ),
        (
            "経費精算の締切と、領収書をなくしたときの手順は？",
            ["支払った日から 30 日以内"],
            ["領収書をなくしたときの手順"],
            ["領収書をなくしたときの手順**：「"],
        ),
        ("電車代に領収書は必要ですか", ["区間を書けば領収書はいらない"], [], []),
        ("出張で1泊15,000円のホテルに泊まっていい？", ["宿泊の上限は 1 泊 11,000 円"], [], []),
        (
            "展示会の予算が超過しそうかどうか教えて。根拠も付けて。",
            ["予算を超える支出は、1 万円を超えるごとに佐伯の承認を取る"],
            [],
            ["予算を社長に出す"],
        ),
        ("オリノは3月に発売できますか？", ["2027 年 3 月 16 日（火）の発売を目標"], [], ["気になる声"]),
        ("月舟堂さんが言っていた要望を箇条書きにして", ["見本を 1 個、開いた形で置きたい"], [], []),
        ("三浦さんの担当している仕事を全部挙げて", ["体験台の試作", "金型の手配"], [], []),
        (
            "会議で決まったことのうち、まだ終わっていないものを一覧にして",
            ["ブースの図面を主催者へ送る"],
            [],
            [],
        ),
        (
            "昨年の展示会の反省点を踏まえて、今年の展示会で気をつけることをまとめて",
            ["商談の記録が追いつかず", "配布物がなくなった"],
            [],
            ["展示会の予算を社長に出す"],
        ),
        (
            "社内で個人情報を扱うときのルールを新人向けに説明する文書を作って",
            ["顧客の名前と連絡先は入れない"],
            ["目的・概要"],
            ["発売を目標"],
        ),
        (
            "オリノの発売までのスケジュールと、遅れそうな項目を教えてください",
            ["2027-03-16", "金型が遅れたら"],
            [],
            [],
        ),
        (
            "先週の売上はいくらでしたか。前の週と比べてどうですか。",
            ["いくらでしたか**：「売上は 4,480,000 円（計画比 99 %）。"],
            ["前の週と比べて"],
            ["2,140,000"],
        ),
        (
            "11月18日の会議の議事録を要約して、決定事項と宿題を一覧にしてください",
            ["日時：2026-11-18", "佐伯, 早川, 小野寺, 三浦", "体験台は 4 台", "ブースの図面を主催者へ送る"],
            ["議題"],
            ["2026-10-07"],
        ),
        ("発売が遅れたらどうする？", ["発売日を 3 月 30 日に延ばす"], [], ["領収書の宛名"]),
        ("小野寺さんの来週の予定を教えて", ["ブースの図面を提出"], [], ["体験台の試作"]),
        ("展示会までにやるべきことを時系列で並べて", ["招待状の送り先 180 件", "搬入と設営"], ["参加者"], []),
        (
            "値づけの考え方のメモから、価格を決めるときの原則を3つ抜き出して",
            ["お客さまが比べる相手から決まる", "真ん中が選ばれやすい"],
            [],
            [],
        ),
        ("オリノの重さと厚さは？", ["重さ 210 g", "厚さ 9 mm"], [], ["耐荷重"]),
        ("在宅勤務の規程はありますか", [], ["在宅勤務の規程"], ["下書き"]),
        ("競合と比べたオリノの強みと弱みを教えて", [], ["強み", "弱み"], ["**競合**"]),
        (
            "昨年の展示会で成約は何件でしたか。売上も。",
            ["うち成約 12 件", "成約した売上は 6 か月で 2,140,000 円"],
            [],
            ["日時"],
        ),
        (
            "競合3社の価格と重さを表にして",
            ["| A 社 アルミ折りたたみ型 | 2,700 円", "1,480 円"],
            [],
            ["重さをして"],
        ),
        (
            "新製品について社内向けのお知らせ文を作ってください。発売日、価格、問い合わせ先を入れて。",
            ["発売日は 2027 年 3 月 16 日", "2,480 円"],
            ["問い合わせ先"],
            ["社内向け"],
        ),
        ("オリノの色のバリエーションを教えて", [], ["概要"], ["概要**：「"]),
        ("発売日の根拠になるノートを引用付きで示して", [], ["根拠になるノート"], ["根拠になるノート**：「"]),
        ("オリノのターゲットは誰ですか", [], ["ターゲット"], ["試作 3 号の評価"]),
        (
            "丸葉紙工はどんな会社ですか？取引条件と過去の納期遅れも。",
            ["厚紙の加工と化粧箱の仕入れ先", "月末締め翌々月 10 日", "5 日遅れ"],
            [],
            [],
        ),
    ],
)
def test_in_japanese(
    sample: Office, requirement: str, says: list[str], gaps: list[str], silent: list[str]
) -> None:
    check(sample.delegate(requirement), says, gaps, silent)


@pytest.mark.parametrize(
    ("requirement", "says", "gaps", "silent"),
    [
        ("Who is Ada Quill?", ["type: Authors"], [], ["Listen until"]),
        (
            "Who is Ada Quill and what have I saved of hers?",
            ["type: Authors", "hers**: “author: Ada Quill”"],
            [],
            ["Listen until"],
        ),
        ("What is cost per use?", ["What is cost per use**: “Cost per use is a heuristic"], [], []),
        ("Is the Minimal theme free?", [], ["Is the Minimal theme free"], ["Color schemes"]),
        ("What are the open to-dos for the Minimal theme?", [], ["open to-dos"], ["Mobile support"]),
        ("What did I do on 2023-09-12?", ["Discussed the book on emergence"], [], ["Promptness"]),
        ("Do my notes mention Zelda?", ["maker: Nintendo"], [], []),
        ("Which shrines have I noted in Kyoto?", ["type: Shrines” [^1] (Shrine of Foxes)"], [], ["start:"]),
        ("How long was my trip to Japan?", ["start: 2023-09-12", "end: 2023-09-30"], [], []),
        (
            "What's my rating of the Shrine of Foxes and when did I last visit it?",
            ["rating: 7", "last: 2023-09-20"],
            [],
            [],
        ),
        ("Is there anything on the tax return?", [], ["tax return"], []),
        ("Which games do I have?", ["categories: Games” [^1] (The Tale of Zelda)"], [], []),
    ],
)
def test_in_english(
    english: Office, requirement: str, says: list[str], gaps: list[str], silent: list[str]
) -> None:
    check(english.delegate(requirement), says, gaps, silent)
