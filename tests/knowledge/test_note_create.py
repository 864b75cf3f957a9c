"""One new note, once, and not one other byte."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from foundation.activity.models import AuditEntry
from foundation.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from knowledge import services
from knowledge.models import NoteWrite, Vault
from knowledge.services import WrittenNote
from tests.factories import share
from tests.knowledge.trees import snapshot, write

needs_links = pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege on Windows")
MARKDOWN = "# 報告\r\n\r\n価格は 2,480 円。\n"
STORED = "# 報告\n\n価格は 2,480 円。\n".encode()


def create(
    actor: Any, vault: Vault, title: str = "新製品の調査", key: str = "run-1", **fields: Any
) -> WrittenNote:
    return services.note_create(actor, vault, title=title, unique_key=key, **{"markdown": MARKDOWN} | fields)


def test_exactly_one_file_is_new(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "既存.md", "\ufeff既存\r\n　全角\r\n")
    write(root, "AI秘書/前の報告.md")
    before = snapshot(root)
    written = create(owner, vault)
    assert written == WrittenNote("AI秘書/新製品の調査.md", hashlib.sha256(STORED).hexdigest(), created=True)
    assert snapshot(root) == before | {written.path: written.sha256}
    assert (root / written.path).read_bytes() == STORED
    assert AuditEntry.objects.get(action="note.written").data["data"]["path"] == written.path


def test_the_same_key_writes_once(owner: Any, vault: Vault, root: Path) -> None:
    first = create(owner, vault)
    before = snapshot(root)
    again = create(owner, vault, title="別の題", markdown="other")
    assert again == WrittenNote(first.path, first.sha256, created=False)
    assert snapshot(root) == before


def test_a_report_that_the_user_deleted_stays_deleted(owner: Any, vault: Vault, root: Path) -> None:
    first = create(owner, vault)
    (root / first.path).unlink()
    assert create(owner, vault) == WrittenNote(first.path, first.sha256, created=False)
    assert snapshot(root) == {}


def test_a_taken_name_is_counted_up(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "AI秘書/新製品の調査.md", "the user's own")
    assert [create(owner, vault, key=f"k{number}").path for number in range(3)] == [
        "AI秘書/新製品の調査 2.md",
        "AI秘書/新製品の調査 3.md",
        "AI秘書/新製品の調査 4.md",
    ]
    assert (root / "AI秘書/新製品の調査.md").read_text(encoding="utf-8") == "the user's own"


def test_a_name_that_differs_in_case_or_composition_is_taken(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "AI秘書/REPORT.md")
    write(root, "AI秘書/カ\u3099イド.md")
    assert create(owner, vault, title="report", key="a").path == "AI秘書/report 2.md"
    assert create(owner, vault, title="ガイド", key="b").path == "AI秘書/ガイド 2.md"


@pytest.mark.skipif(os.name == "nt", reason="names fold on Windows")
def test_an_existing_folder_is_used_however_it_is_written(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "ai秘書/古い.md")
    assert create(owner, vault).path == "ai秘書/新製品の調査.md"


@pytest.mark.security("S9")
@pytest.mark.parametrize(
    "title", ["../../out", "/etc/x", "..\\x", "con", "a\0b", "", "🎉", "x" * 500, ".obsidian", "語" * 300]
)
def test_no_title_leads_out(owner: Any, vault: Vault, root: Path, title: str) -> None:
    before = snapshot(root.parent)
    written = create(owner, vault, title=title)
    assert (root / written.path).parent == root / "AI秘書"
    assert snapshot(root.parent) == before | {f"vault/{written.path}": written.sha256}


@pytest.mark.security("S9")
@pytest.mark.parametrize("folder", ["..", "/tmp", "AI秘書/../x", "AI秘書/.hidden", "C:\\x", "AI秘書//x"])
def test_folders_that_are_none(owner: Any, vault: Vault, root: Path, folder: str) -> None:
    with pytest.raises(Invalid):
        create(owner, vault, folder=folder)
    assert snapshot(root) == {}


@pytest.mark.security("S9")
@pytest.mark.parametrize("folder", ["会議", "AI秘書2", "x/AI秘書"])
def test_only_the_report_folder_is_written_to(owner: Any, vault: Vault, root: Path, folder: str) -> None:
    with pytest.raises(Forbidden) as error:
        create(owner, vault, folder=folder)
    assert error.value.code == "not_report_folder"
    assert snapshot(root) == {}


def test_below_the_report_folder(owner: Any, vault: Vault) -> None:
    assert create(owner, vault, folder="AI秘書/2026/11月").path == "AI秘書/2026/11月/新製品の調査.md"


def test_who_may_write(owner: Any, teammate: Any, stranger: Any, vault: Vault, root: Path) -> None:
    share(vault, teammate)
    for nobody in (teammate, stranger):
        with pytest.raises((Forbidden, NotFound)):
            create(nobody, vault)
    assert snapshot(root) == {}
    share(vault, teammate, "operate")
    assert create(teammate, vault).created


def test_a_key_belongs_to_one_vault(owner: Any, vault: Vault, tmp_path: Path) -> None:
    create(owner, vault)
    (tmp_path / "other").mkdir()
    other = services.vault_register(owner, name="o", path=str((tmp_path / "other").resolve()))
    with pytest.raises(Conflict):
        create(owner, other)


@pytest.mark.security("S9")
@needs_links
@pytest.mark.parametrize("where", ["AI秘書", "AI秘書/深い"])
def test_no_link_is_written_through(owner: Any, vault: Vault, root: Path, where: str) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (root / where).parent.mkdir(exist_ok=True)
    (root / where).symlink_to(outside)
    before = snapshot(root.parent)
    with pytest.raises(Forbidden) as error:
        create(owner, vault, folder="AI秘書/深い")
    assert error.value.code == "outside_vault"
    assert snapshot(root.parent) == before


@pytest.mark.security("S9")
@needs_links
def test_a_vault_replaced_by_a_link_is_not_written_to(owner: Any, vault: Vault, root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    root.rmdir()
    root.symlink_to(outside)
    with pytest.raises(DomainError):
        create(owner, vault)
    assert list(outside.iterdir()) == []


def test_a_vault_that_is_gone_is_not_made_again(owner: Any, vault: Vault, root: Path) -> None:
    root.rmdir()
    with pytest.raises(DomainError) as error:
        create(owner, vault)
    assert error.value.code == "vault_gone"
    assert not root.exists()


def test_an_interrupted_write_is_taken_up(owner: Any, vault: Vault, root: Path) -> None:
    path, sha256 = "AI秘書/新製品の調査.md", hashlib.sha256(STORED).hexdigest()
    NoteWrite.objects.create(
        unique_key="run-1", vault=vault, path=path, path_key=path.casefold(), sha256=sha256
    )
    assert create(owner, vault) == WrittenNote(path, sha256, created=True)
    assert NoteWrite.objects.get().status == "written"


def test_a_write_that_only_lacks_its_mark_is_recognised(owner: Any, vault: Vault, root: Path) -> None:
    path, sha256 = "AI秘書/新製品の調査.md", hashlib.sha256(STORED).hexdigest()
    NoteWrite.objects.create(
        unique_key="run-1", vault=vault, path=path, path_key=path.casefold(), sha256=sha256
    )
    write(root, path, STORED)
    assert create(owner, vault) == WrittenNote(path, sha256, created=False)
    assert snapshot(root) == {path: sha256}


def test_the_note_is_indexed_as_a_report(owner: Any, vault: Vault) -> None:
    from knowledge.selectors import find_passages, search_notes

    written = create(owner, vault)
    services.vault_sync(vault)
    assert [hit.note.path for hit in search_notes(owner, "2,480")] == [written.path]
    assert find_passages(owner, vault_ids=[vault.pk], queries=["価格"]) == []
