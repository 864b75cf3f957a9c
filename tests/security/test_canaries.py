"""A secret in every place that takes one, everything made to fail, and then: is it anywhere?"""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests import services
from tests.oauth_server import Protected
from tests.platform import Platform
from tests.redis_space import claimed
from tests.security import canary
from tests.security.planting import planted, signed_in_to, tools_and_channels
from tests.stub import Stub
from tests.team.processes import Team, until

pytestmark = [pytest.mark.slow, pytest.mark.security("S15")]

SIGN_IN_FORM = "door 5"
FAILED = ("failed", "completed_with_gaps", "completed", "cancelled")
EMPTY_FIELDS = """
from foundation.core import crypto
for model, field in crypto.encrypted_fields():
    if not any(True for _ in crypto.stored_tokens(model, field)):
        print(f"{model._meta.label}.{field}")
"""
SKILLS = """
from django.db import connection
connection.cursor().execute("UPDATE personas_persona SET skills = '{0}'")
"""


def environment(secrets: dict[str, str]) -> dict[str, str]:
    return {
        "LOG_LEVEL": "DEBUG",
        "SECRET_KEY": secrets["SECRET_KEY"],
        "ENCRYPTION_KEYS": f"{secrets['ENCRYPTION_KEYS']},{secrets['older key']}",
        "OPENAI_API_KEY": secrets["OPENAI_API_KEY"],
        "CALL_TIMEOUT_SECONDS": "10",
        "RATE_LIMIT_DEFAULT": "1000000",
    }


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """What nobody may ever read, by where it is planted."""
    planted = {name: canary.new(name.lower().replace("_", "-")) for name in ("SECRET_KEY", "OPENAI_API_KEY")}
    planted |= {
        name: canary.new(name.replace(" ", "-"))
        for name in (
            "stored key", "changed key", "key in a wrong field", "password in an address", "wrong password", "forged token",
            "tool variable", "tool header", "channel address", "changed channel", "client secret", "token of a tool server",
        )
    }  # fmt: skip
    return planted | {"ENCRYPTION_KEYS": canary.fernet_key(), "older key": canary.fernet_key()}


@pytest.fixture(scope="module")
def mole() -> Iterator[Stub]:
    with Stub() as stub:
        canary.Mole(stub)
        yield stub


@pytest.fixture(scope="module")
def protected(platform: Platform) -> Iterator[Protected]:
    with Protected() as server:
        yield server


@pytest.fixture(scope="module", params=["embedded", "team"])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, secrets: Any, mole: Stub
) -> Iterator[Platform]:
    folder = Path(tmp_path_factory.mktemp("canaries"))
    given = environment(secrets) | {"OPENAI_BASE_URL": mole.url}
    if request.param == "embedded":
        with Platform(folder, **given) as running:
            yield running
        return
    with (
        fresh_database() as database,
        Team(folder, DATABASE_URL=database, REDIS_URL=redis(), **given) as team,
    ):
        team.hire("one")
        yield team


class fresh_database:  # noqa: N801 - used as a function
    """The URL of a database that is gone afterwards."""

    def __enter__(self) -> str:
        silent = services.trouble()
        if silent:
            pytest.skip(f"the team profile was not tested: {silent}")
        self.name = f"hisho_canary_{uuid.uuid4().hex[:12]}"
        self.do('CREATE DATABASE "{}"')
        return urlsplit(services.database_url())._replace(path=f"/{self.name}").geturl()

    def __exit__(self, *_: Any) -> None:
        self.do('DROP DATABASE "{}" WITH (FORCE)')

    def do(self, what: str) -> None:
        with psycopg.connect(services.database_url(), autocommit=True) as admin:
            admin.execute(what.format(self.name))


def redis() -> str:
    return claimed(services.redis_url())


@pytest.fixture(scope="module")
def places(platform: Platform, secrets: dict[str, str], mole: Stub, protected: Protected) -> dict[str, str]:
    """`{place: everything that stands there}`, after all that can go wrong has gone wrong."""
    found: dict[str, str] = {}
    with platform.browser() as browser, platform.script() as script:
        found |= signed_in_to(browser, script, secrets, protected)
        secrets["access token"] = script.headers["Authorization"].removeprefix("Bearer ")
        secrets["session cookie"] = browser.cookies["hisho_session"]
        secrets["socket ticket"] = platform.ticket(script)
        secrets["sign-in link"] = platform.link.partition("token=")[2]
        found |= planted(script, secrets, mole)
        found |= tools_and_channels(script, secrets, mole)
        with platform.socket(ticket=secrets["socket ticket"]) as socket:
            frames = canary.Frames(socket)
            found |= failed(platform, browser, script, frames)
            found["socket frames"] = "\n".join(frames.heard)
        found |= refused(platform, secrets)
        found |= broken(platform, browser, script)
        found |= texts("page", canary.crawled(browser, "/", "/settings/", "/settings/models/", "/admin/"))
        found |= texts("api", canary.read_all(script))
    platform.stop()
    for name, content in (
        *canary.files(platform.folder),
        *canary.tables(platform),
        *canary.in_redis(platform),
    ):
        found[name] = content.decode("utf-8", "replace")
    return found


