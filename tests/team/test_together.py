"""Server and workers as one platform: the canary, the feed, the pool, an orderly end."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import redis

from tests.platform import ROOT, hear, say
from tests.team.processes import POOL_MOST, POOL_SIZE, Team, until

OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def queue_is_ok(team: Team) -> bool:
    with team.client() as client:
        return client.get("/health").json()["components"]["queue"]["status"] == "ok"


def connections(team: Team) -> int:
    return team.ask(OPEN)[0][0]


def test_the_canary_goes_through_the_other_process(team: Team) -> None:
    until(lambda: queue_is_ok(team), "the canary")
    assert team.manage("doctor").returncode == 0


def test_each_worker_answers_the_health_check_of_its_container(team: Team) -> None:
    command = [sys.executable, "-m", "celery", "-A", "config", "inspect", "ping", "--timeout", "5"]
    done = subprocess.run(command, cwd=ROOT, env=team.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(f"{name}@" in done.stdout for name in team.workers)


def test_what_another_process_did_arrives(team: Team) -> None:
    with team.socket(ticket=team.ticket()) as socket:
        say(socket, type="subscribe", stream="system")
        start = hear(socket, "subscribed")["seq"]
        team.python(
            "from django.db import transaction\n"
            "from foundation.activity.services import append\n"
            "for n in range(50):\n"
            "    with transaction.atomic(): append('system', {'type': 'test.happened'})"
        )
        assert [hear(socket, "event")["seq"] for _ in range(50)] == list(range(start + 1, start + 51))


def test_the_workers_consume_again_after_ten_resets(team: Team, broker: str) -> None:
    with redis.Redis.from_url(broker) as server:
        number = broker.rpartition("/")[2]
        for _ in range(10):
            for client in server.client_list():
                if client["db"] == number and client["id"] != str(server.client_id()):
                    server.client_kill_filter(_id=client["id"])
            time.sleep(0.5)
    team.python(
        "from celery import current_app; from django.core.cache import cache; from foundation.monitoring import checks;"
        "cache.delete(checks.CANARY_KEY); current_app.send_task('monitoring.canary', retry=False)"
    )
    until(lambda: queue_is_ok(team), "the canary")


def test_after_a_hundred_requests_and_sockets_connections_are_back_at_rest(team: Team) -> None:
    before = connections(team)
    with team.script() as script, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: script.get("/api/v1/auth/me/").status_code, range(100)))
        assert connections(team) <= before + POOL_MOST
        with ExitStack() as opened:
            for _ in range(100):
                socket = opened.enter_context(team.socket(ticket=team.ticket(script)))
                say(socket, type="subscribe", stream="system")
                hear(socket, "subscribed")
            assert connections(team) <= before + POOL_MOST
    assert set(answers) == {200}
    # A pool gives back one at a time, each after it was idle for a while.
    until(lambda: connections(team) <= before + POOL_SIZE, "connections at rest", seconds=240)


def test_it_drains_too(team: Team) -> None:
    assert [worker.stop() for worker in team.workers.values()] == [0, 0]
    assert team.stop() == 0
