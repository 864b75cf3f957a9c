"""`make test` runs the tests on both profiles, and never leaves one out in silence."""

import json
import os
from typing import Any

import pytest

from tests.bootstrap.conftest import World

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="the world around the launcher is built with symlinks"
)

# Stands in pytest's place: says how it was called. The status comes from outside.
PYTEST = """
import json, os, sys
given = {name: os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL", "SIGN_IN")}
print("PYTEST " + json.dumps({"argv": sys.argv[1:], "given": given}))
sys.exit(int(os.environ.get("TEAM_FAILS" if given["REDIS_URL"] else "EMBEDDED_FAILS", "0")))
"""
SERVICES = """
import os, sys
print(os.environ.get("SILENT", ""))
sys.exit(1 if os.environ.get("SILENT") else 0)
"""


@pytest.fixture
def project(made: World) -> World:
    (made.root / "tests").mkdir()
    (made.root / "pytest.py").write_text(PYTEST, encoding="utf-8")
    (made.root / "tests" / "services.py").write_text(SERVICES, encoding="utf-8")
    return made


def passes(output: str) -> list[dict[str, Any]]:
    lines = [line.partition(" ")[2] for line in output.splitlines() if line.startswith("PYTEST ")]
    return [json.loads(line) for line in lines]


def test_embedded_first_then_team_each_with_its_own_environment(project: World) -> None:
    mine = {"DATABASE_URL": "postgres://mine/live", "REDIS_URL": "redis://mine/0", "SIGN_IN": "password"}
    embedded, team = passes(project.launch("test", **mine).stdout)
    assert embedded["given"] == {"DATABASE_URL": None, "REDIS_URL": None, "SIGN_IN": None}
    assert "mine" not in json.dumps(team["given"])
    ignored = {each.partition("=")[2] for each in team["argv"] if each.startswith("--ignore=")}
    assert ignored == {
        f"tests/{name}" for name in ("architecture", "bootstrap", "browser", "crash", "deployment", "server")
    }
    assert [each for each in embedded["argv"] if each.startswith("--ignore=")] == ["--ignore=tests/team"]


def test_the_services_may_live_elsewhere(project: World) -> None:
    elsewhere = {"TEST_DATABASE_URL": "postgres://there/db", "TEST_REDIS_URL": "redis://there:7"}
    (team,) = passes(project.launch("test", "--team", **elsewhere).stdout)
    assert team["given"]["DATABASE_URL"] == "postgres://there/db"
    assert team["given"]["REDIS_URL"] == "redis://there:7"


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1), ("false", 0)])
def test_what_is_left_out_is_said_loudly_and_fails_in_ci(project: World, ci: str, status: int) -> None:
    done = project.launch("test", "--team", SILENT="Redis at nowhere", CI=ci)
    assert passes(done.stdout) == []
    assert "** SKIPPED **" in done.stdout
    assert "Redis at nowhere" in done.stdout
    assert done.returncode == status


@pytest.mark.parametrize("which", ["embedded", "team"])
def test_a_failure_on_either_profile_fails_the_whole(project: World, which: str) -> None:
    done = project.launch("test", f"--{which}", **{f"{which.upper()}_FAILS": "1"})
    assert done.returncode == 1
    assert f"pytest ({which})" in done.stdout.splitlines()[-1]


def test_arguments_run_those_tests_alone(project: World) -> None:
    (only,) = passes(project.launch("test", "tests/plans", "-x").stdout)
    assert only["argv"] == ["tests/plans", "-x"]
