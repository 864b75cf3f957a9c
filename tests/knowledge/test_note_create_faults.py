"""Crashes, full disks, racing writers and swapped folders. What holds: one whole note or none, nothing outside touched."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from foundation.core.errors import Conflict, DomainError
from knowledge import services
from knowledge.files import writing
from knowledge.models import NoteWrite, Vault
from tests.knowledge import crash
from tests.knowledge.trees import snapshot, write

MARKDOWN = "# 報告\n" + "本文。" * 2000 + "\n"
SHA256 = hashlib.sha256(MARKDOWN.encode()).hexdigest()
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
concurrent = pytest.mark.django_db(transaction=True)


def create(actor: Any, vault: Vault, key: str = "run-1", **fields: Any) -> services.WrittenNote:
    return services.note_create(actor, vault, title="報告", unique_key=key, **{"markdown": MARKDOWN} | fields)


def in_threads(works: list[Callable[[], Any]]) -> list[Any]:
    """The results of all, or their DomainErrors."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = works[number]()
        except DomainError as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@concurrent
def test_eight_writers_of_one_title_write_eight_notes(owner: Any, vault: Vault, root: Path) -> None:
    results = in_threads(
        [lambda n=n: create(owner, vault, f"key-{n}", markdown=f"# {n}\n") for n in range(8)]
    )
    names = ["報告.md", *(f"報告 {number}.md" for number in range(2, 9))]
    assert sorted(written.path for written in results) == sorted(f"AI秘書/{name}" for name in names)
    assert {written.path: written.sha256 for written in results} == snapshot(root)


@concurrent
def test_eight_calls_with_one_key_write_one_note(owner: Any, vault: Vault, root: Path) -> None:
    results = in_threads([lambda: create(owner, vault)] * 8)
    assert snapshot(root) == {"AI秘書/報告.md": SHA256}
    assert all(isinstance(result, Conflict) or result.path == "AI秘書/報告.md" for result in results)
    assert create(owner, vault).path == "AI秘書/報告.md"
    assert snapshot(root) == {"AI秘書/報告.md": SHA256}


@posix
@concurrent
def test_killed_before_any_step_and_called_again_leaves_one_note(
    owner: Any, vault: Vault, root: Path
) -> None:
    write(root, "既存.md")
    steps = run_crash_script("note_create", vault, owner)
    assert steps > 12


@posix
@concurrent
def test_killed_before_any_step_where_there_are_no_hard_links(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "既存.md")
    assert run_crash_script("note_create_without_links", vault, owner) > 12


def run_crash_script(scenario: str, vault: Vault, owner: Any) -> int:
    """Run a scenario of `crash.py` in a process of its own, over this test's database; returns how many steps it has."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.knowledge.crash", scenario, str(vault.pk), str(owner.pk)],
        env=os.environ | {"DATABASE_URL": crash.database_url(), "LOG_LEVEL": "ERROR"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return int(done.stdout.split()[-1])


@posix
@pytest.mark.slow
@concurrent
def test_a_sync_killed_anywhere_goes_on(owner: Any, vault: Vault, root: Path) -> None:
    for number in range(24):
        write(
            root, f"f{number % 3}/note {number}.md", f"# 見出し {number}\n\n会議の記録 {number} [[note 1]]\n"
        )
    before = snapshot(root)
    assert run_crash_script("vault_sync", vault, owner) > 10
    assert snapshot(root) == before


class Swap:
    """Swaps the report folder for a link to `outside` in the middle of a write."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, root: Path, outside: Path) -> None:
        self.root, self.outside, self.done = root, outside, False
        real = getattr(os, name)

        def swapped(*args: Any, **kwargs: Any) -> Any:
            self.swap()
            return real(*args, **kwargs)

        monkeypatch.setattr(os, name, swapped)

    def swap(self) -> None:
        folder = self.root / "AI秘書"
        if not self.done and folder.is_dir() and not folder.is_symlink():
            self.done = True
            folder.rename(self.root / "moved")
            folder.symlink_to(self.outside)


