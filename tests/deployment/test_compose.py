"""docker-compose.yml, Dockerfile and .env.example against what the platform reads, offers and needs."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from celery.bin.celery import celery
from click import Context
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.urls import resolve
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
READERS = {
    "text",
    "choice",
    "integer",
    "flag",
    "words",
    "origins",
    "places",
    "url",
    "storage",
    "networks",
    "address",
}
PLATFORM = ("web", "worker")
REQUIRED = {"POSTGRES_PASSWORD", "VAULTS_DIR", "PUBLIC_URL", "SECRET_KEY", "ENCRYPTION_KEYS"}
INTERPOLATED = re.compile(r"\$\{([A-Z_]+)(:[?-])?([^}]*)\}")


@cache
def services() -> dict[str, Any]:
    loaded = YAML(typ="safe").load(COMPOSE)
    return loaded["services"]


@cache
def read_by_settings() -> frozenset[str]:
    """Every name that config/settings.py or config/env.py asks the environment for."""
    names = {f"RATE_LIMIT_{scope.upper()}" for scope in settings.RATE_LIMITS}
    for file in ("settings.py", "env.py"):
        for node in ast.walk(ast.parse(_read(ROOT / "config" / file))):
            asks = isinstance(node, ast.Call) and _called(node) in READERS and node.args
            if asks and isinstance(node.args[0], ast.Constant):
                names.add(node.args[0].value)
    return frozenset(names)


def read_by_providers() -> set[str]:
    folder = ROOT / "ai_integration"
    # What pal.py names is read by another program, which it starts.
    sources = [file for file in folder.rglob("*.py") if file.name != "pal.py"]
    return set(re.findall(r'"([A-Z]+(?:_[A-Z]+)*_(?:API_KEY|BASE_URL))"', "".join(map(_read, sources))))


def environment(service: str) -> dict[str, str]:
    return {name: str(value) for name, value in services()[service]["environment"].items()}


def examples() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE))


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("service", PLATFORM)
def test_every_name_that_is_set_is_read(service: str) -> None:
    assert set(environment(service)) - read_by_settings() - read_by_providers() == set()


def test_what_the_image_sets_is_read() -> None:
    known = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    runtime = DOCKERFILE.rpartition("FROM ")[2]
    names = {
        word.partition("=")[0]
        for line in re.findall(r"^ENV (.*)$", runtime, re.MULTILINE)
        for word in line.split()
    }
    assert names - known <= read_by_settings()


def test_the_example_holds_what_is_read_and_nothing_else() -> None:
    asked_of_compose = {name for name, _mark, _text in INTERPOLATED.findall(COMPOSE)}
    read = read_by_settings() | read_by_providers()
    assert examples() == read | asked_of_compose


def test_what_must_be_given_is_refused_by_name_when_it_is_missing() -> None:
    marked = {name for name, mark, _text in INTERPOLATED.findall(COMPOSE) if mark == ":?"}
    assert marked == REQUIRED
    assert all(text for _name, mark, text in INTERPOLATED.findall(COMPOSE) if mark == ":?")


@pytest.mark.security("S20")
def test_no_secret_stands_in_the_files() -> None:
    for service in services().values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", name):
                assert re.fullmatch(r"\$\{[A-Z_]+:[?-][^}]*\}", str(value)), name
    assert not re.search("PASSWORD|SECRET|KEY", DOCKERFILE)


def test_web_and_worker_agree_on_everything_but_where_to_listen() -> None:
    web, worker = environment("web"), environment("worker")
    assert set(web) - set(worker) == {"HOST", "PORT"}
    assert {name: web[name] for name in worker} == worker
    assert services()["web"]["volumes"] == services()["worker"]["volumes"]


def test_the_settings_take_what_compose_gives(tmp_path: Path) -> None:
    """With the least that .env may hold, settings load, choose the team profile and pass Django's deployment check."""
    given = {
        "POSTGRES_PASSWORD": "f00ba4",
        "PUBLIC_URL": "https://hisho.example.jp",
        "SECRET_KEY": "0123456789abcdef" * 6,
        "ENCRYPTION_KEYS": "bq5ZtRkHmT1Xw0R0m3xw1H8w0m5d1v5iQm0J3q0J3q0=",
        "VAULTS_DIR": str(tmp_path),
    }
    filled = {name: _filled(value, given) for name, value in environment("web").items()}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    ours = {"PATH": "/usr/bin:/bin", "DATA_DIR": str(tmp_path), **filled}
    done = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _filled(value: str, given: dict[str, str]) -> str:
    return INTERPOLATED.sub(lambda found: given.get(found[1], found[3] if found[2] == ":-" else ""), value)


