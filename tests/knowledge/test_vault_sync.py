"""The index follows the files, and never the other way round."""

import os
import shutil
import time
import unicodedata
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from foundation.activity.models import AuditEntry
from foundation.core.errors import Forbidden
from foundation.core.leases import claim, release
from knowledge import services
from knowledge.files.reading import Scan
from knowledge.models import Link, Note, Passage, Vault
from knowledge.selectors import search_notes, vault_status
from knowledge.services import SyncReport, vault_sync
from knowledge.services.sync_plan import Known, plan_sync
from knowledge.states import NoteStatus, Zone
from tests.knowledge.trees import shared_vault, snapshot, write


def note(vault: Vault, path: str) -> Note:
    return Note.objects.get(vault=vault, path=path, deleted_at=None)


def paths(vault: Vault) -> list[str]:
    return sorted(Note.objects.filter(vault=vault, deleted_at=None).values_list("path", flat=True))


def test_the_first_sync_reads_everything_and_writes_nothing(owner: Any, office: Vault, root: Path) -> None:
    before = snapshot(root)
    assert vault_status(owner, office.pk) | {"synced_at": None} == {
        "total": 3, "indexed": 3, "waiting": 0, "skipped": 0, "failed": 0, "synced_at": None, "stopped": None,
    }  # fmt: skip
    assert note(office, "会議/議事録.md").tags == ["会議"]
    assert AuditEntry.objects.filter(action="vault.synced").count() == 1
    assert vault_sync(office) == SyncReport(total=3, indexed=3, unchanged=3)
    assert snapshot(root) == before


def test_a_change_is_noticed_and_nothing_else_is_read_again(owner: Any, office: Vault, root: Path) -> None:
    kept = Passage.objects.filter(note=note(office, "English.md")).values_list("pk", flat=True)
    before = list(kept)
    write(root, "製品/新製品.md", "# 新製品\n\n色は若草です。\n")
    assert vault_sync(office) == SyncReport(total=3, indexed=3, changed=1, unchanged=2)
    assert list(kept) == before
    assert [hit.note.path for hit in search_notes(owner, "若草")] == ["製品/新製品.md"]
    assert search_notes(owner, "2,480") == []


def test_a_deleted_note_stays_deleted_until_it_comes_back(owner: Any, office: Vault, root: Path) -> None:
    first = note(office, "English.md")
    content = (root / "English.md").read_bytes()
    (root / "English.md").unlink()
    assert vault_sync(office).removed == 1
    assert search_notes(owner, "launch") == []
    assert Note.objects.get(pk=first.pk).deleted_at
    assert vault_sync(office) == SyncReport(total=2, indexed=2, unchanged=2)
    write(root, "English.md", content)
    vault_sync(office)
    assert note(office, "English.md").pk == first.pk


@pytest.mark.parametrize("new", ["会議/2026/定例の議事録.md", "議事録.md", "会議/別名.md"])
def test_a_note_that_moves_stays_the_same_note(owner: Any, office: Vault, root: Path, new: str) -> None:
    before = note(office, "会議/議事録.md")
    (root / new).parent.mkdir(parents=True, exist_ok=True)
    (root / "会議/議事録.md").rename(root / new)
    assert vault_sync(office) == SyncReport(total=3, indexed=3, renamed=1, unchanged=2)
    assert note(office, new).pk == before.pk
    assert [hit.note.path for hit in search_notes(owner, "決定事項")] == [new]


@pytest.mark.skipif(os.name == "nt", reason="names fold on Windows")
@pytest.mark.parametrize(
    ("old", "new"), [("Note.md", "NOTE.md"), ("ガイド.md", unicodedata.normalize("NFD", "ガイド.md"))]
)
def test_a_note_renamed_by_case_or_composition_is_the_same_note(
    vault: Vault, root: Path, old: str, new: str
) -> None:
    write(root, old, "# old\n\nold text\n")
    write(root, "other.md")
    vault_sync(vault)
    before = note(vault, old)
    (root / old).rename(root / new)
    write(root, new, "# new\n\nnew text\n")
    assert vault_sync(vault).renamed == 1
    assert note(vault, new).pk == before.pk


@pytest.mark.skipif(os.name == "nt", reason="names fold on Windows")
def test_twins_by_case_are_two_notes(vault: Vault, root: Path) -> None:
    for name in ("Note.md", "note.md", "ガ.md", unicodedata.normalize("NFD", "ガ.md")):
        write(root, name, f"text of {name}\n")
    if len(list(root.iterdir())) < 4:
        pytest.skip("this file system folds names")
    assert vault_sync(vault).total == 4
    assert vault_sync(vault).unchanged == 4


