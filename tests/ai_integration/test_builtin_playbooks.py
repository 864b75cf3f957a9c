"""Playbooks are data: one that is put into the folder is used, one with a mistake is named with its key."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ai_integration.builtin import criteria, playbook
from ai_integration.builtin.playbook import FOLDER, PlaybookError, load_playbooks, playbooks
from ai_integration.builtin.vocabulary import Ask, WordListError, load
from tests.ai_integration.builtin_notes import plan

RECIPE = """
kind: recipe
priority: 99
name: {ja: 献立, en: Recipe}
recognise:
  ja: {strong: [献立]}
  en: {strong: [menu]}
aspects:
  - {ja: [材料], en: [ingredients]}
title: {ja: "献立：{topic}", en: "Menu: {topic}"}
objective: {ja: "{topic}", en: "{topic}"}
scope: {ja: "{aspects}", en: "{aspects}"}
items:
  - key: look
    each: aspect
    role: researcher
    title: {ja: "{aspect}を調べる", en: "Find {aspect}"}
    instructions: {ja: 探します。, en: Search.}
    queries: {ja: ["{topic} {aspect}"], en: ["{topic} {aspect}"]}
    acceptance: {ja: ["「{aspect}」がある"], en: ["“{aspect}” is given"]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the playbooks, in use."""
    copy = tmp_path / "playbooks"
    shutil.copytree(FOLDER, copy)
    monkeypatch.setattr(playbook, "FOLDER", copy)
    load_playbooks.cache_clear()
    yield copy
    load_playbooks.cache_clear()


def test_a_playbook_put_into_the_folder_is_picked_up(folder: Path) -> None:
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    draft = plan("カレーの献立を考えて")
    assert draft.kind == "recipe"
    assert draft.items[0].title == "材料を調べる"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda good: good.replace("role: researcher", "role: cook"), "items.0.role"),
        (lambda good: good.replace("scope:", "scopes:"), "scope"),
        (lambda good: good.replace("{aspect}を調べる", "{dish}を調べる"), "{dish}"),
        (
            lambda good: good.replace("    each: aspect", "    each: aspect\n    depends_on: [cook]"),
            "items.look.depends_on",
        ),
        (
            lambda good: good.replace("    each: aspect", "    each: aspect\n    depends_on: [look]"),
            "circle",
        ),
        (lambda good: good.replace("kind: recipe", "kind: dinner"), "kind"),
        (lambda good: good + "\n  - : [", "YAML"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(folder: Path, change: Callable[[str], str], said: str) -> None:
    (folder / "recipe.yaml").write_text(change(RECIPE), encoding="utf-8")
    with pytest.raises(PlaybookError, match=r"recipe\.yaml") as caught:
        load_playbooks(folder)
    assert said in str(caught.value)


def test_the_generic_playbook_must_stay(folder: Path) -> None:
    (folder / "generic.yaml").unlink()
    with pytest.raises(PlaybookError, match=r"generic\.yaml"):
        load_playbooks(folder)


def test_both_languages_say_the_same_number_of_things() -> None:
    for book in playbooks().values():
        for lines in (
            book.risks,
            book.success_criteria,
            *book.aspects,
            *(step.acceptance for step in book.items),
        ):
            assert len(lines.ja) == len(lines.en) > 0, book.kind


def test_both_languages_of_a_criterion_are_read_alike() -> None:
    for book in playbooks().values():
        for step in book.items:
            for ja, en in zip(step.acceptance.ja, step.acceptance.en, strict=True):
                assert criteria.read(ja).kind == criteria.read(en).kind, (book.kind, ja, en)


@pytest.mark.parametrize(
    ("content", "said"),
    [("[when", "asks.toml"), ('[when]\nja = ["いつ"]', "when.en"), ('[when]\nja = "いつ"', "when.ja")],
)
def test_a_mistake_in_a_word_list_is_named_with_file_and_key(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "asks.toml").write_text(content, encoding="utf-8")
    with pytest.raises(WordListError, match=r"asks\.toml") as caught:
        load("asks.toml", dict[str, Ask], tmp_path)
    assert said in str(caught.value)
