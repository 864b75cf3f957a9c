import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from foundation.activity.models import AuditEntry
from foundation.core.errors import Conflict, Forbidden, Invalid
from knowledge import services
from knowledge.models import Note, Passage, Vault
from tests.knowledge.trees import snapshot, write

needs_links = pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege on Windows")


def register(actor: Any, path: Any, **fields: Any) -> Vault:
    return services.vault_register(actor, name=fields.pop("name", "v"), path=str(path), **fields)


def test_it_is_registered_and_recorded(owner: Any, root: Path) -> None:
    vault = register(owner, f"  {root}/ ", name="  わたしの  保管庫 ")
    assert (vault.name, vault.path, vault.report_folder) == ("わたしの 保管庫", str(root), "AI秘書")
    assert AuditEntry.objects.get(action="vault.registered").object_id == str(vault.pk)
    assert snapshot(root) == {}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "path_not_absolute"),
        ("relative/folder", "path_not_absolute"),
        ("../..", "path_not_absolute"),
        ("a\0b", "path_not_absolute"),
        ("x" * 2000, "path_not_absolute"),
        ("~nobody-of-that-name/x", "path_missing"),
    ],
)
def test_paths_that_are_none(owner: Any, path: str, code: str) -> None:
    with pytest.raises(Invalid) as error:
        register(owner, path)
    assert error.value.code == code


def test_folders_that_cannot_be_a_vault(owner: Any, root: Path) -> None:
    data = Path(django_settings.DATA_DIR)
    (data / "media").mkdir(exist_ok=True)
    cases = {
        root / "missing": "path_missing",
        write(root, "note.md"): "path_not_a_folder",
        write(root, "note.md") / "below": "path_missing",
        Path(root.anchor): "path_is_the_disk",
        data: "path_is_own_data",
        data.parent: "path_is_own_data",
        data / "media": "path_is_own_data",
    }
    for path, code in cases.items():
        with pytest.raises(Invalid) as error:
            register(owner, path)
        assert error.value.code == code, path
        assert len(str(error.value)) > 20
    assert not Vault.objects.exists()


@pytest.mark.security("S9")
@needs_links
def test_a_link_is_no_vault(owner: Any, root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    with pytest.raises(Invalid) as error:
        register(owner, link)
    assert error.value.code == "path_is_a_link"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs the right to become somebody else")
def test_a_folder_that_may_not_be_read(owner: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        closed = Path(folder).resolve() / "closed"
        closed.mkdir(mode=0o700)
        os.seteuid(65534)
        try:
            with pytest.raises(Invalid) as error:
                register(owner, closed)
        finally:
            os.seteuid(0)
    assert error.value.code == "path_unreadable"


@pytest.mark.security("S9")
@pytest.mark.parametrize("folder", ["..", "/abs", ".obsidian", "a/../../b"])
def test_the_report_folder_stays_inside(owner: Any, root: Path, folder: str) -> None:
    with pytest.raises(Invalid) as error:
        register(owner, root, report_folder=folder)
    assert error.value.code == "folder_not_allowed"


def test_the_same_folder_is_registered_once(owner: Any, stranger: Any, vault: Vault) -> None:
    with pytest.raises(Conflict) as error:
        register(owner, f"{vault.path}/../{Path(vault.path).name}")
    assert error.value.details == {"vault": str(vault.pk), "name": vault.name}
    with pytest.raises(Conflict) as error:
        register(stranger, vault.path)
    assert error.value.details == {}
    assert vault.name not in str(error.value)


class TestTeam:
    """The team profile: administrators only, below VAULT_ROOTS."""

    @pytest.fixture(autouse=True)
    def _team(self, settings: Any, root: Path) -> None:
        settings.SIGN_IN = "password"
        settings.VAULT_ROOTS = [root]

    def test_below_a_root(self, owner: Any, root: Path) -> None:
        (root / "mine").mkdir()
        assert register(owner, root / "mine").path == str(root / "mine")

    @pytest.mark.security("S9")
    def test_not_without_the_right(self, stranger: Any, root: Path) -> None:
        with pytest.raises(Forbidden):
            register(stranger, root)

    @pytest.mark.security("S9")
    def test_not_beside_a_root(self, owner: Any, root: Path) -> None:
        evil = root.with_name("vault-evil")
        evil.mkdir()
        with pytest.raises(Forbidden) as error:
            register(owner, evil)
        assert error.value.code == "outside_vault_roots"

    @pytest.mark.security("S9")
    @needs_links
    def test_not_through_a_link(self, owner: Any, root: Path) -> None:
        (root.parent / "other" / "vault").mkdir(parents=True)
        (root / "link").symlink_to(root.parent / "other")
        with pytest.raises(Forbidden):
            register(owner, root / "link" / "vault")

    @pytest.mark.security("S9")
    def test_not_without_any_root(self, owner: Any, root: Path, settings: Any) -> None:
        settings.VAULT_ROOTS = []
        with pytest.raises(Forbidden):
            register(owner, root)


def test_update(owner: Any, teammate: Any, office: Vault) -> None:
    services.vault_update(owner, office, name="新しい名前", report_folder="報告/AI")
    office.refresh_from_db()
    assert (office.name, office.report_folder) == ("新しい名前", "報告/AI")
    with pytest.raises(Forbidden):
        services.vault_update(teammate, office, name="x")


def test_removing_forgets_the_vault_and_leaves_its_files(owner: Any, office: Vault, root: Path) -> None:
    before = snapshot(root)
    services.vault_remove(owner, office)
    assert snapshot(root) == before
    assert not Vault.objects.exists()
    assert not Note.objects.exists()
    assert not Passage.objects.exists()


def test_the_sample_vault_is_copied_once(owner: Any, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path.resolve() / "data"
    vault = services.sample_vault_install(owner)
    note = write(Path(vault.path), "はじめに.md", "mine now\n")
    assert services.sample_vault_install(owner) == vault
    assert note.read_text(encoding="utf-8") == "mine now\n"
