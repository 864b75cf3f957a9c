"""What the built-in secretary reads out of a requirement."""

import pytest

from ai_integration.builtin.request import parse


@pytest.mark.parametrize(
    ("requirement", "topic", "aspects"),
    [
        ("新製品Aの価格、納期、競合を調べて比較し、報告書にまとめてください。", "新製品A", ("価格", "納期", "競合")),
        ("新製品Aについて、価格と納期を調べて。", "新製品A", ("価格", "納期")),
        ("新製品の価格と納期を調べて、取引先への説明案を作ってください", "新製品", ("価格", "納期")),
        ("展示会について調べて、部長への報告をまとめて。費用も入れて", "展示会", ("費用",)),
        ("取引先への説明案を作ってください", "取引先", ()),
        ("プロジェクトXのリスクと課題を洗い出して", "プロジェクトX", ("リスク", "課題")),
        ("社内の忘年会の企画書を作って。日時、会場、予算を整理して。", "社内の忘年会", ("日時", "会場", "予算")),
        ("先週の定例会議の議事録をまとめて", "先週の定例会議", ()),
        ("11月9日の定例会議の議事録をまとめて", "11月9日の定例会議", ()),
        ("展示会の件、いつ、どこで、誰が担当するのか確認したい", "展示会", ("日時", "場所", "担当・参加者")),
        ("田中さんとの打ち合わせで何が決まったか教えて", "田中さんとの打ち合わせ", ("田中さんとの打ち合わせで何が決まったか",)),
        ("オフィス移転のお知らせの文案。新住所、移転日を入れて", "オフィス移転", ("新住所", "移転日")),
        ("在宅勤務規程のドキュメントを作成", "在宅勤務規程", ()),
        ("忘年会の準備状況を、残りの作業と担当に分けて報告して", "忘年会", ("残りの作業", "担当", "準備状況")),
        ("Research the price, delivery time and competitors of Widget.", "Widget", ("price", "delivery time", "competitors")),
        ("A report on what tarts are and how to bake them", "tarts", ("what tarts are", "how to bake tarts")),
        ("Plan our 2023 Japan trip summary: where, when, what to see", "2023 Japan trip", ("where", "when", "what to see")),
        ("Summarise the risks of the Atlas migration and who owns each.", "Atlas migration", ("risks", "who owns each")),
        ("I need a page about our backup policy, including retention and cost.", "backup policy", ("retention", "cost")),
        ("What did the meeting with Steph decide?", "meeting with Steph", ("What did the meeting with Steph decide",)),
        ("Write the minutes of the Monday sync", "Monday sync", ()),
        ("Summarize what happened on the Lisbon trip: where did we go, who came", "Lisbon trip", ("where did we go", "who came")),
        ("Find what the notes say about buying tools", "buying tools", ("what the notes say about buying tools",)),
        ("Which books should I read about design?", "design", ("Which books should I read about design",)),
    ],
)  # fmt: skip
def test_topic_and_aspects(requirement: str, topic: str, aspects: tuple[str, ...]) -> None:
    asked = parse(requirement)
    assert (asked.topic, asked.aspects) == (topic, aspects)


@pytest.mark.parametrize(
    ("requirement", "things", "aspects"),
    [
        ("A社とB社のサービスを料金と機能で比較して", ("A社", "B社"), ("料金", "機能")),
        ("オリノと競合製品を価格と特徴で比較して", ("オリノ", "競合製品"), ("価格", "特徴")),
        ("プランAとプランBの違いを教えて", ("プランA", "プランB"), ()),
        ("次の2社を価格で比較して\n- アルファ社\n- ベータ社", ("アルファ社", "ベータ社"), ("価格",)),
        ("Compare A and B on price and battery", ("A", "B"), ("price", "battery")),
        (
            "Compare the advice in Buy wisely and 68 Bits on spending money",
            ("Buy wisely", "68 Bits"),
            ("spending money",),
        ),
        ("Which is better, Tasks or Dataview?", ("Tasks", "Dataview"), ()),
    ],
)
def test_things_compared(requirement: str, things: tuple[str, ...], aspects: tuple[str, ...]) -> None:
    asked = parse(requirement)
    assert (asked.things, asked.aspects) == (things, aspects)


def test_listed_lines_and_separate_questions_are_points() -> None:
    listed = parse("次のことを調べてください。\n1. 新オフィスの住所\n2. 引っ越しの日程")
    asked = parse("常緑ノートとは何か、どう書くのかを報告書にまとめて")
    assert listed.points == ("新オフィスの住所", "引っ越しの日程")
    assert asked.points == ("常緑ノートとは何か", "どう書くのか")


def test_two_questions_in_one_sentence_keep_their_words() -> None:
    asked = parse("オリノの価格はいくらで、いつ発売しますか")
    assert (asked.topic, asked.points) == ("オリノ", ("オリノの価格はいくら", "いつ発売しますか"))


def test_a_name_known_to_exist_is_not_cut() -> None:
    asked = parse("Compare Black and White and Salt and Pepper", ["Black and White", "Salt and Pepper"])
    assert asked.things == ("Black and White", "Salt and Pepper")


@pytest.mark.parametrize("requirement", ["", " \n\t", "🎉🎉🎉", "調べて", "\x00\u202e", "。。。", "???"])
def test_nothing_to_read_is_no_topic(requirement: str) -> None:
    assert parse(requirement).topic == ""
