"""Redis gone for a while: pages and API answer, runs go on by themselves when it is back."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import redis

from tests.platform import closing_code, hear, hear_among, say
from tests.team.processes import Team, until


class Redis:
    """A Redis server of this test's own, that can be stopped, frozen and started again. It keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is not installed"
        command = [
            program,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        until(self._answers, "Redis")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and requests, and says nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return client.ping()
        except redis.RedisError:
            return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("SKIPPED: redis-server is not installed, so its absence cannot be tried")
    made = Redis(Path(tmp_path_factory.mktemp("redis")))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def broker(server: Redis) -> str:
    return server.url


PAGES = (
    "/",
    "/health",
    "/health/ready",
    "/health/live",
    "/api/v1/workflows/",
    "/api/v1/auth/me/",
    "/api/v1/personas/",
    "/delegate/",
    "/discussions/new/",
    "/ask/",
)


def statuses(team: Team, browser: httpx.Client) -> dict[str, int]:
    return {page: browser.get(page).status_code for page in PAGES}


def test_the_faces_answer_without_it_and_the_run_ends_after_it(team: Team, server: Redis) -> None:
    with (
        team.browser() as browser,
        team.socket(headers={"Cookie": cookie(browser)}, origin=team.base) as feed,
    ):
        workflow = team.carry_out(8)
        say(feed, type="subscribe", stream=f"workflow:{workflow}", after=0)
        assert hear(feed, "subscribed")["recovered"]
        until(lambda: team.holders(workflow), "a task at work")
        server.stop()
        try:
            assert set(statuses(team, browser).values()) <= {200, 503}
            health = browser.get("/health").json()
            assert health["status"] == "degraded"
            assert health["components"]["cache"]["status"] == "down"
            assert health["components"]["database"]["status"] == "ok"
            made = team.script().post("/api/v1/workflows/", json={"requirement": "展示会の準備を調べる"})
            assert made.status_code == 201, made.text
            assert delegated(browser, "会議の進め方を調べる") == 303
            until(lambda: team.tasks(workflow).get("done"), "a task that ends without Redis")
            time.sleep(3)
        finally:
            server.start()
        assert team.finish(workflow) in ("completed", "completed_with_gaps")
        assert team.tasks(workflow) == {"done": 8}
        until(
            lambda: team.status(made.json()["id"]) == "awaiting_approval",
            "the plan of what was asked meanwhile",
        )
        heard = 0
        while heard < events(team, workflow):
            frame = hear(feed, "event")
            heard += 1
            assert frame["seq"] == heard


def test_while_it_hangs_nothing_else_does(team: Team, server: Redis) -> None:
    """Every request of these clients has 30 s, and every frame 20 s: far more than a hanging Redis is waited for."""
    with team.browser() as browser, team.script() as script:
        with server.frozen():
            assert set(statuses(team, browser).values()) == {200}
            assert delegated(browser, "会議の進め方を調べる") == 303
            made = script.post("/api/v1/workflows/", json={"requirement": "展示会の準備を調べる"}).json()[
                "id"
            ]
            with team.socket(headers={"Cookie": cookie(browser)}, origin=team.base) as feed:
                say(feed, type="subscribe", stream=f"workflow:{made}", after=0)
                assert hear(feed, "subscribed")["recovered"]
                assert hear(feed, "event")["seq"] == 1
                assert script.post(f"/api/v1/workflows/{made}/cancel/").status_code == 200
                assert any("cancelled" in str(hear_among(feed, "event", timeout=20)) for _ in range(5))
                assert signed_out(browser) == 303
                assert closing_code(feed, 20) == 4401
        assert team.finish(team.carry_out(2)) in ("completed", "completed_with_gaps")


def signed_out(browser: httpx.Client) -> int:
    csrf = browser.get("/").text.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return browser.post("/sign-out/", data={"csrfmiddlewaretoken": csrf}).status_code


def delegated(browser: httpx.Client, requirement: str) -> int:
    """The status that the page's own form is answered with."""
    csrf = browser.get("/delegate/").text.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return browser.post(
        "/delegate/", data={"requirement": requirement, "csrfmiddlewaretoken": csrf}
    ).status_code


def cookie(browser: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def events(team: Team, workflow: str) -> int:
    return team.ask("SELECT last_seq FROM activity_stream WHERE name = %s", f"workflow:{workflow}")[0][0]
