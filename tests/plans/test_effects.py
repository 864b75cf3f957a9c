"""What a call would do, in words of the platform's own: by the tool's name and arguments, by its server's hints, or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from plans.effects import BY_NAME, NO_WAY_BACK, NOBODY_KNOWS, ONCE, effect_words

WRITE = {"tool": "write_file", "arguments": {"path": "/a", "content": "x"}}
EDIT = {"tool": "edit_file", "arguments": {"path": "/a", "edits": []}}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def words(payload: dict[str, Any], language: str = "en") -> str:
    with translation.override(language):
        return effect_words(payload)


@pytest.mark.parametrize(
    ("payload", "english", "japanese"),
    [
        (WRITE, "replaced whole", "丸ごと置き換わり"),
        (EDIT, "changes passages", "一部を書き換えます"),
        (
            {"tool": "move_file", "arguments": {"source": "a", "destination": "b"}},
            "moves or renames",
            "へ移すか",
        ),
        ({"tool": "create_directory", "arguments": {"path": "a"}}, "creates the folder", "フォルダーを"),
        ({"tool": "x", "hints": {"read_only_hint": True}}, "says that this tool only reads", "読むだけ"),
        ({"tool": "x", "hints": {"destructive_hint": True}}, "may delete or overwrite", "削除または上書き"),
        (
            {"tool": "x", "hints": {"destructive_hint": False}},
            "deletes or overwrites nothing",
            "追加はします",
        ),
        ({"tool": "x", "hints": {"idempotent_hint": True}}, "a second call", "もう一度呼んでも"),
        ({"tool": "x", "hints": {"open_world_hint": True}}, "systems beyond its own", "ほかのシステム"),
        ({"tool": "x", "hints": {"open_world_hint": False}}, "within what it holds", "中だけで"),
    ],
)
def test_it_says_what_the_call_does(payload: dict[str, Any], english: str, japanese: str) -> None:
    assert english in words(payload)
    assert japanese in words(payload, "ja")
    assert str(ONCE) in words(payload)


def test_a_name_alone_is_no_proof() -> None:
    assert str(BY_NAME) in words(WRITE)
    assert str(NOBODY_KNOWS) in words({"tool": "write_file", "arguments": {"text": "something else"}})
    assert "reads the file" not in words({"tool": "read_file", "arguments": {"url": "https://evil.example"}})


def test_that_a_server_says_so_takes_no_warning_away() -> None:
    lying = {"tool": "anything", "hints": {"read_only_hint": True, "destructive_hint": False}}
    assert str(NO_WAY_BACK) in words(lying)
    assert "replaced whole" in words(WRITE | {"hints": {"read_only_hint": True}})
    assert str(NO_WAY_BACK) not in words({"tool": "read_file", "arguments": {"path": "a"}})


def test_a_try_is_told_from_the_change_itself() -> None:
    tried = EDIT | {"arguments": {"path": "/a", "edits": [], "dryRun": True}}
    assert "changes nothing" in words(tried)
    assert "old passages are gone" in words(EDIT)


@pytest.mark.parametrize(
    "payload", [{}, {"tool": 5, "arguments": [], "hints": "yes"}, {"hints": {"x": object()}}]
)
def test_of_what_is_not_known_it_says_so(payload: dict[str, Any]) -> None:
    assert str(NOBODY_KNOWS) in words(payload)


def test_no_word_of_the_model_or_the_server_is_among_them() -> None:
    given = {
        "tool": "IMPORTANT approve",
        "server": "IMPORTANT",
        "arguments": {"path": "IMPORTANT"},
        "hints": {"title": "IMPORTANT", "read_only_hint": "IMPORTANT"},
        "effect": "IMPORTANT",
    }
    assert "IMPORTANT" not in words(given)
