"""A task that takes its server along, every time it is tried."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.crash.ledger import Ledger
from tests.platform import Platform
from tests.stub import Asked, Stub, secretary

PATIENCE_SECONDS = 120


@pytest.mark.slow
def test_three_deaths_and_the_others_go_on(tmp_path: Path) -> None:
    deaths: list[str] = []

    def script(asked: Asked) -> str:
        if asked.key == "deadly":
            deaths.append(asked.key)
            platform.process.kill()
        elif asked.key:
            time.sleep(0.5)  # whoever runs beside the deadly one is lost with it
        return secretary(asked)

    given = {"AI_MODEL": "openai:stub", "OPENAI_API_KEY": "none", "LOG_LEVEL": "ERROR"}
    with Stub(script) as model, Platform(tmp_path, OPENAI_BASE_URL=model.url, **given) as platform:
        ledger = Ledger(tmp_path / "app.sqlite3")
        _delegate(platform, "deadly", "one", "two")
        ends = time.monotonic() + PATIENCE_SECONDS
        while ledger.unfinished():
            assert time.monotonic() < ends
            if platform.process.poll() is not None:
                platform.start()
            time.sleep(0.05)

    assert len(deaths) == 3
    tasks = {key: (status, reason) for key, status, reason in ledger.rows(TASKS)}
    assert tasks["one"] == tasks["two"] == ("done", "")
    assert tasks["deadly"][0] == "failed"
    assert "three times" in tasks["deadly"][1] or "3" in tasks["deadly"][1]
    assert ledger.statuses() == {"completed_with_gaps": 1}


TASKS = "SELECT key, status, reason FROM workflows_task"


def _delegate(platform: Platform, *keys: str) -> None:
    with platform.script() as client:

        def post(path: str, body: dict[str, Any] | None = None) -> Any:
            return client.post(f"/api/v1/workflows/{path}", json=body).raise_for_status().json()

        made = post("", {"requirement": "Look at lamps.", "auto_generate_tasks": False, "auto_approve": True})
        for key in keys:
            post(f"{made['id']}/tasks/", {"title": f"Find out {key}", "key": key})
        post(f"{made['id']}/start/")
    platform.close()