def test_a_moved_folder_is_no_mass_deletion(vault: Vault, root: Path) -> None:
    for number in range(10):
        write(root, f"old/note {number}.md", f"text {number}\n")
    vault_sync(vault)
    before = set(Note.objects.values_list("pk", flat=True))
    (root / "old").rename(root / "new")
    assert vault_sync(vault) == SyncReport(total=10, indexed=10, renamed=10)
    assert set(Note.objects.values_list("pk", flat=True)) == before


def test_a_rename_onto_the_place_of_a_deleted_note(vault: Vault, root: Path) -> None:
    for name in ("a", "b", "c", "d", "e"):
        write(root, f"{name}.md", f"{name}\n")
    vault_sync(vault)
    kept = note(vault, "a.md")
    (root / "b.md").unlink()
    vault_sync(vault)
    (root / "a.md").rename(root / "b.md")
    assert vault_sync(vault).renamed == 1
    assert note(vault, "b.md").pk == kept.pk
    assert paths(vault) == ["b.md", "c.md", "d.md", "e.md"]


class TestNothingIsForgotten:
    """A folder that is missing, empty or half there is a fault of the disk, not the user's wish."""

    @pytest.fixture(autouse=True)
    def _many(self, vault: Vault, root: Path) -> None:
        for number in range(10):
            write(root, f"sub/note {number}.md", f"text {number}\n")
        vault_sync(vault)

    def check(self, owner: Any, vault: Vault, reason: str) -> None:
        assert vault_sync(vault) == SyncReport(stopped=reason)
        status = vault_status(owner, vault.pk)
        assert (status["total"], status["stopped"]["code"]) == (10, reason)
        assert len(status["stopped"]["message"]) > 20
        assert len(search_notes(owner, "text")) == 10

    def test_missing(self, owner: Any, vault: Vault, root: Path) -> None:
        root.rename(root.with_name("elsewhere"))
        self.check(owner, vault, "missing")
        root.with_name("elsewhere").rename(root)
        assert vault_sync(vault).unchanged == 10
        assert vault_status(owner, vault.pk)["stopped"] is None

    def test_empty(self, owner: Any, vault: Vault, root: Path) -> None:
        shutil.rmtree(root / "sub")
        self.check(owner, vault, "empty")

    def test_a_file_in_its_place(self, owner: Any, vault: Vault, root: Path) -> None:
        shutil.rmtree(root)
        root.write_text("not a folder", encoding="utf-8")
        self.check(owner, vault, "missing")

    @pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege on Windows")
    def test_a_link_in_its_place(self, owner: Any, vault: Vault, root: Path) -> None:
        write(root.parent / "other", "secret.md", "secret text\n")
        root.rename(root.with_name("moved"))
        root.symlink_to(root.parent / "other")
        self.check(owner, vault, "moved")

    def test_more_than_half_gone(self, owner: Any, vault: Vault, root: Path) -> None:
        for number in range(6):
            (root / f"sub/note {number}.md").unlink()
        self.check(owner, vault, "vanished")

    def test_half_gone_is_believed(self, vault: Vault, root: Path) -> None:
        for number in range(5):
            (root / f"sub/note {number}.md").unlink()
        assert vault_sync(vault).removed == 5

    def test_more_than_half_gone_and_confirmed(self, owner: Any, vault: Vault, root: Path) -> None:
        for number in range(9):
            (root / f"sub/note {number}.md").unlink()
        services.vault_request_sync(owner, vault, accept_vanished=True)
        assert vault_sync(vault).removed == 9
        (root / "sub/note 9.md").unlink()
        assert vault_sync(vault).stopped == "empty"


def test_a_folder_that_cannot_be_listed_hides_its_notes_but_loses_none() -> None:
    rows = [
        Known(uuid4(), path, path, 1, 1, "hash", NoteStatus.INDEXED, Zone.EVIDENCE, False)
        for path in ("sub/a.md", "sub/deep/b.md", "subway.md")
    ]
    scan = Scan(files=[], unreadable=["sub"])
    plan = plan_sync(rows, scan, zone_of=lambda path: Zone.EVIDENCE, hash_of=lambda file: "")
    assert [row.path for row in plan.vanished] == ["subway.md"]


