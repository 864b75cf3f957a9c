from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.parsing import parse_note
from knowledge.parsing.passages import MAX_CHARS
from tests.knowledge.trees import shared_vault

MARKS = [
    "\n",
    "\n\n",
    "---\n",
    "# a\n",
    "## 見出し\n",
    "```\n",
    "~~~\n",
    "%%",
    "$$",
    "$",
    "`",
    "``",
    "- [ ] ",
    "- ",
    "> ",
]
MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            [*MARKS, "[[", "]]", "|", "![[a#b|c]]", "#タグ ", "    ", "\t", "\r\n", "key: ", "===\n"]
        ),
        st.text(),
    ),
    max_size=40,
).map("".join)


def lines_of(text: str) -> list[str]:
    cleaned = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return cleaned.replace("\0", "\ufffd").split("\n")


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(MARKDOWN, st.text(max_size=400)))
def test_any_text_is_read_and_line_numbers_are_true(text: str) -> None:
    note, lines = parse_note(text), lines_of(text)
    for passage in note.passages:
        first, *others = passage.text.split("\n")
        assert first in lines[passage.line - 1]
        assert all(other.strip() == lines[passage.line + i].strip() for i, other in enumerate(others))
        assert len(passage.text) <= MAX_CHARS
    assert all(
        heading.text[0] in lines[heading.line - 1] or "[" in lines[heading.line - 1]
        for heading in note.headings
    )
    assert all(link.line <= len(lines) for link in note.links)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="`$%<!-~>#\n ", max_size=300))
def test_unclosed_marks_end_somewhere(text: str) -> None:
    parse_note(text)


@pytest.mark.parametrize(
    "unit", ["`", "``` ", "%%x", "<!--", "$ ", "$$ ", "[[", "> ", "- ", "#", "[a](", "- [ ] #a ", "\\"]
)
def test_a_hostile_note_takes_no_quadratic_time(unit: str) -> None:
    assert parse_note(unit * 40_000).properties == {}


def test_every_word_of_a_body_stands_in_a_passage() -> None:
    body = "".join(f"# 見出し{i}\n\n段落{i}の文。\n\n- 項目{i}\n" for i in range(50)) + "長い文。" * 500
    text = "\n".join(passage.text for passage in parse_note(body).passages)
    assert all(word in text for i in range(50) for word in (f"見出し{i}", f"段落{i}の文", f"項目{i}"))
    assert text.count("長い文。") == 500


def test_headings_give_their_ancestry() -> None:
    note = parse_note("# A\n\none\n\n## B\n\ntwo\n\n### C\n\nthree\n\n## D\n\nfour\n")
    assert [passage.heading for passage in note.passages] == ["A", "A > B", "A > B > C", "A > D"]
    assert [passage.line for passage in note.passages] == [1, 5, 9, 13]


def test_setext_headings_count_and_rules_do_not() -> None:
    note = parse_note("題名\n===\n\n- item\n---\n\nsub\n---\n")
    assert [(heading.level, heading.text, heading.line) for heading in note.headings] == [
        (1, "題名", 1),
        (2, "sub", 7),
    ]


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_frontmatter_is_read_whatever_the_line_ends(eol: str, mark: str) -> None:
    note = parse_note(mark + eol.join(["---", "title: 題", "tags: [会議, 新製品/価格]", "---", "本文"]))
    assert (note.title, note.tags, note.passages[0].line) == ("題", ["会議", "新製品/価格"], 5)


def test_frontmatter_stands_at_the_very_start_only() -> None:
    assert parse_note("\n---\ntitle: x\n---\n").properties == {}
    assert parse_note("---\ntitle: x\n").properties == {}


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("no", "no"),
        ("12:30", "12:30"),
        ("yes", "yes"),
        ("2026-11-23", "2026-11-23"),
        ("true", True),
        (".inf", "inf"),
        ('"[[Note]]"', "[[Note]]"),
    ],
)
def test_values_are_yaml_1_2_as_json(yaml: str, value: Any) -> None:
    assert parse_note(f"---\nkey: {yaml}\n---\n").properties == {"key": value}


