"""Health, readiness and metrics: honest, quick, and never an error themselves."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from foundation.monitoring import checks, diagnosis, health


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(health, "_checks", dict(health._checks))
    monkeypatch.setattr(health, "_vital", set(health._vital))
    monkeypatch.setattr(health, "_running", {})
    return


pytestmark = pytest.mark.django_db(transaction=True)


def test_health_tells_component_by_component(client: Any) -> None:
    body = client.get("/health").json()
    assert {"status", "timestamp", "components", "system"} <= body.keys()
    assert {"database", "cache", "queue", "disk"} <= body["components"].keys()
    assert all("status" in part for part in body["components"].values())
    assert body["components"]["database"]["status"] == "ok"
    assert {"cpu_percent", "memory_percent", "active_connections", "requests_per_minute"} <= body[
        "system"
    ].keys()


def test_a_check_that_raises_is_down_and_harms_nobody(client: Any) -> None:
    def broken() -> health.Health:
        raise OSError("secret words")

    health.register("broken", broken)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["components"]["broken"] == {"status": "down", "detail": "OSError"}
    assert client.get("/health/ready").status_code == 200


def test_a_check_that_hangs_is_not_waited_for(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SECONDS_PER_CHECK", 0.2)
    calls: list[float] = []

    def hangs() -> health.Health:
        calls.append(time.monotonic())
        time.sleep(1.5)
        return health.Health()

    health.register("hanging", hangs)
    for _ in range(5):
        assert client.get("/health").json()["components"]["hanging"]["status"] == "down"
    assert len(calls) == 1


def test_without_the_database_nothing_is_ready(client: Any) -> None:
    health.register("database", lambda: health.Health(health.DOWN), vital=True)
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health").json()["status"] == "down"
    assert client.get("/health/live").status_code == 200


def test_the_queue_is_known_by_its_canary(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def state() -> str:
        return client.get("/health").json()["components"]["queue"]["status"]

    monkeypatch.setattr(checks, "_started", time.time())
    assert state() == "unknown"
    checks.canary_returned()
    assert state() == "ok"
    checks.cache.set(checks.CANARY_KEY, time.time() - 91)
    assert state() == "down"
    checks.cache.delete(checks.CANARY_KEY)
    monkeypatch.setattr(checks, "_started", time.time() - 91)
    assert state() == "down"


def test_a_full_disk_is_told(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DISK_LOW_BYTES", 1 << 62)
    assert client.get("/health").json()["components"]["disk"]["status"] == "degraded"


def test_only_looking_is_allowed(client: Any) -> None:
    for path in ("/health", "/health/live", "/health/ready", "/metrics"):
        assert client.post(path).status_code == 405
        assert client.head(path).status_code == 200


def test_metrics_count_by_route_and_not_by_path(client: Any) -> None:
    client.get("/health/live")
    client.get("/api/v1/users/11111111-1111-1111-1111-111111111111/")
    client.get("/some/unknown/path")
    client.generic("BREW", "/health/live")
    text = client.get("/metrics").content.decode()
    assert 'requests_total{method="GET",route="/health/live",status="200"}' in text
    assert 'route="/api/v1/users/(?P<pk>' in text
    assert 'route="unmatched"' in text or 'route="/api/"' in text
    assert "11111111" not in text
    assert "unknown/path" not in text
    assert "BREW" not in text
    assert "active_users" in text
    assert "request_duration_seconds_bucket" in text


def test_active_users_are_counted(client: Any, commander: Any, api: Any) -> None:
    assert api(commander).get("/api/v1/auth/me/").status_code == 200
    lines = client.get("/metrics").content.decode().splitlines()
    assert float(next(line for line in lines if line.startswith("active_users ")).split()[1]) >= 1


def test_doctor_finds_everything_in_order(capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    report = json.loads(capsys.readouterr().out)
    wrong = {check["name"] for check in report["checks"] if check["status"] == "bad"}
    assert wrong == (set() if settings.EMBEDDED_QUEUE else {"queue"})  # no worker runs beside the tests
    assert ended.value.code == len(wrong)
    assert len(report["checks"]) >= 7


def test_doctor_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> tuple[str, str]:
        raise FileNotFoundError("/vault")

    monkeypatch.setattr(diagnosis, "_questions", diagnosis._questions | {"vault": gone})
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert ended.value.code == 1
    assert (
        '"name": "vault", "status": "bad", "message": "FileNotFoundError: /vault"' in capsys.readouterr().out
    )
