"""Search over a generated vault of 6,000 notes: ours beside the bare FTS5 query, in one run.

The bare query is what one would write by hand over the same passages and grams: MATCH, bm25, the best 20 with path,
heading, line and snippet. Ours adds permissions, title tiers, one hit per note and true snippets. Target: at most 3 times.
Run it with `make bench`, or: python -m benchmarks.search [notes]
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUERIES = {
    "two characters": ["会議", "価格", "納期", "大阪", "予算"],
    "katakana": ["サンプル", "スケジュール", "アンケート"],
    "four or more characters": ["打ち合わせ", "展示会", "議事録", "新製品"],
    "two terms": ["新製品 価格", "会議 延期", "展示会 カタログ"],
    "a phrase": ['"顧客の確認"', '"予算の検討"'],
    "one character": ["色", "会"],
    "English": ["market", "delivery schedule", "survey"],
    "full width": ["ｻﾝﾌﾟﾙ", "ＢＵＤＧＥＴ"],
}
QUESTIONS = [
    "新製品の価格と納期を調べてください",
    "展示会の準備はどこまで進んでいますか",
    "大阪の倉庫の在庫と物流の課題",
    "What is the delivery schedule of the new product?",
]
ROUNDS = 7
BARE = "SELECT path, heading, line, snippet(bare, 3, '', '', '…', 16) FROM bare WHERE bare MATCH %s ORDER BY rank LIMIT 20"


def main() -> None:
    notes = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    with _platform() as folder:
        user, vault = _indexed(folder, notes)
        bare = _bare_index()
        _compare_search(user, vault, bare)
        _compare_questions(user, vault, bare)


@contextmanager
def _platform() -> Iterator[Path]:
    """A fresh platform in a temporary folder: its own SQLite database, nothing of the user's."""
    with tempfile.TemporaryDirectory(prefix="hisho-bench-") as folder:
        os.environ |= {
            "DATA_DIR": str(Path(folder, "data")),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "LOG_LEVEL": "ERROR",
        }
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0, skip_checks=True)
        yield Path(folder).resolve()


def _indexed(folder: Path, notes: int) -> tuple[Any, Any]:
    from django.contrib.auth import get_user_model

    from benchmarks.vault import write_vault
    from knowledge import services
    from knowledge.models import Passage

    root = folder / "vault"
    write_vault(root, notes)
    user = get_user_model().objects.create(username="bench", is_superuser=True)
    vault = services.vault_register(user, name="bench", path=str(root))
    first, second = (_seconds(lambda: services.vault_sync(vault)) for _ in range(2))
    size = sum(path.stat().st_size for path in root.rglob("*.md")) / 1e6
    print(f"{notes} notes, {size:.1f} MB, {Passage.objects.count()} passages")
    print(
        f"first index {first:.1f} s ({1000 * first / notes:.1f} ms a note), unchanged again {second:.2f} s\n"
    )
    return user, vault


def _bare_index() -> Callable[[str], Any]:
    """A plain FTS5 table with its own text beside ours, in the same database file; returns the query."""
    from django.db import connection, transaction

    from knowledge.grams import grams
    from knowledge.models import Passage

    columns = "path UNINDEXED, heading UNINDEXED, line UNINDEXED, body"
    rows = Passage.objects.order_by("pk").values_list("note__path", "heading", "line", "text", "pk")
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(f"CREATE VIRTUAL TABLE bare USING fts5({columns}, tokenize='ascii')")
        cursor.executemany(
            "INSERT INTO bare (path, heading, line, body, rowid) VALUES (%s, %s, %s, %s, %s)",
            [(path, heading, line, " ".join(grams(text)), pk) for path, heading, line, text, pk in rows],
        )

    def bare(match: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [match])
            return cursor.fetchall()

    return bare


def _compare_search(user: Any, vault: Any, bare: Callable[[str], Any]) -> None:
    from knowledge.grams import terms
    from knowledge.selectors import search_notes

    ratios, spent = [], [0.0, 0.0]
    print(f"{'search':<26}{'ours ms':>9}{'bare ms':>9}{'ratio':>8}{'hits':>7}")
    for kind, queries in QUERIES.items():
        for query in queries:
            match = " AND ".join(
                f'"{" ".join(term.grams)}"{"*" if term.prefix else ""}' for term in terms(query)
            )
            ours, theirs = _beside(
                lambda query=query: search_notes(user, query, vault=vault.pk),
                lambda match=match: bare(match),
            )
            ratios.append(ours / theirs)
            spent = [spent[0] + ours, spent[1] + theirs]
            hits = len(search_notes(user, query, vault=vault.pk))
            print(f"{kind:<18}{query:<8}{ours * 1e3:>9.2f}{theirs * 1e3:>9.2f}{ours / theirs:>8.2f}{hits:>7}")
    print(
        f"search: median ratio {statistics.median(ratios):.2f} (target 3), worst {max(ratios):.2f}, "
        f"all queries together {spent[0] / spent[1]:.2f}\n"
    )


def _compare_questions(user: Any, vault: Any, bare: Callable[[str], Any]) -> None:
    from knowledge.question import features
    from knowledge.selectors import find_passages

    ratios = []
    for question in QUESTIONS:
        match = " OR ".join(
            f'"{" ".join(each.term.grams)}"{"*" if each.term.prefix else ""}' for each in features(question)
        )
        ours, theirs = _beside(
            lambda question=question: find_passages(user, vault_ids=[vault.pk], queries=[question]),
            lambda match=match: bare(match),
        )
        ratios.append(ours / theirs)
        print(f"{question:<52}{ours * 1e3:>9.2f}{theirs * 1e3:>9.2f}{ours / theirs:>8.2f}")
    print(f"questions: median ratio {statistics.median(ratios):.2f}, worst {max(ratios):.2f} (target 3)")


def _beside(ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[float, float]:
    """Median seconds of each, taken in turns so that both meet the same machine."""
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(ROUNDS)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
