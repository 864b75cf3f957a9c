"""The same questions get the same answers in the same order, whichever database runs these tests."""

from pathlib import Path
from typing import Any

import pytest

from knowledge import services
from knowledge.models import Vault
from knowledge.selectors import find_passages, search_notes

QUESTIONS: dict[str, list[str]] = {
    "新製品の価格と納期": [
        "製品/オリノ 製品企画書.md:38 0.5968",
        "会議/2026-11-11 新製品判定会議.md:32 0.4399",
        "会議/2026-11-11 新製品判定会議.md:26 0.4213",
        "製品/オリノ 製品企画書.md:2 0.4207",
        "会議/2026-11-11 新製品判定会議.md:19 0.3945",
        "製品/オリノ 価格検討.md:10 0.3913",
    ],
    "展示会の準備はどこまで進んでいますか": [
        "展示会/春の文具展 準備.md:2 0.6665",
        "会議/2026-11-18 展示会準備会議.md:2 0.6178",
        "展示会/春の文具展 準備.md:11 0.5665",
        "展示会/春の文具展 準備.md:15 0.5665",
        "会議/2026-11-18 展示会準備会議.md:10 0.5251",
        "会議/2026-11-18 展示会準備会議.md:17 0.48",
    ],
    "What do the shops abroad expect?": [
        "製品/Orino overseas notes.md:14 0.5877",
        "製品/Orino overseas notes.md:10 0.3629",
        "製品/Orino overseas notes.md:20 0.1235",
        "製品/Orino overseas notes.md:25 0.1024",
    ],
    "オリノ 蝶番 仕入れ先": [
        "製品/オリノ 製品企画書.md:44 0.6118",
        "製品/オリノ 量産と納期.md:30 0.5963",
        "会議/2026-11-11 新製品判定会議.md:12 0.5379",
        "週次報告/2026-W46.md:21 0.3459",
        "取引先/丸葉紙工.md:8 0.3355",
        "製品/オリノ 製品企画書.md:13 0.2623",
    ],
}

SEARCHES: dict[str, list[str]] = {
    "会議": [
        "会議/2026-10-07 企画会議.md:8 4.8262",
        "会議/2026-11-11 新製品判定会議.md:8 4.7936",
        "会議/2026-10-28 企画会議.md:8 4.6829",
        "会議/2026-11-18 展示会準備会議.md:8 4.6528",
        "日報/2026-11-20.md:14 0.725",
    ],
    "価格 納期": [
        "はじめに.md:25 0.7403",
        "製品/オリノ 製品企画書.md:41 0.7378",
        "週次報告/2026-W46.md:17 0.375",
        "会議/2026-11-11 新製品判定会議.md:35 0.3565",
    ],
    '"2 月 26 日"': ["週次報告/2026-W47.md:11 0.6365", "製品/オリノ 量産と納期.md:24 0.6083"],
    "オ": [
        "製品/オリノ 製品企画書.md:41 4.7378",
        "製品/オリノ 価格検討.md:8 4.6861",
        "製品/オリノ 量産と納期.md:7 4.6742",
        "製品/Orino overseas notes.md:3 4.634",
        "顧客の声/2026-10 モニター調査.md:9 3.6478",
    ],
    "orino": ["製品/オリノ 製品企画書.md:3 5.5961", "製品/Orino overseas notes.md:8 4.648"],
    "展示会 照明": [
        "日報/2026-11-19.md:9 0.714",
        "週次報告/2026-W47.md:23 0.6456",
        "会議/2026-11-18 展示会準備会議.md:8 0.3681",
        "展示会/春の文具展 予算.md:16 0.3523",
        "展示会/春の文具展 準備.md:43 0.3176",
    ],
}


@pytest.fixture
def sample(owner: Any, settings: Any, tmp_path: Path) -> Vault:
    settings.DATA_DIR = tmp_path.resolve() / "data"
    vault = services.sample_vault_install(owner)
    services.vault_sync(vault)
    return vault


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions(owner: Any, sample: Vault, question: str) -> None:
    found = find_passages(owner, vault_ids=[sample.pk], queries=[question], limit=6)
    assert [f"{each.note}:{each.line} {each.score}" for each in found] == QUESTIONS[question]


@pytest.mark.parametrize("query", SEARCHES)
def test_searches(owner: Any, sample: Vault, query: str) -> None:
    found = search_notes(owner, query, limit=5)
    assert [f"{hit.note.path}:{hit.line} {hit.score}" for hit in found] == SEARCHES[query]
