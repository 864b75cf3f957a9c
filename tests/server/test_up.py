"""Starting: what is refused, and how lightly it runs."""

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.platform import Platform
from tests.prepared import NAME, prepare


def refused(folder: Path, *arguments: str, **environment: str) -> str:
    """Run a start that must fail; returns what it said."""
    done = Platform(folder).manage("up", "--no-browser", *arguments, **environment)
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_prints_one_line_and_serves_home(server: Platform) -> None:
    assert server.link.startswith(f"{server.base}/sign-in/?token=")
    assert server.lines.empty()
    with server.client() as client:
        assert client.get(server.link).status_code == 303
        assert "What waits for you" in client.get("/", headers={"Accept-Language": "en"}).text


def test_a_second_server_on_the_folder_is_refused(server: Platform) -> None:
    said = refused(server.folder, "--port", "0")
    assert "--data-dir" in said
    assert str(server.process.pid) in said


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(tmp_path, "--port", str(port))
    assert str(port) in said
    assert "--port" in said


@pytest.mark.parametrize("command", ["up", "migrate"])
def test_a_database_from_the_middle_is_refused(tmp_path: Path, command: str) -> None:
    """One of the ten migrations that the plans' one replaces: going on from there would leave the plans out."""
    prepare(tmp_path)
    with closing(sqlite3.connect(tmp_path / NAME)) as database, database:
        database.execute("UPDATE django_migrations SET name = '0001_initial' WHERE app = 'plans'")
    done = Platform(tmp_path).manage(command)
    assert done.returncode == 1, done
    assert "plans" in done.stderr
    assert "core.E001" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_an_impossible_port_is_refused(tmp_path: Path, port: str) -> None:
    assert "65535" in refused(tmp_path, f"--port={port}")


@pytest.mark.parametrize(
    "environment",
    [
        {"HOST": "0.0.0.0"},
        {"PUBLIC_URL": "https://hisho.example"},
        {"SIGN_IN": "perhaps"},
        {"ALLOWED_HOSTS": "*"},
    ],
)
def test_nonsense_in_the_environment_is_refused(tmp_path: Path, environment: dict[str, str]) -> None:
    name = next(iter(environment))
    assert name in refused(tmp_path, "--port", "0", **environment)


@pytest.mark.security("S3")
def test_a_link_is_refused_when_somebody_else_could_sign_in(tmp_path: Path) -> None:
    folder = Platform(tmp_path)
    assert folder.manage("migrate").returncode == 0
    folder.python(
        "from foundation.accounts.models import User; User.objects.create_user('second', password='x')"
    )
    folder.close()
    assert "SIGN_IN=password" in refused(tmp_path, "--port", "0")


def test_with_passwords_there_is_no_link_but_a_way_in(tmp_path: Path) -> None:
    with Platform(tmp_path, SIGN_IN="password") as platform:
        assert "token" not in platform.link
        assert "createsuperuser" in platform.stderr()
        made = platform.manage(
            "createsuperuser",
            "--noinput",
            "--username",
            "chief",
            "--email",
            "",
            DJANGO_SUPERUSER_PASSWORD="Long-enough-7",
        )
        assert made.returncode == 0, made.stderr
        with platform.client() as client:
            page = client.get("/sign-in/").text
            token = page.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
            form = {"csrfmiddlewaretoken": token, "username": "chief", "next": "/docs"}
            assert client.post("/sign-in/", data=form | {"password": "wrong"}).status_code == 401
            right = client.post("/sign-in/", data=form | {"password": "Long-enough-7"})
            assert (right.status_code, right.headers["location"]) == (303, "/docs")


def test_it_is_light(tmp_path: Path) -> None:
    with Platform(tmp_path) as idle, idle.client() as client:
        assert client.get("/health/ready").status_code == 200
        assert psutil.Process(idle.process.pid).memory_info().rss < 200 * 1024 * 1024


def test_the_platform_loads_without_provider_sdks(tmp_path: Path) -> None:
    printed = Platform(tmp_path).python(
        "import sys; import config.urls, config.asgi; from celery import current_app;"
        "current_app.loader.import_default_modules();"
        "sdks = ('openai', 'anthropic', 'google.genai', 'langchain_openai', 'mcp', 'tiktoken');"
        "print([name for name in sdks if name in sys.modules])"
    )
    assert printed.strip() == "[]"
