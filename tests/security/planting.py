"""Secrets put into every field that takes one, the wrong fields too; each function returns what was answered."""

import sys
from collections.abc import Iterator
from typing import Any

import httpx
from mcp.shared.auth import OAuthClientInformationFull

from tests.oauth_server import Protected
from tests.security import canary
from tests.stub import Stub

SPILLS = "import os, sys; print(os.environ, file=sys.stderr); print(os.environ, flush=True); sys.exit(3)"
"""A server of tools that says all it knows, on both channels, and dies."""


def planted(script: httpx.Client, secrets: dict[str, str], mole: Stub) -> dict[str, str]:
    """Every way in for a key, the wrong ones too; returns what was answered."""
    good = {"provider": "compatible", "label": "lab", "base_url": mole.url, "api_key": secrets["stored key"]}
    wrong = secrets["key in a wrong field"]
    attempts = [
        good,
        good,  # once more: the label is taken
        good | {"label": "l2", "base_url": f"http://u:{secrets['password in an address']}@127.0.0.1/v1"},
        good | {"label": "l3", "base_url": f"http://127.0.0.1/v1?key={wrong}"},
        good | {"label": f"{wrong} "},
        good | {"label": "l4", "api_key": [wrong]},
        good | {"label": "l5", "api_key": wrong * 30},
        good | {"label": "l6", "api_key": f"{wrong}\n"},
        good | {"label": "l7", "secret": wrong},
        good | {"provider": wrong, "label": "l8"},
    ]
    answers = {
        f"credential {number}": script.post(
            "/api/v1/credentials/", json=body, headers={"Idempotency-Key": f"key-{number}"}
        )
        for number, body in enumerate(attempts)
    }
    made = answers["credential 0"].json()["id"]
    for number, changes in enumerate(({"api_key": secrets["changed key"]}, {"base_url": f"ftp://{wrong}"})):
        answers[f"change {number}"] = script.patch(f"/api/v1/credentials/{made}/", json=changes)
    answers["broken JSON"] = script.post(
        "/api/v1/credentials/",
        content=f'{{"api_key": "{wrong}"',
        headers={"Content-Type": "application/json"},
    )
    return {
        name: f"{answer.status_code} {dict(answer.headers)} {answer.text}" for name, answer in answers.items()
    }


def tools_and_channels(script: httpx.Client, secrets: dict[str, str], mole: Stub) -> dict[str, str]:
    """Servers of tools and ways to be told, with secrets in every part that may hold one; none of them works."""
    variable, header = {"TOKEN": secrets["tool variable"]}, {"Authorization": secrets["tool header"]}
    wrong, address = secrets["key in a wrong field"], secrets["channel address"]
    servers = (
        {
            "name": "spawned",
            "transport": "stdio",
            "command": [sys.executable, "-c", SPILLS],
            "environment": variable,
        },
        {"name": "absent", "transport": "stdio", "command": ["/nowhere"], "environment": variable},
        {"name": "remote", "transport": "http", "url": f"{mole.url}/mcp", "headers": header},
        {"name": "w1", "transport": "http", "url": f"http://u:{wrong}@127.0.0.1/mcp"},
        {"name": "w2", "transport": "http", "url": "http://127.0.0.1/mcp", "headers": {"X": f"{wrong}\n"}},
        {"name": "w3", "transport": "stdio", "command": ["true"], "environment": {wrong: wrong}},
        {"name": "w4", "transport": "stdio", "command": ["true"], "environment": [wrong]},
    )
    channels = (
        {"name": "good", "address": f"json://user:{address}@127.0.0.1:9/{address}?token={address}"},
        {"name": "lost", "address": f"mailto://user:{address}@localhost:9"},
        {"name": "w1", "address": f"nonsense://{wrong}"},
        {"name": "w2", "address": [wrong]},
        {"name": "w3", "address": f"json://127.0.0.1:9/{wrong * 80}"},
    )
    answers = [
        *_made_and_tried(script, "mcp-servers", servers, "connect"),
        *_made_and_tried(script, "approval-channels", channels, "test"),
    ]
    kept = script.get("/api/v1/approval-channels/").json()["results"][0]["id"]
    changed = {"address": f"json://127.0.0.1:9/{secrets['changed channel']}"}
    answers.append(script.patch(f"/api/v1/approval-channels/{kept}/", json=changed))
    return {
        f"tool {n}": f"{each.status_code} {dict(each.headers)} {each.text}" for n, each in enumerate(answers)
    }


def signed_in_to(
    browser: httpx.Client, script: httpx.Client, secrets: dict[str, str], protected: Protected
) -> dict[str, str]:
    """A tool server that asks for a sign-in: by a client with a secret, kept, refreshed, failing, and once more under way."""
    row = {"name": "guarded", "transport": "http", "url": protected.url, "client_id": "known"}
    made = script.post("/api/v1/mcp-servers/", json=row | {"client_secret": secrets["client secret"]})
    where, done = (f"{start}{made.json()['id']}/" for start in ("/api/v1/mcp-servers/", "/settings/tools/"))
    desk = protected.desk
    desk.mark, desk.life = secrets["token of a tool server"], 0
    desk.clients["known"] = OAuthClientInformationFull(
        client_id="known",
        client_secret=secrets["client secret"],
        redirect_uris=[f"{str(browser.base_url).rstrip('/')}{done}signed-in/"],
        token_endpoint_auth_method="client_secret_basic",
        scope="tools",
    )
    answers = [made, script.post(f"{where}connect/"), script.post(f"{where}sign-in/")]
    answers.append(browser.get(protected.allowed(answers[-1].json()["address"])))
    answers.append(script.get(where))
    assert answers[-1].json()["authorization"] == "signed_in", answers[-1].text
    answers += [script.post(f"{where}connect/"), script.post(f"{where}sign-in/")]
    desk.broken = True
    answers += [script.post(f"{where}connect/"), script.get(f"{where}tools/"), browser.get(done)]
    given = {"code": secrets["key in a wrong field"], "state": secrets["key in a wrong field"]}
    answers.append(browser.get(f"{done}signed-in/", params=given))
    return {f"sign-in {n}": f"{each.status_code} {each.text}" for n, each in enumerate(answers)}


def _made_and_tried(
    script: httpx.Client, kind: str, rows: tuple[dict[str, Any], ...], verb: str
) -> Iterator[httpx.Response]:
    for row in rows:
        made = script.post(f"/api/v1/{kind}/", json=row)
        assert made.status_code in (201, 400, 422), made.text
        yield made
        for _ in range(canary.Mole.MODES if made.status_code == 201 else 0):
            yield script.post(f"/api/v1/{kind}/{made.json()['id']}/{verb}/")
