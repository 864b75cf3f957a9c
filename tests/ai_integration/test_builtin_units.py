"""Cutting passages into quotable units, and showing quotations safely."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_integration.builtin.display import shown, shown_property, shown_row
from ai_integration.builtin.text import Reading, days_in, fold, stem, term
from ai_integration.builtin.units import cut
from ai_integration.jobs import Passage

PIECES = st.sampled_from(
    [
        *("# 見出し\n", "価格は1,200円です。", "It costs $5. ", "- 項目\n", "1. step\n", "> quote\n", "\n\n"),
        *("| a | b |\n", "|---|---|\n", "```\n", "key: value\n", "---\n", "[[Link|text]]", "![[x.png]]"),
        *("「…。」と言った。", "e.g. this", "<b>x</b>", "\r\n", "\u3000", "🎉", "%%"),
        "- [ ] task 📅 2026-01-01\n",
    ]
)
MIXED = (
    "---\nstart: 2023-09-12\nloc:\n  - Kyoto\n---\n# T\n一文目です。「よし。」と言った。Dr. Who cost $0. Next.\n\n"
    "- item one\n  goes on\n- [x] done\n1. first\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n![[x]]"
)
HUGE = [piece * (100_000 // len(piece)) for piece in ("あ", "a ", "[", "| ", "- ", "a.\n")]


def passage(text: str) -> Passage:
    return Passage(ref="t1-1", note="n.md", line=1, text=text)


def texts(content: str) -> list[str]:
    return [unit.quote for unit in cut(passage(content))]


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=20), max_size=40).map("".join))
def test_every_unit_stands_word_for_word_in_its_passage(content: str) -> None:
    for unit in cut(passage(content)):
        assert unit.quote
        assert unit.quote == content[unit.start : unit.end]
        assert unit.quote in content


def test_sentences_items_rows_tasks_and_properties() -> None:
    found = [(unit.kind, unit.quote) for unit in cut(passage(MIXED)) if unit.kind != "heading"]
    assert found == [
        ("property", "start: 2023-09-12"),
        ("property", "loc:\n  - Kyoto"),
        ("sentence", "一文目です。"),
        ("sentence", "「よし。」と言った。"),
        ("sentence", "Dr. Who cost $0."),
        ("sentence", "Next."),
        ("item", "item one\n  goes on"),
        ("task", "done"),
        ("step", "first"),
        ("row", "| 1 | 2 |"),
    ]


def test_frontmatter_without_its_fences_is_properties() -> None:
    assert {unit.kind for unit in cut(passage("date: 2026-01-01\npeople:\n  - 田中"))} == {"property"}


def test_a_list_knows_its_introduction_and_its_heading() -> None:
    unit = cut(passage("## How\nAsk these:\n- Will it last?"))[-1]
    assert (unit.intro, unit.section) == ("Ask these:", "How")


@pytest.mark.parametrize("content", HUGE, ids=lambda content: repr(content[:2]))
def test_a_hundred_thousand_characters_are_cut(content: str) -> None:
    assert all(len(quote) <= 400 for quote in texts(content)[:100] if "|" not in quote)


@pytest.mark.parametrize(
    ("quote", "display"),
    [
        ("see [[Folder/Note|the note]] and [[A#B]]", "see the note and A › B"),
        ("**bold** ==mark== `code` [x](https://e.example)", "bold mark code x"),
        ("## Heading", "Heading"),
        ("> - quoted", "quoted"),
        ("fact [1] and [t9-9]", "fact (1) and (t9-9)"),
        ("![[x.png]] text <script>alert(1)</script>", "text alert(1)"),
        ("2 < 3 > 1 | x", "2 ＜ 3 ＞ 1 ／ x"),
        ("#task pay #work/money now ^block", "pay now"),
    ],
)
def test_quotations_cannot_break_the_body(quote: str, display: str) -> None:
    assert shown(quote) == display


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=20), max_size=12).map("".join))
def test_nothing_shown_can_pass_for_markup(quote: str) -> None:
    display = shown(quote)
    assert "\n" not in display
    assert not re.search(r"[\[\]<>|]", display)
    assert not display.startswith(("#", "- ", "> ")) or not re.search(r"[\[\]<>|*_`=~#^\n]", quote)


def test_properties_and_rows_are_shown_by_their_names() -> None:
    assert shown_property('loc:\n  - "[[Kyoto]]"\n  - "[[Japan]]"') == "loc: Kyoto, Japan"
    assert shown_row(("社名", "価格"), "| [[a\\|ベータ社]] | 34,800円 |") == "社名: ベータ社 / 価格: 34,800円"


def test_words_are_compared_across_width_form_and_date_notation() -> None:
    assert stem("notes") == stem("note")
    assert stem("written") != stem("write")
    assert fold("ＡＢＣ 11 月 18 日") == "abc 11月18日"
    assert days_in("2026-11-09_定例") == days_in("11月9日") == days_in("november 9") == frozenset({"11-09"})
    assert Reading("2026-11-09 定例会議").match(term("11月9日")) == 1.0
    assert Reading("新製品Bの価格").match(term("新製品A")) == 0.0
    assert Reading("納品の期限は3月").match(term("納品期限")) > 0.5
