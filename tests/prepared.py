"""A database as the migrations leave it, made once per test process: what many platforms begin with.

Making it takes longer than all else of a first start. First starts themselves are tried in tests/bootstrap, from nothing.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
NAME = "app.sqlite3"


def prepare(folder: Path) -> None:
    """Put the database into a platform's folder, unless there is one."""
    if not (folder / NAME).exists():
        shutil.copyfile(Path(_made().name) / NAME, folder / NAME)


@cache
def _made() -> "TemporaryDirectory[str]":
    made = TemporaryDirectory(prefix="hisho-prepared-", ignore_cleanup_errors=True)
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": made.name}
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return made
