"""Connecting Anthropic and Gemini: stored, tested in one sentence, and kept away from addresses that nobody may call."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_integration import gateway
from ai_integration.gateway import ProviderFailed
from ai_integration.jobs import PlanDraft
from ai_integration.services import Purpose
from tests.dialects import DIALECTS, Dialect, bad_gemini_key
from tests.stub import Raw, Stub

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_environment")]
PROVIDERS, CREDENTIALS = "/api/v1/providers/", "/api/v1/credentials/"


@pytest.fixture(params=DIALECTS, ids=lambda each: each.provider)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param


def given(dialect: Dialect, server: Stub) -> dict[str, Any]:
    return {"provider": dialect.provider, "base_url": server.url, "api_key": dialect.key}


@pytest.fixture
def stored(dialect: Dialect) -> Iterator[Stub]:
    """The provider's server, to which nothing in the environment leads."""
    with dialect.stub() as serving:
        serving.listing = Raw(body=json.dumps(dialect.listing))
        yield serving


def test_connected_tested_and_listed(owner: Any, api: Any, dialect: Dialect, stored: Stub) -> None:
    assert api(owner).post(CREDENTIALS, given(dialect, stored)).status_code == 201
    answer = api(owner).post(f"{PROVIDERS}{dialect.provider}/test/", {"model": "stub"}).json()
    assert (answer["ok"], answer["models"]) == (True, 1)
    listed = [each["model"] for each in api(owner).get("/api/v1/models/").json()["results"]]
    assert f"{dialect.provider}:stub" in listed


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "key_refused"), (403, "key_refused"), (429, "limited"), (404, "other_protocol"), (500, "server_fault"),
     (302, "redirected")],
)  # fmt: skip
def test_one_sentence_says_what_is_wrong(
    owner: Any, api: Any, dialect: Dialect, stored: Stub, status: int, code: str
) -> None:
    stored.listing = Raw(
        status=status, body=dialect.refusal(status, dialect.key), headers={"Location": "http://127.0.0.1:9/"}
    )
    api(owner).post(CREDENTIALS, given(dialect, stored))
    answer = api(owner).post(f"{PROVIDERS}{dialect.provider}/test/")
    assert (answer.json()["code"], answer.json()["ok"]) == (code, False)
    assert dialect.key not in answer.content.decode()


def test_googles_400_for_a_wrong_key_is_understood(
    owner: Any, api: Any, dialect: Dialect, stored: Stub
) -> None:
    refusal = bad_gemini_key(dialect.key)
    stored.listing, stored.script = refusal, lambda _: refusal
    api(owner).post(CREDENTIALS, given(dialect, stored))
    answer = api(owner).post(f"{PROVIDERS}{dialect.provider}/test/").json()
    assert answer["code"] == {"gemini": "key_refused", "anthropic": "other_protocol"}[dialect.provider]
    assert dialect.key not in json.dumps(answer)


@pytest.mark.parametrize("body", ["<html>hello</html>", "[]", "{}", '{"models": [1], "data": 1}', ""])
def test_another_protocol_is_told_apart(
    owner: Any, api: Any, dialect: Dialect, stored: Stub, body: str
) -> None:
    stored.listing = Raw(body=body)
    api(owner).post(CREDENTIALS, given(dialect, stored))
    assert api(owner).post(f"{PROVIDERS}{dialect.provider}/test/").json()["code"] == "other_protocol"


def test_an_unknown_model_is_named(owner: Any, api: Any, dialect: Dialect, stored: Stub) -> None:
    stored.script = lambda _: Raw(status=404, body=dialect.refusal(404, "model not found"))
    api(owner).post(CREDENTIALS, given(dialect, stored))
    answer = api(owner).post(f"{PROVIDERS}{dialect.provider}/test/", {"model": "gpt-nobody"}).json()
    assert (answer["code"], "gpt-nobody" in answer["message"]) == ("model_unknown", True)


def test_no_call_follows_a_redirect(owner: Any, api: Any, dialect: Dialect, stored: Stub) -> None:
    with Stub() as elsewhere:
        stored.script = lambda _: Raw(status=307, headers={"Location": f"{elsewhere.url}/v1/messages"})
        api(owner).post(CREDENTIALS, given(dialect, stored))
        answer = api(owner).post(f"{PROVIDERS}{dialect.provider}/test/", {"model": "stub"}).json()
        assert (answer["code"], answer["ok"]) == ("redirected", False)
        assert not elsewhere.asked + elsewhere.keys


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "169.254.169.254"])
def test_a_team_calls_no_inner_address(
    owner: Any, api: Any, dialect: Dialect, stored: Stub, settings: Any, host: str
) -> None:
    settings.SIGN_IN = "password"
    address = f"http://{host}:{stored.url.rpartition(':')[2]}"
    refused = api(owner).post(CREDENTIALS, given(dialect, stored) | {"base_url": address})
    assert refused.status_code == 422
    assert not stored.keys


def test_an_inner_address_is_refused_at_the_call_too(
    owner: Any, api: Any, dialect: Dialect, stored: Stub, settings: Any
) -> None:
    settings.SIGN_IN, settings.AI_LOCAL_HOSTS = "password", [stored.url.split("/")[2]]
    assert api(owner).post(CREDENTIALS, given(dialect, stored)).status_code == 201
    settings.AI_LOCAL_HOSTS = []
    purpose = Purpose(key="k", job="plan", owner_id=owner.pk)
    with pytest.raises(ProviderFailed) as caught:
        gateway.complete(
            purpose,
            model=f"{dialect.provider}:stub",
            messages=[{"role": "user", "content": "x"}],
            shape=PlanDraft,
        )
    assert "may not be called from here" in caught.value.details["reason"]
    assert not stored.keys
