from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import services
from knowledge.models import Vault
from knowledge.question import features
from knowledge.selectors import FoundPassage, find_passages
from tests.factories import share
from tests.knowledge.trees import write


def ask(user: Any, vault: Vault, *queries: str, **options: Any) -> list[FoundPassage]:
    return find_passages(user, vault_ids=[vault.pk], queries=queries, **options)


@pytest.fixture
def sample(owner: Any, settings: Any, tmp_path: Path) -> Vault:
    settings.DATA_DIR = tmp_path.resolve() / "data"
    vault = services.sample_vault_install(owner)
    services.vault_sync(vault)
    return vault


@pytest.mark.parametrize(
    ("question", "note", "words"),
    [
        ("新製品の価格はいくらですか", "製品/オリノ 価格検討.md", "2,480 円"),
        ("新製品の納期を調べてください", "製品/オリノ 量産と納期.md", "2027-02-26 納品"),
        ("展示会の準備はどこまで進んでいますか", "展示会/春の文具展 準備.md", "B-24"),
        (
            "11月の新製品判定会議の議事録から決定事項をまとめて",
            "会議/2026-11-11 新製品判定会議.md",
            "2,480 円",
        ),
        ("経費はいつまでに申請しますか", "規程/経費精算規程.md", "30 日以内"),
        ("競合の製品の重さと価格を比べる", "製品/競合調査メモ.md", "265 g"),
        ("What do the shops abroad expect about the price?", "製品/Orino overseas notes.md", "USD 19"),
        ("展示会の予算の総額", "展示会/春の文具展 予算.md", "1,260,000 円"),
        ("モニター調査での不満", "顧客の声/2026-10 モニター調査.md", "61 %"),
    ],
)
def test_questions_with_an_answer(owner: Any, sample: Vault, question: str, note: str, words: str) -> None:
    found = ask(owner, sample, question)
    assert [passage for passage in found if passage.note == note and words in passage.text], found


@pytest.mark.parametrize(
    "question",
    [
        "量子コンピュータの導入計画",
        "海外工場の監査結果",
        "Kubernetes cluster migration",
        "",
        "？！",
        "してください",
    ],
)
def test_questions_without_an_answer(owner: Any, sample: Vault, question: str) -> None:
    assert ask(owner, sample, question) == []


def test_every_passage_opens_at_its_line(owner: Any, sample: Vault) -> None:
    found = ask(owner, sample, "新製品の価格と納期", "展示会の準備", limit=50)
    assert len(found) > 10
    for passage in found:
        lines = (Path(sample.path) / passage.note).read_text(encoding="utf-8").split("\n")
        shown = passage.text.split("\n")
        assert lines[passage.line - 1 : passage.line - 1 + len(shown)] == shown
        assert 0 < passage.score <= 1
        assert passage.why


def test_a_few_of_each_note_best_first_always_the_same(owner: Any, sample: Vault) -> None:
    found = ask(owner, sample, "オリノの価格", "オリノの納期", limit=20)
    assert max([passage.note for passage in found].count(each.note) for each in found) <= 6
    assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)
    assert ask(owner, sample, "オリノの価格", "オリノの納期", limit=20) == found
    assert ask(owner, sample, "オリノの価格", "オリノの納期", limit=4) == found[:4]


def test_reports_templates_and_bare_headings_are_no_evidence(owner: Any, vault: Vault, root: Path) -> None:
    text = "新製品の価格は 2,480 円です。\n"
    write(root, "証拠.md", text)
    write(root, "Templates/雛形.md", text)
    write(root, "AI秘書/古い報告.md", text)
    write(root, "見出し.md", "# 新製品の価格\n")
    write(root, "索引.md", "- [[新製品の価格]]\n- [[新製品の価格の検討]]\n")
    written = services.note_create(owner, vault, title="報告", markdown=text, unique_key="k")
    services.vault_sync(vault)
    assert [passage.note for passage in ask(owner, vault, "新製品の価格")] == ["証拠.md"]
    services.vault_update(owner, vault, report_folder="別の場所")
    services.vault_sync(vault)
    found = {passage.note for passage in ask(owner, vault, "新製品の価格")}
    assert found == {"証拠.md", "AI秘書/古い報告.md"}, "what we wrote ourselves stays a report"
    assert written.path not in found


def test_only_what_one_may_see(owner: Any, teammate: Any, stranger: Any, office: Vault) -> None:
    source = services.source_create(owner, title="資料", text="価格の資料です。値段は 100 円。")
    everything = {"vault_ids": [office.pk], "source_ids": [str(source.pk)], "queries": ["価格"]}
    assert {passage.source_id for passage in find_passages(owner, **everything)} == {None, source.pk}
    assert find_passages(stranger, **everything) == []
    share(office, teammate)
    assert {passage.source_id for passage in find_passages(teammate, **everything)} == {None}
    assert find_passages(owner, queries=["価格"]) == []


@given(question=st.text(max_size=300))
def test_any_question_has_features_or_none(question: str) -> None:
    assert all(feature.weight > 0 and feature.term.grams for feature in features(question))


@pytest.mark.parametrize("count", [1, 5000])
def test_a_very_long_question_is_bounded(owner: Any, office: Vault, count: int) -> None:
    assert ask(owner, office, "新製品の価格と納期。" * count, *[f"質問{i}" for i in range(count)])


def test_requests_and_particles_weigh_little() -> None:
    weights = {
        feature.term.text: feature.weight
        for feature in features("新製品の価格について調査して報告書にまとめてください")
    }
    assert weights["価格"] == 1.0
    assert weights["調査"] < 0.5
    assert not {"の価", "につ", "くだ", "まと"} & set(weights)
