"""Which interpreter the launcher takes, and what it says when none serves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bootstrap.conftest import REAL_PYTHON, ROOT, World, old_python, script

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins for interpreters are shell scripts")


def found_by(world: World, launcher: Path, **environ: str) -> str | None:
    """The interpreter that the launcher would take, asked without making anything."""
    question = (
        "import json; from launcher.pythons import find; f, v = find(); print(json.dumps(f and f.path))"
    )
    command = [
        str(launcher),
        "-c",
        f"import sys; sys.path.insert(0, {str(world.root / 'scripts')!r}); {question}",
    ]
    done = subprocess.run(
        command, env={**world.environ, **environ}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture
def launcher(world: World) -> Path:
    """`python3` on PATH is old, and `python3.12` is a shim that fails when called."""
    script(world.base / "bin" / "python3.12", 'echo "pyenv: python3.12: command not found" >&2; exit 127')
    return old_python(world.base / "bin" / "python3")


def newer_python(folder: Path) -> Path:
    path = folder / "bin" / "python3"
    path.parent.mkdir(parents=True)
    path.symlink_to(REAL_PYTHON)
    return path


@pytest.mark.parametrize("root", ["home/.pyenv", "elsewhere"])
def test_finds_a_python_that_only_pyenvs_versions_folder_has(world: World, launcher: Path, root: str) -> None:
    path = newer_python(world.base / root / "versions" / "3.12.9")
    assert found_by(world, launcher, PYENV_ROOT=str(world.base / "elsewhere")) == str(path)


def test_asks_pyenv_where_its_versions_are(world: World, launcher: Path) -> None:
    path = newer_python(world.base / "far away" / "versions" / "3.13.0")
    script(world.base / "bin" / "pyenv", f'[ "$1" = root ] && echo "{world.base}/far away"')
    assert found_by(world, launcher) == str(path)


@pytest.mark.parametrize(
    ("variable", "below"),
    [
        ("ASDF_DATA_DIR", "installs/python/3.12.4"),
        ("MISE_DATA_DIR", "installs/python/3.12.4"),
        ("UV_PYTHON_INSTALL_DIR", "cpython-3.12.4-linux"),
    ],
)
def test_looks_into_other_managers(world: World, launcher: Path, variable: str, below: str) -> None:
    path = newer_python(world.base / "manager" / below)
    assert found_by(world, launcher, **{variable: str(world.base / "manager")}) == str(path)


def test_looks_behind_a_failing_shim_further_down_path(world: World, launcher: Path) -> None:
    second = world.base / "second"
    second.mkdir()
    (second / "python3.12").symlink_to(REAL_PYTHON)
    path = f"{world.base / 'bin'}{os.pathsep}{second}"
    assert found_by(world, launcher, PATH=path) == str(second / "python3.12")


def test_prefers_itself_when_it_serves(world: World) -> None:
    assert found_by(world, Path(REAL_PYTHON)) == REAL_PYTHON


def test_says_what_it_tried_and_what_to_install_when_none_serves(world: World, launcher: Path) -> None:
    script(world.base / "bin" / "python", "echo not a python")
    done = world.launch("run", launcher=launcher)
    assert done.returncode == 2
    assert "No Python 3.12 or newer was found." in done.stdout
    assert f"{launcher}: is 3.9.2" in done.stdout
    assert "python3.12: exit status 127: pyenv: python3.12: command not found" in done.stdout
    assert "does not answer as a Python does" in done.stdout
    assert {"linux": "sudo apt install", "darwin": "brew install"}[sys.platform] in done.stdout
    assert "uv python install 3.12" in done.stdout
    assert not world.venv.exists()


def test_answers_in_japanese_where_the_locale_is_japanese(world: World, launcher: Path) -> None:
    done = world.launch("setup", launcher=launcher, LANG="ja_JP.UTF-8", PYTHONUTF8="1")
    assert done.returncode == 2
    assert "Python 3.12 以上が見つかりません。" in done.stdout


@pytest.mark.parametrize("encoding", ["cp932", "ascii"])
def test_a_console_of_another_encoding_does_not_stop_it(world: World, launcher: Path, encoding: str) -> None:
    (world.base / "bin" / "秘書—python").mkdir()
    script(world.base / "bin" / "秘書—python" / "python3.12", "exit 3")
    path = f"{world.base / 'bin'}{os.pathsep}{world.base / 'bin' / '秘書—python'}"
    command = [str(launcher), str(world.root / "scripts" / "bootstrap.py"), "setup"]
    environ = {**world.environ, "PATH": path, "LANG": "ja_JP.UTF-8", "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stdout + done.stderr
    expected = "見つかりません" if encoding == "cp932" else "No Python 3.12 or newer"
    assert expected in done.stdout.decode(encoding)


def test_a_candidate_without_ensurepip_is_refused_with_the_package_to_install(
    world: World, launcher: Path
) -> None:
    poor = world.base / "poor.txt"
    poor.write_text("import sys; sys.modules['ensurepip'] = None; exec(sys.argv[4])", encoding="utf-8")
    script(world.base / "bin" / "python3.13", f'exec "{REAL_PYTHON}" "{poor}" "$@"')
    done = world.launch("setup", launcher=launcher)
    assert done.returncode == 2
    assert "lacks ensurepip" in done.stdout


def test_doctor_lists_each_python_with_its_verdict(world: World, launcher: Path) -> None:
    path = newer_python(world.base / "home" / ".pyenv" / "versions" / "3.12.9")
    done = world.launch("doctor", launcher=launcher)
    assert done.returncode == 0
    assert f"{launcher}: is 3.9.2" in done.stdout
    assert f"{path}: {'.'.join(map(str, sys.version_info[:3]))} chosen" in done.stdout
    assert ".venv: not made yet" in done.stdout


def test_an_unknown_command_is_answered_with_the_help(world: World) -> None:
    done = world.launch("rnu")
    assert done.returncode == 2
    assert "rnu" in done.stdout
    assert "Usage:" in done.stdout


def test_make_passes_command_and_arguments_on(world: World) -> None:
    (world.root / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    recorder = script(world.base / "bin" / "recorder", 'echo "GOT $*"')
    command = ["make", "-s", "run", "ARGS=--port 8123", f"PYTHON={recorder}"]
    done = subprocess.run(command, cwd=world.root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "GOT scripts/bootstrap.py run --port 8123"
