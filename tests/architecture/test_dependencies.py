"""Each package is there for a reason, is locked, and is not loaded before it is needed."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.source import ROOT, imported, literal, modules, tree

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]

CARD = {  # what the specification says must be in real use
    "django", "djangorestframework", "channels", "daphne", "celery", "django-redis", "psycopg", "langgraph",
    "django-guardian", "drf-spectacular", "cryptography",
}  # fmt: skip
USED_BY_OTHERS = {
    "argon2-cffi": "Django's Argon2 password hasher needs it",
    "redis": "Celery's transport, channels-redis and django-redis need it",
}
NOT_YET = {  # to be deleted line by line as the rooms that need them are built
    "prometheus-client": "/metrics",
    "psutil": "/health shows the machine's load",
    "structlog": "structured log records",
}
HEAVY = (
    "langchain_openai", "langchain_anthropic", "langchain_google_genai", "openai", "anthropic", "google.genai", "mcp", "langgraph",
)  # fmt: skip


@cache
def roots_in_use() -> frozenset[str]:
    """Top-level names that the code imports, or that dotted strings in it name (settings, loggers)."""
    found = set()
    for path in modules():
        for node in ast.walk(tree(path)):
            found.update(target.partition(".")[0] for target in imported(node))
            text = literal(node)
            if text and re.fullmatch(r"[a-z_0-9]+(\.\w+)*", text):
                found.add(text.partition(".")[0])
    return frozenset(found)


@cache
def owners_of_names() -> dict[str, set[str]]:
    found = packages_distributions()
    return {name: {canonicalize_name(owner) for owner in owners} for name, owners in found.items()}


def import_names(distribution: str) -> set[str]:
    wanted = canonicalize_name(distribution)
    return {name for name, owners in owners_of_names().items() if wanted in owners}


@pytest.mark.parametrize("package", sorted(CARD))
def test_what_the_specification_lists_is_in_real_use(package: str) -> None:
    assert package in {canonicalize_name(requirement.name) for requirement in RUNTIME}
    assert import_names(package) & roots_in_use()


def test_no_dependency_is_idle() -> None:
    idle = [
        requirement.name
        for requirement in RUNTIME
        if not import_names(requirement.name) & roots_in_use()
        and requirement.name not in {**USED_BY_OTHERS, **NOT_YET}
    ]
    assert not idle


def locked(lock: str) -> dict[str, Version]:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return {
        canonicalize_name(found[1]): Version(found[2])
        for found in re.finditer(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize(("lock", "wanted"), [("runtime.lock", RUNTIME), ("dev.lock", RUNTIME + DEV)])
def test_the_locks_satisfy_pyproject(lock: str, wanted: list[Requirement]) -> None:
    versions = locked(lock)
    wrong = [
        str(requirement)
        for requirement in wanted
        if canonicalize_name(requirement.name) not in versions
        or not requirement.specifier.contains(versions[canonicalize_name(requirement.name)])
    ]
    assert not wrong, "run `make lock`"


def test_both_locks_agree_and_carry_hashes() -> None:
    runtime, dev = locked("runtime.lock"), locked("dev.lock")
    assert {package: dev.get(package) for package in runtime} == runtime
    for lock in ("runtime.lock", "dev.lock"):
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        pins = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert not [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin]
        assert "://" not in text


def loaded_after(code: str, tmp_path: Path) -> set[str]:
    """Names of HEAVY that a fresh process has loaded after running `code`."""
    report = f"import json, sys; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", f"{code}\n{report}"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("provider", "own"),
    [("builtin", set()), ("openai", {"openai", "langchain_openai"}), ("anthropic", {"anthropic", "langchain_anthropic"}),
     ("gemini", {"google.genai", "langchain_google_genai"})],
)  # fmt: skip
def test_a_provider_loads_its_own_sdk_alone(provider: str, own: set[str], tmp_path: Path) -> None:
    code = f"""import django; django.setup()
from ai_integration import providers
providers.build(providers.parse("{provider}:stub"), providers.Connection("{provider}", api_key="k"))"""
    assert loaded_after(code, tmp_path) == own


@pytest.mark.parametrize("entry", ["config.asgi", "config.celery", "config.urls"])
def test_models_and_graphs_are_loaded_only_when_work_begins(entry: str, tmp_path: Path) -> None:
    code = f"import django; django.setup(); import importlib; importlib.import_module({entry!r})"
    assert not loaded_after(code, tmp_path)
