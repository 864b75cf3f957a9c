"""Files for tests, and what a folder looked like."""

import hashlib
import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "vaults"


def write(root: Path, path: str, content: str | bytes = "text\n") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def snapshot(root: Path) -> dict[str, str]:
    """Every file below `root` (links unfollowed) with the hash of its bytes."""
    found = {}
    for folder, _folders, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            data = os.readlink(file).encode() if file.is_symlink() else file.read_bytes()
            found[file.relative_to(root).as_posix()] = hashlib.sha256(data).hexdigest()
    return found


def shared_vault(name: str) -> Path:
    """A real vault beside the checkout; the test is skipped, saying so, where it is absent."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the real vault {folder} is not on this machine")
    return folder
