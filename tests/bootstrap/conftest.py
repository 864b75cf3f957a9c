"""A copy of the launcher in a folder of its own, with a world around it that the test decides.

Nothing is downloaded: the lock names one wheel that is built here, with its real hash.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
REAL_PYTHON = getattr(sys, "_base_executable", sys.executable)

# Behaves as the real interpreter does, but says (and has) an older version.
OLD_PYTHON = """
import runpy, sys
sys.executable = sys._base_executable = sys.argv[1]
sys.version_info = type("old", (tuple,), {"major": 3, "minor": 9})((3, 9, 2, "final", 0))
arguments = sys.argv[2:]
if "-c" in arguments:
    exec(arguments[arguments.index("-c") + 1])
else:
    sys.argv = arguments
    sys.path[0] = arguments[0].rpartition("/")[0]
    runpy.run_path(arguments[0], run_name="__main__")
"""

MANAGE = """
import json, os, sys
print("MANAGE " + json.dumps({"argv": sys.argv[1:], "port": os.environ.get("PORT"), "prefix": sys.prefix}))
sys.exit(int(os.environ.get("EXIT", "0")))
"""


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def old_python(path: Path) -> Path:
    behaviour = path.parent / "old_python.txt"
    script(path, f'exec "{REAL_PYTHON}" "{behaviour}" "$0" "$@"')
    behaviour.write_text(OLD_PYTHON, encoding="utf-8")
    return path


def wheel(folder: Path, version: str) -> str:
    """Build demo-<version>.whl in `folder`; return the lock line that pins it."""
    folder.mkdir(exist_ok=True)
    path = folder / f"demo-{version}-py3-none-any.whl"
    info = f"demo-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"demo.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"demo=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@dataclass
class World:
    """The copied project at `root`, and the environment that the launcher will see."""

    base: Path
    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    def lock(self, text: str, kind: str = "runtime") -> None:
        (self.root / "requirements" / f"{kind}.lock").write_text(text, encoding="utf-8")

    def start(
        self, *arguments: str, launcher: Path | str = REAL_PYTHON, **environ: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(launcher), str(self.root / "scripts" / "bootstrap.py"), *arguments],
            env={**self.environ, **environ},
            cwd=self.base,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def launch(
        self, *arguments: str, launcher: Path | str = REAL_PYTHON, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        child = self.start(*arguments, launcher=launcher, **environ)
        output, _ = child.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, child.returncode, output)

    def demo_version(self) -> str:
        command = [str(self.python), "-c", "import demo; print(demo.VERSION)"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def new_world(base: Path) -> World:
    root = base / "作業 folder" / "秘書 team"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "requirements").mkdir()
    (root / "manage.py").write_text(MANAGE, encoding="utf-8")
    for folder in ("home", "bin", "nothing"):
        (base / folder).mkdir()
    world = World(base, root)
    world.environ = {
        "PATH": str(base / "bin"),
        "HOME": str(base / "home"),
        "LANG": "C.UTF-8",
        "BOOTSTRAP_SYSTEM_ROOT": str(base / "nothing"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": (base / "wheels").as_uri(),
    }
    for kind in ("runtime", "dev"):
        world.lock(wheel(base / "wheels", "1.0"), kind)
    return world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world whose set-up has run once. Tests that change it take `made` instead."""
    world = new_world(tmp_path_factory.mktemp("finished"))
    done = world.launch("setup")
    assert done.returncode == 0, done.stdout
    return world


@pytest.fixture
def made(finished: World, world: World) -> World:
    shutil.copytree(finished.venv, world.venv, symlinks=True)
    return world