@pytest.mark.parametrize(
    "yaml",
    [
        "date: {{date}}",
        "a: b: c",
        "a: [",
        "a: 1\na: 2",
        "author: @someone",
        "- list",
        "a: 2026-13-45",
        "a: &x [*x]",
        "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
        "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]",
        "a: !!python/object/apply:os.system [x]",
    ],
)
def test_broken_frontmatter_is_told_and_the_body_is_read(yaml: str) -> None:
    note = parse_note(f"---\n{yaml}\n---\n\n本文です。\n")
    assert note.properties_error
    assert note.properties == {}
    assert note.passages[0].text == "本文です。"


def test_half_characters_never_reach_the_database() -> None:
    assert parse_note('---\na: "\\ud800 \\0"\n---\n\0').properties == {"a": "\ufffd \ufffd"}


def test_links() -> None:
    note = parse_note(
        '---\nup: "[[上の層]]"\n---\n[[Note]] ![[図.png|100x145]] [[N#H1#H2|表示]] [[#節]] [[N#^id]]\n'
        "| [[表\\|中]] |\n[md](a%20b.md#c) [web](https://x.y) <https://z>\n"
    )
    found = [
        (link.target, link.heading, link.block, link.alias, link.embed, link.line) for link in note.links
    ]
    assert found == [
        ("上の層", "", "", "", False, 2),
        ("Note", "", "", "", False, 4),
        ("図.png", "", "", "100x145", True, 4),
        ("N", "H1#H2", "", "表示", False, 4),
        ("", "節", "", "", False, 4),
        ("N", "", "id", "", False, 4),
        ("表", "", "", "中", False, 5),
        ("a b.md", "c", "", "md", False, 6),
    ]


@pytest.mark.parametrize(
    "ignored",
    [
        "```\n{}\n```",
        "~~~~\n```\n{}\n~~~~",
        "> ```\n> {}\n> ```",
        "`{}`",
        "``a ` {}``",
        "%%\n{}\n\nmore\n%%",
        "a %% {} %% b",
        "<!-- {} -->",
        "$$\n{}\n$$",
        "para\n\n    {}",
        "```\n{}",
    ],
)
def test_code_comments_and_math_hold_no_links_and_no_tags(ignored: str) -> None:
    note = parse_note("#外 [[out]]\n\n" + ignored.format("[[in]] #中 - [ ] x"))
    assert [link.target for link in note.links] == ["out"]
    assert note.tags == ["外"]


def test_prices_are_no_math() -> None:
    assert [link.target for link in parse_note("from $5 [[a]] to $6 [[b]]").links] == ["a", "b"]


def test_tags() -> None:
    note = parse_note(
        "#会議、 #a/b-c_d #2026 #y2026 x#no [[N #n]] http://h/#frag #会議 (#no) #🎉 #A/B-C_D\n# 見出し\n"
    )
    assert note.tags == ["会議", "a/b-c_d", "y2026", "🎉"]


def test_block_ids_and_headings_lose_their_marks() -> None:
    note = parse_note("## **強い** [[A|見出し]] ^h1\n\n段落 ^p-1\n\n- 項目 ^i2\n")
    assert note.headings[0].text == "強い 見出し"
    assert note.block_ids == {"h1": 1, "p-1": 3, "i2": 5}


def test_tasks_are_read_from_their_end() -> None:
    todo = parse_note("- [/] 発注 #仕事 ⏫ 🔁 every week 📅 2026-11-25 #急ぎ 🆔 abc ⛔ x1,y2 ^t1\n").todos[0]
    assert (todo.status, todo.text, todo.line) == ("/", "発注 #仕事 #急ぎ", 1)
    assert todo.fields == {
        "block": "t1", "depends_on": "x1,y2", "id": "abc", "due": "2026-11-25", "recurrence": "every week", "priority": "⏫",
    }  # fmt: skip


def test_dataview_fields_and_any_status() -> None:
    todos = parse_note(
        "1. [?] a [due:: 2026-01-02]\n> * [x] b (completion:: 2026-01-03)\n```\n- [ ] no\n```\n"
    ).todos
    assert [(todo.status, todo.fields) for todo in todos] == [
        ("?", {"due": "2026-01-02"}),
        ("x", {"done": "2026-01-03"}),
    ]


def test_the_tasks_of_a_real_vault_are_read() -> None:
    todos = [
        todo
        for file in shared_vault("obsidian-tasks-samples").rglob("*.md")
        for todo in parse_note(file.read_text(encoding="utf-8")).todos
    ]
    assert len(todos) > 900
    assert sum(todo.status not in " x" for todo in todos) > 200
