"""A generated vault for benchmarks: Japanese and English notes with the shape of real ones, the same on every run.

Words follow Zipf's law, as in real texts: a few stand in most notes, most stand in a few.
"""

import random
from itertools import accumulate
from pathlib import Path


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SUBJECTS = _words(
    "新製品 展示会 顧客 予算 会議 議事録 価格 納期 品質 契約 採用 研修 物流 倉庫 工場 広告 調査 競合 店舗 仕入"
)
COMMON = _words(
    "検討 確認 報告 準備 依頼 承認 変更 共有 整理 比較 評価 延期 開始 完了 見直し 打ち合わせ 引き継ぎ サンプル カタログ "
    "アンケート スケジュール プロジェクト クレーム ロット メーカー パッケージ デザイン 来週 先月 担当者 部長 木曜日 午後 本社 "
    "大阪 東京 会場 資料 見積書 請求書 候補 方針 課題 結果 条件 数量 色"
)
ENGLISH = _words(
    "the market price of new product delivery schedule customer meeting notes budget report design review sample "
    "supplier quality plan launch booth visitors survey contract shipping warehouse stock order question answer"
)
PARTICLES = _words("は が を に で と も から まで の")
RARE_WORDS = 4000


class _Writer:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.japanese = self._vocabulary((*SUBJECTS, *COMMON), range(0x4E00, 0x8000), 2)
        self.english = self._vocabulary(ENGLISH, range(0x61, 0x7B), 7)

    def _vocabulary(
        self, words: tuple[str, ...], letters: range, length: int
    ) -> tuple[list[str], list[float]]:
        rare = ["".join(chr(self.rng.choice(letters)) for _ in range(length)) for _ in range(RARE_WORDS)]
        known = list(words)
        self.rng.shuffle(known)
        step = len(rare) // len(known) // 4
        mixed = [word for i, name in enumerate(known) for word in (name, *rare[i * step : (i + 1) * step])]
        mixed += rare[len(known) * step :]
        return mixed, list(accumulate(1 / (rank + 5) for rank in range(len(mixed))))

    def sentence(self, english: bool) -> str:
        words, weights = self.english if english else self.japanese
        chosen = self.rng.choices(words, cum_weights=weights, k=self.rng.randint(5, 12))
        if english:
            return " ".join(chosen).capitalize() + ". "
        return "".join(word + self.rng.choice(PARTICLES) for word in chosen) + "します。"

    def note(self, number: int) -> str:
        rng, english = self.rng, number % 5 == 0
        day = f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        lines = ["---", f"date: {day}", f"tags: [{rng.choice(SUBJECTS)}]", "---"]
        for _ in range(rng.randint(2, 6)):
            lines += ["", f"## {rng.choice(SUBJECTS)}の{rng.choice(COMMON)}", ""]
            for _ in range(rng.randint(1, 4)):
                lines += ["".join(self.sentence(english) for _ in range(rng.randint(2, 6))), ""]
            lines += [
                f"- [ ] {self.sentence(english)} [[{self.title(rng.randrange(6000))}]]"
                for _ in range(rng.randint(0, 4))
            ]
        return "\n".join(lines) + "\n"

    def title(self, number: int) -> str:
        return f"{SUBJECTS[number % len(SUBJECTS)]} {number}"


def write_vault(root: Path, notes: int = 6000, seed: int = 20261123) -> None:
    """Write `notes` notes below `root`, in a folder for each subject."""
    writer = _Writer(seed)
    for number in range(notes):
        path = root / SUBJECTS[number % len(SUBJECTS)] / f"{writer.title(number)}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(writer.note(number), encoding="utf-8", newline="\n")
