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
        # Where to look, for whom and how to write is no part of what is asked.
        ("保管庫のノートをもとに、新製品の価格と納期をまとめてください。", "新製品", ("価格", "納期")),
        ("このノートに書いてあることから、展示会の準備の進み具合を教えて。出典も付けてください。", "展示会の準備", ("進み具合",)),
        ("私のメモを全部読んで、オリノについてわかっていることを整理して。表も入れてほしい。", "オリノ", ()),
        ("ノートの内容だけを使って、在宅勤務の規程を新入社員向けにわかりやすく説明する文書を作って", "在宅勤務の規程", ()),
        ("田中部長に提出する、丸葉紙工との取引の報告書を書いて。A4で1枚程度にしてください。", "丸葉紙工との取引", ()),
        ("新製品について、ノートに何が書いてあるか調べて、引用つきで報告してください。", "新製品", ()),
        ("来週の定例会議で使う資料として、展示会のスケジュールと予算を一覧にしてください。", "展示会", ("スケジュール", "予算")),
        ("出張の申請の手順を、箇条書きで、300字以内で教えて。", "出張の申請", ("手順",)),
        ("過去の会議の記録を調べて、価格改定について決まったことを時系列でまとめて", "価格改定", ("決まったこと",)),
        ("社員向けのお知らせとして、オフィス移転の日程と注意事項を書いて", "オフィス移転", ("日程", "注意事項")),
        ("取引先に送るメールの文面を考えて。新製品の発売日と価格を知らせたい。", "新製品", ("発売日", "価格")),
        ("議事録から決定事項だけ抜き出して。", "決定事項", ()),
        ("顧客の声を読んで、要望の多いものから順にまとめて", "顧客の声", ()),
        (
            "What does this vault say about how to use tags and properties? Write a short guide with sources.",
            "use tags and properties",
            ("how to use tags and properties",),
        ),
        ("According to my notes, what is the advice about money?", "advice about money", ("what is the advice about money",)),
        ("Using the notes in this vault, write a guide to evergreen notes with citations.", "evergreen notes", ()),
        ("Please prepare a briefing on the meeting with Steph, based on my notes, with sources.", "meeting with Steph", ()),
        ("I'd like a short report on product usage analysis that cites the notes.", "product usage analysis", ()),
        (
            "Based on the vault, summarise the Japan trip: where, when and what was eaten.",
            "Japan trip",
            ("where", "when", "what was eaten"),
        ),
        ("Go through my notes and tell me everything about the Minimal theme.", "Minimal theme", ()),
        (
            "Can you find everything we know about Orino's price and lead time, and write it up for a customer?",
            "Orino",
            ("price", "lead time"),
        ),
        (
            "From the notes in my vault, collect the advice on habits and friendship and write a report with quotes.",
            "advice",
            ("habits", "friendship"),
        ),
        (
            "Write a report about what was decided in the November meetings, with a table and sources.",
            "November meetings",
            ("what was decided in the November meetings",),
        ),
        ("Read the notes on the exhibition and list open tasks. Cite each one.", "exhibition", ("open tasks",)),
        (
            "What has been decided about the new product? Summarise with references.",
            "new product",
            ("What has been decided about the new product",),
        ),
        ("Make me a checklist for the exhibition from the vault. Keep it short.", "exhibition", ()),
        (
            "Write a memo in English for Mr. Tanaka explaining the delivery schedule of the new product. Use only the notes.",
            "new product",
            ("delivery schedule",),
        ),
        ("Keep it short.", "Keep it short", ()),
        ("Report on the project with the river authority", "project with the river authority", ()),
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


def test_points_are_found_in_a_line_too() -> None:
    asked = parse("次の3点を調べて報告書にして。1. 新製品の価格 2. 発売日 3. 競合製品")
    assert (asked.topic, asked.points) == ("", ("新製品の価格", "発売日", "競合製品"))
    assert parse("版は 1. 2 から 2. 5 まで").points == ()


@pytest.mark.parametrize(
    ("requirement", "topic", "points"),
    [
        ("新製品の①価格②納期を表にまとめてください。", "新製品", ("価格", "納期")),
        ("オリノについて、①価格、②納期、③競合について調べて", "オリノ", ("価格", "納期", "競合")),
        ("新製品について①価格 ②納期", "新製品", ("価格", "納期")),
        ("①価格②納期を表にまとめて", "", ("価格", "納期")),
        ("新製品の①価格を調べて", "新製品", ()),
        ("版は①から②まで", "版", ()),
    ],
)
def test_circled_points_need_nothing_between_them(
    requirement: str, topic: str, points: tuple[str, ...]
) -> None:
    asked = parse(requirement)
    assert (asked.topic, asked.points) == (topic, points)
    english = parse("Find out about Orino: 1) price 2) lead time")
    assert (english.topic, english.points) == ("Orino", ("price", "lead time"))


@pytest.mark.parametrize(
    ("requirement", "points"),
    [
        (
            "展示会の予算がいくらで、誰が担当か、ノートから探して教えて",
            ("展示会の予算がいくら", "誰が担当か"),
        ),
        ("なぜ発売が延期になったのか、経緯を整理して。", ("なぜ発売が延期になったのか", "経緯")),
    ],
)
def test_a_question_ends_where_the_request_begins(requirement: str, points: tuple[str, ...]) -> None:
    assert parse(requirement).points == points


def test_two_questions_in_one_sentence_keep_their_words() -> None:
    asked = parse("オリノの価格はいくらで、いつ発売しますか")
    assert (asked.topic, asked.points) == ("オリノ", ("オリノの価格はいくら", "いつ発売しますか"))


def test_a_name_known_to_exist_is_not_cut() -> None:
    asked = parse("Compare Black and White and Salt and Pepper", ["Black and White", "Salt and Pepper"])
    assert asked.things == ("Black and White", "Salt and Pepper")


@pytest.mark.parametrize("requirement", ["", " \n\t", "🎉🎉🎉", "調べて", "\x00\u202e", "。。。", "???"])
def test_nothing_to_read_is_no_topic(requirement: str) -> None:
    assert parse(requirement).topic == ""
