"""The launcher must start under interpreters far older than the platform's."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bootstrap.conftest import ROOT

SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_parses_as_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_imports_nothing_but_the_standard_library(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "launcher"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert {name.partition(".")[0] for name in names} <= allowed


def test_the_door_itself_is_plain_enough_for_any_python() -> None:
    source = (ROOT / "scripts" / "bootstrap.py").read_bytes()
    assert source.isascii()
    fancy = (ast.JoinedStr, ast.AnnAssign, ast.FunctionDef, ast.NamedExpr)
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, fancy)]


def test_an_interpreter_older_than_3_8_gets_a_sentence() -> None:
    code = (
        "import sys, runpy; sys.version_info = (3, 6, 15); runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    command = [sys.executable, "-c", code, str(ROOT / "scripts" / "bootstrap.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Python 3.8 or newer" in done.stderr
    assert "Traceback" not in done.stderr
