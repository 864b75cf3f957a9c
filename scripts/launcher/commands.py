"""The subcommands: run test setup lint bench lock doctor help."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

from launcher import environment, pip, pythons, testing
from launcher.environment import ROOT, VENV, SetupError, ensure
from launcher.messages import say, text, write

MANAGE = str(ROOT / "manage.py")
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
STATIC_CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format --check": ["-m", "ruff", "format", "--check", "."],
    "lint-imports": ["-c", LINT_IMPORTS],
    "makemigrations --check": [MANAGE, "makemigrations", "--check", "--dry-run"],
}


def main(arguments: list[str]) -> int:
    """Run one subcommand and return its exit status: 2 when set-up is impossible, 130 when interrupted."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    command = COMMANDS.get(name)
    if command is None:
        say("unknown_command", name=name)
        show_help([])
        return 2
    try:
        return command(rest)
    except SetupError as error:
        write(str(error))
        return 2
    except KeyboardInterrupt:
        write("")
        say("interrupted")
        return 130


def setup(rest: list[str]) -> int:
    ensure("dev" if "--dev" in rest else "runtime")
    return 0


def run(rest: list[str]) -> int:
    python = ensure("runtime")
    say("starting")
    return _hand_over([str(python), MANAGE, "up", *rest])


def test(rest: list[str]) -> int:
    """Everything, on one profile with --embedded or --team, or with other arguments only those tests.

    pytest comes last, so that its verdict closes the output.
    """
    python = ensure("dev")
    only = rest[0][2:] if rest in (["--embedded"], ["--team"]) else ""
    if rest and not only:
        return _call([str(python), "-m", "pytest", *rest], _testing())
    failed = [] if only else _static_checks(python)
    failed += testing.passes(python, _testing(), _call, only)
    if failed:
        say("failed_steps", steps=", ".join(failed))
    return 1 if failed else 0


def lint(rest: list[str]) -> int:
    return 1 if _static_checks(ensure("dev")) else 0


def bench(rest: list[str]) -> int:
    if not (ROOT / "benchmarks" / "__main__.py").is_file():
        raise SetupError(text("no_benchmarks"))
    return _call([str(ensure("dev")), "-m", "benchmarks", *rest], _testing())


def lock(rest: list[str]) -> int:
    """Resolve pyproject.toml for every platform at once. The runtime's versions bind the developer's lock."""
    compile_lock = [*_uv(), "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.12"]
    compile_lock += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", *rest]
    runtime, dev = "requirements/runtime.lock", "requirements/dev.lock"
    status = _call([*compile_lock, "--output-file", runtime], _environment())
    return status or _call(
        [
            *compile_lock,
            *("--extra", "dev", "--extra", "llama"),
            *("--constraint", runtime, "--output-file", dev),
        ],
        _environment(),
    )


def doctor(rest: list[str]) -> int:
    """Show each Python and the state of .venv, then let the platform examine itself."""
    found, verdicts = pythons.find()
    for verdict in verdicts:
        note = text("chosen") if verdict is found else text("serves")
        write(f"  {verdict.path}: {verdict.reason or f'{verdict.dotted} {note}'}")
    say("venv_state", state=environment.describe())
    if environment.is_ready("runtime"):
        return _call([str(environment.venv_python()), MANAGE, "doctor", *rest], _environment())
    return 0 if found else 2


def show_help(rest: list[str]) -> int:
    say("help", program="py scripts\\bootstrap.py" if os.name == "nt" else "python3 scripts/bootstrap.py")
    return 0


def _static_checks(python: Path) -> list[str]:
    """Run every static check, even after a failure; return the names of those that failed."""
    failed = []
    for name, arguments in STATIC_CHECKS.items():
        done = subprocess.run(
            [str(python), *arguments],
            cwd=ROOT,
            env=_testing(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        say("step_failed" if done.returncode else "step_passed", step=name)
        if done.returncode:
            write(done.stdout.decode("utf-8", "replace"))
            failed.append(name)
    return failed


def _uv() -> list[str]:
    """uv from PATH, else its own copy inside .venv: it only serves this command."""
    found = shutil.which("uv")
    if found:
        return [found]
    python, tools = ensure("dev"), VENV / "lock-tools"
    program = tools / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    if not program.is_file():
        command = [str(python), "-m", "pip", "install", "--quiet", "--target", str(tools), "uv>=0.9"]
        subprocess.run(command, env=pip.clean_environment(), check=True)
    return [str(program)]


def _environment(**defaults: str) -> dict[str, str]:
    """The caller's environment for our own programs, with `defaults` where it says nothing."""
    if os.name == "nt":
        defaults["PYTHONUTF8"] = "1"  # a cp932 console or pipe must not end the platform
    given = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {**defaults, **given}


def _testing() -> dict[str, str]:
    """Checks and tests keep their files away from the user's data."""
    return _environment(DATA_DIR=str(ROOT / "var" / "test"))


def _call(command: list[str], environ: dict[str, str]) -> int:
    sys.stdout.flush()
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def _hand_over(command: list[str]) -> int:
    """Become the platform, so that signals reach it directly; on Windows wait for it and pass its status on."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execve(command[0], command, _environment())
    child = subprocess.Popen(command, env=_environment())
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the console has sent it to the child too, which now drains
            continue


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "setup": setup,
    "run": run,
    "test": test,
    "lint": lint,
    "bench": bench,
    "lock": lock,
    "doctor": doctor,
    "help": show_help,
    "--help": show_help,
    "-h": show_help,
}