def texts(kind: str, answers: dict[str, tuple[int, str]]) -> dict[str, str]:
    return {f"{kind} {address}": f"{status} {body}" for address, (status, body) in answers.items()}


def failed(
    platform: Platform, browser: httpx.Client, script: httpx.Client, frames: canary.Frames
) -> dict[str, str]:
    """A workflow, a discussion, a question and tests over connections that fail in every way."""
    answers = [
        script.post(f"/api/v1/providers/{name}/test/", json={}) for name in ("compatible", "openai") * 4
    ]
    team = script.get("/api/v1/persona-teams/").json()["results"][0]["id"]
    people = script.get("/api/v1/personas/").json()["results"]
    frames.say(type="subscribe", stream="inbox")
    for number, person in enumerate(people):
        model = ("compatible/lab:stub", "openai:stub")[number % 2]
        answers.append(script.patch(f"/api/v1/personas/{person['id']}/", json={"model": model}))
    for number in range(4):
        given = {
            "title": f"w{number}",
            "requirement": "新製品の価格を調べてください。",
            "auto_approve": True,
            "team": team,
        }
        started = script.post("/api/v1/workflows/", json=given)
        answers.append(started)
        address = f"/api/v1/workflows/{started.json()['id']}/"
        frames.say(type="subscribe", stream=f"workflow:{started.json()['id']}", after=0)
        until(lambda a=address: script.get(a).json()["status"] in FAILED, "a workflow to fail")
    seats = [person["id"] for person in people[:3]]
    talk = script.post(
        "/api/v1/discussions/", json={"topic": "価格", "kind": "free", "participants": seats, "max_rounds": 1}
    )
    answers += [
        talk,
        script.post("/api/v1/discussions/ask/", json={"persona": seats[0], "question": "価格は?"}),
    ]
    if talk.status_code == 201:
        frames.say(type="subscribe", stream=f"discussion:{talk.json()['id']}", after=0)
        address = f"/api/v1/discussions/{talk.json()['id']}/"
        until(lambda: script.get(address).json()["status"] in ("failed", "ended"), "a discussion to fail")
    return {f"failing {n}": f"{each.status_code} {each.text}" for n, each in enumerate(answers)}


def refused(platform: Platform, secrets: dict[str, str]) -> dict[str, str]:
    """Wrong secrets at every door."""
    token, password = secrets["forged token"], secrets["wrong password"]
    with platform.client() as anybody:
        answers = [
            anybody.get("/api/v1/workflows/", headers={"Authorization": f"Bearer {token}"}),
            anybody.get("/api/v1/workflows/", headers={"Authorization": f"Basic {token}"}),
            anybody.post("/api/v1/auth/token/", json={"username": "local", "password": password}),
            anybody.post("/api/v1/auth/token/refresh/", json={"refresh": token}),
            anybody.post("/api/v1/auth/logout/", json={"refresh": token}),
            anybody.get(f"/sign-in/?token={token}"),
            anybody.post("/sign-in/", data={"username": "local", "password": password, "token": token}),
            anybody.get("/", headers={"Cookie": f"hisho_session={token}"}),
        ]
    with pytest.raises(Exception, match="HTTP"), platform.socket(ticket=token):
        pass
    return {f"door {n}": f"{a.status_code} {dict(a.headers)} {a.text}" for n, a in enumerate(answers)}


def broken(platform: Platform, browser: httpx.Client, script: httpx.Client) -> dict[str, str]:
    """Rows that no code of ours would write: pages and calls end in 500, with a traceback in the log."""
    platform.python(SKILLS.format(5))
    answers = [browser.get("/personas/"), script.get("/api/v1/personas/")]
    platform.python(SKILLS.format("[]"))
    assert [answer.status_code for answer in answers] == [500, 500]
    return {f"broken {number}": answer.text for number, answer in enumerate(answers)}


def test_every_secret_field_was_planted(platform: Platform, places: dict[str, str], mole: Stub) -> None:
    """A new encrypted field has to be planted here, or this fails."""
    assert platform.python(EMPTY_FIELDS).split() == []
    assert {key.removeprefix("Bearer ")[:14] for key in mole.keys} >= {"canary-openai-", "canary-changed"}
    assert len(mole.keys) > canary.Mole.MODES, "every way to fail was met"


def test_everything_was_looked_at(places: dict[str, str]) -> None:
    assert "Traceback" in places["stderr.txt"]
    assert "DEBUG" in places["stderr.txt"]
    assert sum(name.startswith("page ") for name in places) > 60
    assert sum(name.startswith("page /admin/") for name in places) > 40
    assert sum(name.startswith("api ") for name in places) > 40
    assert "status_changed" in places["socket frames"]
    assert any("checkpoint" in name for name in places)


def test_no_secret_is_anywhere(places: dict[str, str], secrets: dict[str, str]) -> None:
    leaks = {
        f"{planted} in {place}"
        for planted, secret in secrets.items()
        for place, content in places.items()
        if secret in content and not by_design(planted, place)
    }
    assert not leaks


def by_design(planted: str, place: str) -> bool:
    """Django keeps the keys of sessions readable in its own table; the form behind a link hands on what the link brought."""
    if planted == "session cookie":
        return place in ("app.sqlite3", "app.sqlite3-wal", "public.django_session")
    return (planted, place) == ("forged token", SIGN_IN_FORM)
