"""Making .venv, keeping it, and making it again when it is no longer whole."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.bootstrap.conftest import REAL_PYTHON, World, wheel

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="the world around the launcher is built with symlinks"
)


def stamp(world: World) -> dict[str, str]:
    return json.loads((world.venv / ".bootstrap.json").read_text(encoding="utf-8"))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


@contextmanager
def _held_open(pipe: Path) -> Iterator[None]:
    """From when somebody reads `pipe`, who then waits for its end."""
    writers: list[int] = []

    def opened() -> bool:
        with suppress(OSError):
            writers.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(writers)

    until(opened)
    try:
        yield
    finally:
        os.close(writers[0])


def test_makes_an_environment_in_a_folder_with_spaces_and_japanese(finished: World) -> None:
    assert finished.demo_version() == "1.0"
    assert stamp(finished)["state"] == "ready"


def test_does_nothing_the_second_time(finished: World) -> None:
    before = (finished.venv / "bootstrap.log").stat().st_mtime_ns
    done = finished.launch("setup", PATH="/nowhere")
    assert (done.returncode, done.stdout) == (0, "")
    assert (finished.venv / "bootstrap.log").stat().st_mtime_ns == before


def test_needs_no_writable_home(world: World) -> None:
    done = world.launch("setup", HOME="/dev/null/home")
    assert done.returncode == 0, done.stdout
    assert world.demo_version() == "1.0"


def test_needs_no_home_at_all(made: World) -> None:
    made.environ.pop("HOME")
    made.lock(wheel(made.base / "wheels", "2.0"))
    done = made.launch("setup")
    assert done.returncode == 0, done.stdout
    assert made.demo_version() == "2.0"


def test_installs_again_when_the_lock_changes(made: World) -> None:
    made.lock(wheel(made.base / "wheels", "2.0"))
    done = made.launch("setup")
    assert done.returncode == 0, done.stdout
    assert "Rebuilding" not in done.stdout
    assert made.demo_version() == "2.0"


def test_the_developers_lock_satisfies_the_platform_too(made: World) -> None:
    assert made.launch("setup", "--dev").returncode == 0
    assert set(stamp(made)) >= {"runtime", "dev"}
    assert made.launch("setup").stdout == ""


@pytest.mark.parametrize("damage", ["interpreter gone", "half made", "a file"])
def test_makes_a_broken_environment_again(made: World, damage: str) -> None:
    if damage == "interpreter gone":
        for link in made.venv.glob("bin/python*"):
            link.unlink()
            link.symlink_to(made.base / "vanished" / "python3")
    elif damage == "half made":
        (made.venv / ".bootstrap.json").write_text('{"state": "installing"}', encoding="utf-8")
    else:
        shutil.rmtree(made.venv)
        made.venv.write_text("not a folder", encoding="utf-8")
    done = made.launch("setup")
    assert done.returncode == 0, done.stdout
    assert "Rebuilding .venv" in done.stdout
    assert made.demo_version() == "1.0"


def test_takes_over_an_environment_that_someone_else_made(made: World) -> None:
    (made.venv / ".bootstrap.json").unlink()
    done = made.launch("setup")
    assert done.returncode == 0, done.stdout
    assert "Rebuilding" not in done.stdout
    assert stamp(made)["state"] == "ready"


def test_recovers_from_kill_9_in_the_middle(world: World) -> None:
    child = world.start("setup", launcher=REAL_PYTHON)
    until((world.venv / ".bootstrap.json").exists)
    child.kill()
    child.communicate()
    done = world.launch("setup")
    assert done.returncode == 0, done.stdout
    assert "the last set-up stopped half way" in done.stdout
    assert world.demo_version() == "1.0"


def test_an_interrupt_ends_quietly(world: World) -> None:
    (endless,) = (world.base / "wheels").glob("*.whl")
    endless.unlink()
    os.mkfifo(endless)  # pip waits for what it holds, so that the interrupt always comes in the middle
    child = world.start("setup", launcher=REAL_PYTHON)
    with _held_open(endless):
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=60) == 130
    output = child.stdout.read()
    assert child.returncode == 130
    assert "Run the same command again" in output
    assert "Traceback" not in output


def test_two_at_once_do_not_disturb_each_other(world: World) -> None:
    children = [world.start("setup"), world.start("setup")]
    outputs = [child.communicate(timeout=120)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0], outputs
    assert sum("Making the virtual environment" in output for output in outputs) == 1
    assert world.demo_version() == "1.0"


def test_refuses_a_package_whose_hash_is_not_the_locked_one(made: World) -> None:
    wheel(made.base / "wheels", "2.0")
    made.lock(f"demo==2.0 \\\n    --hash=sha256:{'0' * 64}\n")
    done = made.launch("setup")
    assert done.returncode == 2
    assert "could not be installed" in done.stdout
    assert "DO NOT MATCH THE HASHES" in done.stdout
    assert stamp(made)["state"] != "ready"


def test_keeps_the_users_pip_habits_out(made: World) -> None:
    elsewhere = made.base / "elsewhere"
    made.lock(wheel(made.base / "wheels", "2.0"))
    done = made.launch("setup", PIP_TARGET=str(elsewhere), PIP_USER="1", PYTHONPATH=str(elsewhere))
    assert done.returncode == 0, done.stdout
    assert not elsewhere.exists()
    assert made.demo_version() == "2.0"


def test_an_update_that_cannot_be_downloaded_costs_nothing(made: World) -> None:
    made.lock("demo==3.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    assert made.launch("setup").returncode == 2
    assert made.demo_version() == "1.0"
    made.lock(wheel(made.base / "wheels", "2.0"))
    done = made.launch("setup")
    assert "Rebuilding" not in done.stdout
    assert made.demo_version() == "2.0"


def test_says_so_when_the_lock_file_is_missing(world: World) -> None:
    (world.root / "requirements" / "runtime.lock").unlink()
    done = world.launch("setup")
    assert done.returncode == 2
    assert "runtime.lock is missing" in done.stdout


def test_run_hands_arguments_port_and_exit_status_through(finished: World) -> None:
    done = finished.launch("run", "--port", "8123", "--no-browser", PORT="9000", EXIT="7")
    assert done.returncode == 7
    told = json.loads(done.stdout.partition("MANAGE ")[2])
    assert told["argv"] == ["up", "--port", "8123", "--no-browser"]
    assert told["port"] == "9000"
    assert told["prefix"] == str(finished.venv)