def test_commands_exist() -> None:
    web, worker = services()["web"]["command"], services()["worker"]["command"]
    assert web[:2] == ["python", "manage.py"]
    _django_command_takes(web[2:])
    assert worker[0] == "celery"
    _celery_takes(worker[1:])
    ping = services()["worker"]["healthcheck"]["test"]
    assert ping[0] == "CMD-SHELL"
    _celery_takes(ping[1].replace("$$", "$").split()[1:])


def _django_command_takes(words: list[str]) -> None:
    command = load_command_class(get_commands()[words[0]], words[0])
    command.create_parser("manage.py", words[0]).parse_args(words[1:])


def _celery_takes(words: list[str]) -> None:
    assert words[:2] == ["--app", "config"]
    name, *rest = words[2:]
    parsed = celery.commands[name].make_context(name, list(rest), parent=Context(celery, obj=_App()))
    assert not parsed.args


class _App:
    """What Celery's own commands look at while they read their options."""

    from config.celery import app

    no_color = quiet = skip_checks = False
    workdir = result_backend = broker = None


def test_the_image_runs_what_compose_runs_and_not_as_root() -> None:
    command = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert [ast.literal_eval(command[-1])] == [services()["web"]["command"]]
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1] != "root"
    assert DOCKERFILE.rindex("\nUSER ") > DOCKERFILE.rindex("\nRUN ")
    assert "--require-hashes -r" in DOCKERFILE


def test_what_the_image_copies_is_there_and_everything_needed_is_copied() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    apps = {
        app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.partition(".")[0]).is_dir()
    }
    folders = {path.name for path in (ROOT / "templates", ROOT / "static", ROOT / "locale") if path.is_dir()}
    assert apps | folders | {"config", "manage.py", "requirements/runtime.lock"} <= allowed
    assert allowed - {"locale"} <= {path for path in allowed if (ROOT / path).exists()}
    for source in re.findall(r"^COPY (?!--from|\.)(\S+)", DOCKERFILE, re.MULTILINE):
        assert source in allowed


def test_ports_and_health_paths_exist() -> None:
    web = services()["web"]
    port = environment("web")["PORT"]
    assert [published.rpartition(":")[2] for published in web["ports"]] == [port]
    assert f"EXPOSE {port}\n" in DOCKERFILE
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", web["healthcheck"]["test"][-1])
    assert asked
    assert asked[1] == port
    assert resolve(asked[2]).func.__module__ == "foundation.monitoring.views"


def test_every_service_is_watched_and_waits_for_what_it_needs() -> None:
    assert all("healthcheck" in service for service in services().values())
    for service in services().values():
        for name, needed in service.get("depends_on", {}).items():
            assert name in services()
            assert needed["condition"] == "service_healthy"


def test_addresses_name_the_services() -> None:
    given = environment("web")
    assert "@postgres:5432/" in given["DATABASE_URL"]
    assert given["REDIS_URL"] != given["CACHE_REDIS_URL"]
    for url in (given["REDIS_URL"], given["CACHE_REDIS_URL"]):
        assert url.startswith("redis://redis:6379/")
    assert "noeviction" in services()["redis"]["command"]
    assert int(services()["postgres"]["image"].partition(":")[2]) >= 15