@pytest.mark.security("S9")
@posix
@pytest.mark.parametrize("step", ["open", "fsync", "link", "listdir", "unlink"])
def test_a_report_folder_swapped_for_a_link_leads_nowhere(
    owner: Any, vault: Vault, root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    outside = root.parent / "outside"
    write(outside, "secret.md")
    (root / "AI秘書").mkdir()
    with monkeypatch.context() as patch:
        swap = Swap(patch, step, root, outside)
        try:
            create(owner, vault)
        except DomainError as error:
            assert error.code in {"outside_vault", "conflict", "vault_gone"}  # noqa: PT017 - it may succeed, too
    assert swap.done
    assert list(snapshot(outside)) == ["secret.md"]
    assert [name for name in snapshot(root) if name.endswith(".md")] in ([], ["moved/報告.md"])


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs the right to do so")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs the superuser")
def test_a_full_disk_leaves_no_trace(owner: Any, vault: Vault, root: Path) -> None:
    with small_disk(root):
        write(root, "既存.md", b"x" * 20_000)
        before = snapshot(root)
        with pytest.raises(DomainError) as error:
            create(owner, vault, markdown="語" * 100_000)
        assert error.value.code == "disk_full"
        assert snapshot(root) == before
        assert NoteWrite.objects.get().status == "intended"
        assert create(owner, vault, markdown="短い\n").created, "with room again, the same call goes through"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC, "disk_full"),
        (errno.EROFS, "vault_not_writable"),
        (errno.EACCES, "vault_not_writable"),
        (errno.EIO, "vault_fault"),
    ],
)
@pytest.mark.parametrize("step", ["fsync", "open"])
def test_a_disk_that_refuses(
    owner: Any, vault: Vault, root: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, code: str
) -> None:
    (root / "AI秘書").mkdir()
    real = getattr(os, step)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        if step == "fsync" or (isinstance(args[0], str) and args[0].startswith(".hisho-")):
            raise OSError(number, os.strerror(number))
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, refuse)
        with pytest.raises(DomainError) as error:
            create(owner, vault)
    assert error.value.code == code
    assert len(str(error.value)) > 20
    assert snapshot(root) == {}
    assert create(owner, vault).created


def no_hard_links(*_args: Any, **_kwargs: Any) -> None:
    raise OSError(errno.EPERM, "no hard links here")


def test_without_hard_links_the_note_is_written_all_the_same(
    owner: Any, vault: Vault, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_hard_links)
    write(root, "AI秘書/報告.md", "the user's own")
    before = snapshot(root)
    assert create(owner, vault).path == "AI秘書/報告 2.md"
    assert snapshot(root) == before | {"AI秘書/報告 2.md": SHA256}


@pytest.mark.security("S9")
def test_without_folder_handles_the_walls_stand_too(
    owner: Any, vault: Vault, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Windows does: paths are compared with their real paths, before and after."""
    monkeypatch.setattr("knowledge.files.inside.CAN_WALK", False)
    monkeypatch.setattr(writing, "CAN_WALK", False)
    monkeypatch.setattr("knowledge.files.reading.CAN_WALK", False)
    write(root, "既存.md")
    assert create(owner, vault).path == "AI秘書/報告.md"
    assert create(owner, vault, "k2").path == "AI秘書/報告 2.md"
    assert services.vault_sync(vault).indexed == 3
    if os.name != "nt":
        (root / "AI秘書").rename(root / "moved")
        (root.parent / "outside").mkdir()
        (root / "AI秘書").symlink_to(root.parent / "outside")
        with pytest.raises(DomainError) as error:
            create(owner, vault, "k3")
        assert error.value.code == "outside_vault"
        assert snapshot(root.parent / "outside") == {}


def test_signals_are_what_the_crash_script_needs() -> None:
    assert hasattr(signal, "SIGKILL") == hasattr(os, "fork")
