"""Names, and the walls around the vault's folder."""

import os
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.core.errors import Invalid
from knowledge.files.inside import Outside
from knowledge.files.names import MAX_NAME_BYTES, folder_parts, is_below, numbered, path_key, safe_name
from knowledge.files.reading import MAX_NOTE_BYTES, decode, read_content, scan_vault
from tests.knowledge.trees import write

needs_links = pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege on Windows")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("新製品の調査報告", "新製品の調査報告"),
        ("価格/納期: 案", "価格-納期- 案"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "無題"),
        ("", "無題"),
        (" .hidden. ", "hidden"),
        ("a#b^c[d]|e", "a-b-c-d-e"),
        ("CON", "CON_"),
        ("lpt1.txt", "lpt1．txt"),
        ("v1.2 の計画", "v1．2 の計画"),
        ("速報🎉", "速報"),
        ("一行\n二行\0", "一行 二行"),
        ("%%秘%%", "秘"),
    ],
)
def test_safe_names(title: str, name: str) -> None:
    assert safe_name(title) == name


@given(title=st.text(max_size=300))
def test_every_title_gives_a_name_that_every_system_takes(title: str) -> None:
    name = safe_name(title)
    assert 0 < len(name.encode()) <= MAX_NAME_BYTES + 1
    assert len(unicodedata.normalize("NFD", f"{numbered(name, 999)}.md").encode()) < 1000
    assert name == name.strip(" .")
    assert not set(name) & set('/\\:*?"<>|#^[]\0\n.')


def test_a_long_name_is_cut_between_characters() -> None:
    assert safe_name("が" * 100) == "が" * 60
    assert len(safe_name("𠮷" * 100).encode()) <= MAX_NAME_BYTES


@given(name=st.text(max_size=50))
def test_keys_do_not_depend_on_composition_and_case(name: str) -> None:
    assert path_key(unicodedata.normalize("NFD", name)) == path_key(unicodedata.normalize("NFC", name))
    assert path_key(path_key(name)) == path_key(name)


@pytest.mark.parametrize(
    "folder", ["", "/", "/a", "..", "a/../b", ".obsidian", "a/.b", "C:\\x", "a//b", "a/ b", "x" * 200, "con"]
)
def test_folders_that_we_never_write_to(folder: str) -> None:
    with pytest.raises(Invalid):
        folder_parts(folder)


def test_below_is_no_matter_of_spelling() -> None:
    assert is_below("ai秘書/x.md", "AI秘書")
    assert not is_below("AI秘書2/x.md", "AI秘書")
    assert not is_below("x.md", "")


@pytest.mark.security("S9")
@pytest.mark.parametrize("path", ["../secret.md", "/etc/passwd", "a/../../secret.md", "a\0b.md", "."])
def test_no_path_leads_out(root: Path, path: str) -> None:
    write(root.parent, "secret.md", "secret")
    with pytest.raises((Outside, OSError)):
        read_content(root, path)


@pytest.mark.security("S9")
@needs_links
@pytest.mark.parametrize("through", ["file", "folder"])
def test_no_link_is_followed(root: Path, through: str) -> None:
    secret = write(root.parent / "vault-evil", "secret.md", "secret")
    target, name = (secret, "link.md") if through == "file" else (secret.parent, "link")
    (root / name).symlink_to(target)
    with pytest.raises(Outside):
        read_content(root, "link.md" if through == "file" else "link/secret.md")
    assert [(file.path, file.skip) for file in scan_vault(root).files] == [(name, "link")]


@pytest.mark.security("S9")
@needs_links
def test_a_folder_swapped_for_a_link_after_the_scan_gives_nothing_away(root: Path) -> None:
    write(root, "sub/note.md", "mine")
    write(root.parent / "outside", "note.md", "secret")
    assert [file.path for file in scan_vault(root).files] == ["sub/note.md"]
    (root / "sub").rename(root / "moved")
    (root / "sub").symlink_to(root.parent / "outside")
    with pytest.raises(Outside):
        read_content(root, "sub/note.md")


@needs_links
def test_a_pipe_does_not_stop_the_world(root: Path) -> None:
    os.mkfifo(root / "pipe.md")
    assert scan_vault(root).files[0].skip == "not_a_file"
    with pytest.raises(Outside):
        read_content(root, "pipe.md")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs the right to become somebody else")
def test_a_folder_that_may_not_be_listed_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        write(Path(folder), "open.md").chmod(0o644)
        write(Path(folder), "closed/note.md")
        Path(folder, "closed").chmod(0o700)
        os.seteuid(65534)
        try:
            scan = scan_vault(Path(folder))
        finally:
            os.seteuid(0)
    assert ([file.path for file in scan.files], scan.unreadable) == (["open.md"], ["closed"])


def test_what_a_scan_leaves_out(root: Path) -> None:
    for path in (
        ".obsidian/x.md",
        ".trash/x.md",
        "node_modules/x.md",
        ".hidden.md",
        "image.png",
        "canvas.canvas",
    ):
        write(root, path)
    write(root, "too large.md", b"x" * (MAX_NOTE_BYTES + 1))
    write(root, "Note (Conflicted copy laptop 202611231200).md")
    write(root, "Note.sync-conflict-20261123-120000-ABCDEFG.md")
    write(root, "深い/NOTE.MD")
    assert {file.path: file.skip for file in scan_vault(root).files} == {
        "too large.md": "too_large",
        "Note (Conflicted copy laptop 202611231200).md": "conflict_copy",
        "Note.sync-conflict-20261123-120000-ABCDEFG.md": "conflict_copy",
        "深い/NOTE.MD": "",
    }


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode on Windows")
def test_a_name_that_is_not_utf8_is_told(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/\x83\x65.md")).write_text("x", encoding="utf-8")
    found = scan_vault(root).files[0]
    assert (found.path, found.skip) == ("\\x83e.md", "name_not_utf8")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("会議".encode(), ("会議", "utf-8")),
        (b"\xef\xbb\xbf" + "会議".encode(), ("会議", "utf-8-sig")),
        ("会議".encode("utf-16"), ("会議", "utf-16")),
        (b"\xfe\xff" + "会議".encode("utf-16-be"), ("会議", "utf-16")),
        ("会議の記録①".encode("cp932"), ("会議の記録①", "cp932")),
        (b"", ("", "utf-8")),
    ],
)
def test_decoding(data: bytes, expected: tuple[str, str]) -> None:
    assert decode(data) == expected


@pytest.mark.parametrize(
    ("data", "reason"), [(b"\x00\x01\x02", "not_text"), (b"\xff\xff\xfd\x81", "not_utf8")]
)
def test_what_is_no_text_is_told(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode(data)
