import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.grams import BREAK, Term, fold, grams, terms

KANJI_KANA = st.text(alphabet="会議録新製品価格納期あいうアイウーパガ々〆語", min_size=2, max_size=30)


def found(text: str, query: str) -> bool:
    """Whether every term of `query` stands in `text`, as the index would see it."""
    document = f" {' '.join(grams(text))} "
    return all(term.needle in document for term in terms(query))


@given(text=KANJI_KANA, data=st.data())
def test_any_two_characters_of_japanese_are_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    assert found(text, text[start : start + 2])


@given(before=st.text(max_size=20), text=KANJI_KANA, after=st.text(max_size=20), data=st.data())
def test_any_part_of_a_japanese_word_is_found_wherever_it_stands(
    before: str, text: str, after: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert found(f"{before}。{text}。{after}", text[start:end])


@given(text=KANJI_KANA)
def test_decomposed_text_is_the_same_text(text: str) -> None:
    assert grams(unicodedata.normalize("NFD", text)) == grams(text)


@given(text=st.text(max_size=200))
def test_grams_hold_no_blank_and_no_mark_of_ours(text: str) -> None:
    assert all(gram and not set(gram) & {" ", "\n", '"', "'", "\\", BREAK, "\ue000"} for gram in grams(text))


@given(text=st.text(max_size=200))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("ＣＳＳの設計", "css"),
        ("ｽﾆﾍﾟｯﾄを保存", "スニペット"),
        ("スニペットを保存", "ｽﾆﾍﾟｯﾄ"),
        ("Planning the launch", "plan"),
        ("第2版を出す", "第2版"),
        ("本を読む", "本"),
        ("日本の本", "本"),
        ("価格は2,480円", "2,480"),
        ("ソフト\u00adウェア", "ソフトウェア"),
        ("สวัสดีครับ", "ดีครับ"),
    ],
)
def test_width_case_and_invisible_characters_do_not_count(text: str, query: str) -> None:
    assert found(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [("会議。議事録", "会議議"), ("東京の都", "東京都"), ("新製品と品質", "製品質"), ("explain", "plan")],
)
def test_what_is_not_there_is_not_found(text: str, query: str) -> None:
    assert not found(text, query)


def test_a_phrase_in_quotes_is_one_term() -> None:
    assert [term.text for term in terms('会議 "新製品 価格" “a b”')] == ["会議", "新製品 価格", "a b"]
    assert terms('"open phrase') == terms('"open phrase"')


def test_signs_that_make_a_difference_are_kept_for_the_recheck() -> None:
    assert terms("c++") == [Term("c++", ("c",), prefix=False, exact="c++")]
    assert terms("2026-11-23")[0].exact == ""


def test_a_query_of_signs_has_no_terms() -> None:
    assert terms('" " ，。 ---') == []
