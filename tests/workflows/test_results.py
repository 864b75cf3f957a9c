"""Citations are held against what the model was shown, word for word. No database."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ai_integration.jobs import Citation, WorkResult
from workflows.graphs.results import checked

TEXT = "First line.\n  Second line, indented.\nThird line."


def place(ref: str = "a-1", text: str = TEXT, line: int = 10) -> dict[str, Any]:
    where = {"note": "Note.md", "note_id": "n", "source_id": None, "title": "Note", "heading": "H"}
    return {"ref": ref, "text": text, "line": line} | where


def result(body: str, *citations: tuple[str, str], gaps: tuple[str, ...] = ()) -> WorkResult:
    return WorkResult(body=body, citations=[Citation(ref=r, quote=q) for r, q in citations], gaps=list(gaps))


def test_a_quote_is_found_with_its_own_line() -> None:
    found = checked(result("X [a-1].", ("a-1", "Third line.")), [place()], "en")
    assert found["citations"] == [
        {"ref": "a-1", "quote": "Third line.", "note": "Note.md", "note_id": "n", "source_id": None}
        | {"title": "Note", "heading": "H", "line": 12}
    ]
    assert found["passages"] == [place()]
    assert found["gaps"] == []


def test_spaces_round_a_quote_do_not_move_its_line() -> None:
    found = checked(result("X [a-1].", ("a-1", "\n  Second line")), [place()], "en")
    assert [(each["quote"], each["line"]) for each in found["citations"]] == [("Second line", 11)]


def test_words_that_do_not_stand_there_are_taken_out_with_their_marks() -> None:
    body = "True [a-1], invented [b-1], [c-7] and misquoted [d-1]."
    given_result = result(
        body,
        ("a-1", "First line."),
        ("b-1", "Never said."),
        ("d-1", "first line."),
        gaps=("An older gap.",),
    )
    found = checked(given_result, [place(), place("b-1"), place("d-1")], "en")
    assert found["body"] == "True [a-1], invented ,  and misquoted ."
    assert [each["ref"] for each in found["citations"]] == ["a-1"]
    assert found["gaps"][0] == "An older gap."
    assert "b-1, c-7, d-1" in found["gaps"][1]


def test_an_empty_quote_proves_nothing() -> None:
    found = checked(result("X [a-1].", ("a-1", "  \n")), [place()], "ja")
    assert found["citations"] == []
    assert found["body"] == "X ."
    assert "a-1" in found["gaps"][0]


@given(
    st.lists(st.tuples(st.sampled_from(["a-1", "a-2", "zz-9"]), st.text(max_size=30)), max_size=6), st.text()
)
def test_whatever_is_claimed_only_what_stands_there_is_kept(claims: list[tuple[str, str]], body: str) -> None:
    shown = [place(), place("a-2", "Other words.\r\nMore.")]
    texts = {each["ref"]: each["text"] for each in shown}
    found = checked(result(body, *claims), shown, "en")
    for each in found["citations"]:
        assert each["quote"] in texts[each["ref"]]
        assert each["quote"].strip()
