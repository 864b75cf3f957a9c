"""`task-todo:` in a query: where open tasks stand, by when they are due, for those who may see them."""

from pathlib import Path
from typing import Any

import pytest

from foundation.core.errors import NotFound
from knowledge import services
from knowledge.models import Vault
from knowledge.selectors import find_passages, search_notes
from knowledge.selectors.open_tasks import MOST_PASSAGES
from tests.factories import share
from tests.knowledge.trees import write

pytestmark = pytest.mark.django_db
HOUSE = """# 家

- [ ] 屋根を直す 📅 2026-12-20
- [x] 鍵を替える 📅 2026-11-01

## 庭

- [ ] 木を切る ⏫ 📅 2026-12-01
- [ ] 水をまく
"""


@pytest.fixture
def vault(owner: Any, tmp_path: Path) -> Vault:
    root = tmp_path / "notes"
    write(root, "家.md", HOUSE)
    write(root, "仕事/報告.md", "# 報告\n\n- [ ] 週報を書く 📅 2026-11-30\n- [-] 月報\n")
    write(root, "テンプレート/日報.md", "# 日報\n\n- [ ] 書く 📅 2026-01-01\n")
    write(root, "覚え書き.md", "# 覚え書き\n\n木を切る話。\n\n```\n- [ ] 例 📅 2026-01-02\n```\n")
    made = services.vault_register(owner, name="notes", path=str(root))
    services.vault_sync(made)
    return made


def asked(user: Any, vault: Vault, *queries: str, **options: Any) -> list[tuple[str, str]]:
    found = find_passages(user, vault_ids=[vault.pk], queries=queries, **options)
    return [(passage.note, passage.heading) for passage in found]


def test_passages_come_by_when_their_tasks_are_due(owner: Any, vault: Vault) -> None:
    assert asked(owner, vault, "task-todo:") == [
        ("仕事/報告.md", "報告"),
        ("家.md", "家 > 庭"),
        ("家.md", "家"),
    ]
    assert asked(owner, vault, "ＴＡＳＫ-todo:") == asked(owner, vault, "task-todo:")


def test_words_behind_it_narrow_it_down(owner: Any, vault: Vault) -> None:
    assert asked(owner, vault, "task-todo: 木") == [("家.md", "家 > 庭")]
    assert asked(owner, vault, "task-todo: 木 屋根") == []
    assert asked(owner, vault, "task-todo: 家 屋根") == [("家.md", "家")]
    assert asked(owner, vault, "task-todo: 木", "task-todo: 週報") == [
        ("仕事/報告.md", "報告"),
        ("家.md", "家 > 庭"),
    ]


def test_other_queries_are_answered_beside_it(owner: Any, vault: Vault) -> None:
    found = asked(owner, vault, "task-todo: 週報", "木を切る話")
    assert found[0] == ("仕事/報告.md", "報告")
    assert ("覚え書き.md", "覚え書き") in found
    assert len(found) == len(set(found))


def test_only_what_one_may_see_and_the_persona_read(
    owner: Any, teammate: Any, stranger: Any, vault: Vault
) -> None:
    assert asked(stranger, vault, "task-todo:") == []
    assert search_notes(stranger, "task-todo:") == []
    with pytest.raises(NotFound):
        search_notes(stranger, "task-todo:", vault=vault.pk)
    share(vault, teammate, "view")
    assert len(asked(teammate, vault, "task-todo:")) == 3
    assert asked(owner, vault, "task-todo:", folders=["仕事"]) == [("仕事/報告.md", "報告")]


def test_a_note_that_is_gone_has_no_tasks(owner: Any, vault: Vault) -> None:
    (Path(vault.path) / "仕事" / "報告.md").unlink()
    services.vault_sync(vault)
    assert ("仕事/報告.md", "報告") not in asked(owner, vault, "task-todo:")


def test_no_more_than_a_model_can_read(owner: Any, vault: Vault) -> None:
    for number in range(MOST_PASSAGES + 5):
        write(Path(vault.path), f"n{number}.md", f"- [ ] 用事 {number} 📅 2027-01-01\n")
    services.vault_sync(vault)
    assert len(asked(owner, vault, "task-todo:")) == MOST_PASSAGES


def test_searching_finds_the_lines(owner: Any, vault: Vault) -> None:
    hits = search_notes(owner, "task-todo:", vault=vault.pk)
    assert [(hit.note.path, hit.line, hit.heading, hit.snippet) for hit in hits] == [
        ("仕事/報告.md", 3, "報告", "☐ 週報を書く 📅 2026-11-30"),
        ("家.md", 8, "家 > 庭", "☐ 木を切る 📅 2026-12-01"),
        ("家.md", 3, "家", "☐ 屋根を直す 📅 2026-12-20"),
        ("家.md", 9, "家 > 庭", "☐ 水をまく"),
    ]
    assert [hit.line for hit in search_notes(owner, "task-todo: 庭 水", vault=vault.pk)] == []
    assert [hit.line for hit in search_notes(owner, "task-todo: 水", limit=1)] == [9]
    assert search_notes(owner, "task-todo:", limit=0) == []
    assert search_notes(owner, "の task-todo:") == []