def test_what_cannot_be_indexed_is_told(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "ok.md")
    write(root, "binary.md", b"\0\1\2" * 50)
    write(root, "latin.md", b"caf\xe9 \xff\xff\n")
    write(root, "sjis.md", "# 会議\n\n価格の件\n".encode("cp932"))
    write(root, "utf16.md", "納期の件\n".encode("utf-16"))
    write(root, "x.sync-conflict-20261123-120000-ABCDEFG.md")
    report = vault_sync(vault)
    assert (report.total, report.indexed, report.skipped, report.failed) == (6, 3, 3, 0)
    found = {each.path: (each.status, each.reason) for each in Note.objects.all()}
    assert found["binary.md"] == ("skipped", "not_text")
    assert found["latin.md"] == ("skipped", "not_utf8")
    assert found["sjis.md"] == ("indexed", "read_as_cp932")
    assert [hit.note.path for hit in search_notes(owner, "価格")] == ["sjis.md"]
    assert [hit.note.path for hit in search_notes(owner, "納期")] == ["utf16.md"]
    assert vault_sync(vault).unchanged == 6


def test_text_that_a_database_would_refuse(owner: Any, vault: Vault, root: Path) -> None:
    write(
        root, "nul.md", '---\na: "\\0\\ud800"\n---\n' + "x" * 500 + "\0 価格 \ue000 \ue001 ' \" \\ : & | !\n"
    )
    write(
        root,
        "long.md",
        "語" * 200_000 + "\n" + "w" * 100_000 + "\n# " + "h" * 5000 + "\n[[" + "t" * 5000 + "]]\n",
    )
    write(root, "deep/" * 40 + "note.md")
    assert vault_sync(vault).indexed == 3
    assert [hit.note.path for hit in search_notes(owner, "価格")] == ["nul.md"]


def test_one_sync_at_a_time(vault: Vault, root: Path) -> None:
    write(root, "a.md")
    lease = claim(Vault, vault.pk)
    assert lease
    assert vault_sync(vault).stopped == "busy"
    release(lease)
    assert vault_sync(vault).indexed == 1


def test_a_file_touched_without_a_change_keeps_its_note(office: Vault, root: Path) -> None:
    before = note(office, "English.md").pk
    os.utime(root / "English.md", (time.time() + 5, time.time() + 5))
    assert vault_sync(office).changed == 1
    assert note(office, "English.md").pk == before


def test_links_lead_where_obsidian_leads(vault: Vault, root: Path) -> None:
    write(root, "a/Target.md", "# T\n")
    write(root, "a/b/Target.md", "# T\n")
    write(root, "007.jpg.md", "# J\n")
    write(
        root,
        "a/b/source.md",
        "[[target]] [[a/Target]] [[TARGET.md]] [[b/target]] [[007.jpg]] [[missing]] [[#T]]\n",
    )
    write(root, "top.md", "[[Target]] [x](a/b/Target.md) [y](./a/Target.md)\n")
    vault_sync(vault)
    leads = {
        path: [
            link.resolved and link.resolved.path
            for link in Link.objects.filter(note__path=path).order_by("pk")
        ]
        for path in ("a/b/source.md", "top.md")
    }
    assert leads == {
        "a/b/source.md": [
            "a/b/Target.md", "a/Target.md", "a/b/Target.md", "a/b/Target.md", "007.jpg.md", None, "a/b/source.md",
        ],
        "top.md": ["a/Target.md", "a/b/Target.md", "a/Target.md"],
    }  # fmt: skip
    write(root, "missing.md")
    vault_sync(vault)
    assert Link.objects.get(target="missing").resolved == note(vault, "missing.md")


def test_only_those_who_may_change_a_vault_ask_for_a_sync(stranger: Any, office: Vault) -> None:
    with pytest.raises(Forbidden):
        services.vault_request_sync(stranger, office)


def test_a_request_that_nobody_answered_is_found_again(owner: Any, office: Vault) -> None:
    assert services.vault_syncs_resume() == 0
    services.vault_request_sync(owner, office)
    assert services.vault_syncs_resume() == 1
    vault_sync(office)
    assert services.vault_syncs_resume() == 0


def test_every_note_of_a_real_vault_is_indexed(owner: Any, root: Path, vault: Vault) -> None:
    shutil.copytree(shared_vault("kepano-obsidian"), root, dirs_exist_ok=True)
    before = snapshot(root)
    assert vault_sync(vault) == SyncReport(total=103, indexed=103, added=103)
    assert Note.objects.exclude(frontmatter_error="").count() == 28
    assert snapshot(root) == before
    assert not Passage.objects.filter(note__path__startswith="Templates/", zone="v").exists()
