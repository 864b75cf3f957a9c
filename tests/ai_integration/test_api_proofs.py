"""`providers/{id}/test/`: one sentence for whatever a server may do."""

import json
from typing import Any

import pytest

from tests.stub import Raw, Stub

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_environment")]
PROVIDERS, CREDENTIALS = "/api/v1/providers/", "/api/v1/credentials/"
KEY = "sk-canary-0123456789-wxyz"


def given(server: Stub) -> dict[str, Any]:
    return {"provider": "compatible", "base_url": server.url, "api_key": KEY}


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "key_refused"), (403, "key_refused"), (402, "unpaid"), (429, "limited"), (404, "not_compatible"),
     (500, "server_fault"), (302, "redirected")],
)  # fmt: skip
def test_what_a_refusal_means(owner: Any, api: Any, serving: Stub, status: int, code: str) -> None:
    serving.listing = Raw(
        status=status, body=json.dumps({"error": KEY}), headers={"Location": "http://127.0.0.1:9/"}
    )
    api(owner).post(CREDENTIALS, given(serving))
    answer = api(owner).post(f"{PROVIDERS}compatible/test/")
    assert (answer.json()["code"], answer.json()["ok"]) == (code, False)
    assert KEY not in answer.content.decode()
    stored = api(owner).get(CREDENTIALS).json()["results"][0]
    assert (stored["test_code"], stored["test"]) == (code, answer.json()["message"])


@pytest.mark.parametrize(
    "body", ["<html>hello</html>", "[]", "{}", '{"data": 1}', '{"data": [1]}', "", "\x00"]
)
def test_something_else_answers(owner: Any, api: Any, serving: Stub, body: str) -> None:
    serving.listing = Raw(body=body)
    api(owner).post(CREDENTIALS, given(serving))
    assert api(owner).post(f"{PROVIDERS}compatible/test/").json()["code"] == "not_compatible"


def test_an_unknown_model_is_named(owner: Any, api: Any, serving: Stub) -> None:
    serving.script = lambda asked: Raw(status=404)
    api(owner).post(CREDENTIALS, given(serving))
    answer = api(owner).post(f"{PROVIDERS}compatible/test/", {"model": "gpt-nobody"}).json()
    assert answer["code"] == "model_unknown"
    assert "gpt-nobody" in answer["message"]


def test_a_provider_that_does_not_exist(owner: Any, api: Any) -> None:
    assert api(owner).post(f"{PROVIDERS}delphi/test/").status_code == 404
    assert api(owner).post(f"{PROVIDERS}builtin/test/").json()["ok"]
    assert api(owner).post(f"{PROVIDERS}openai/test/").json()["code"] == "key_missing"


def test_a_host_that_does_not_exist_is_named(owner: Any, api: Any, serving: Stub) -> None:
    made = api(owner).post(CREDENTIALS, given(serving) | {"base_url": "http://nowhere.invalid:1/v1"})
    assert made.status_code == 201
    answer = api(owner).post(f"{PROVIDERS}compatible/test/").json()
    assert (answer["code"], "nowhere.invalid" in answer["message"]) == ("no_host", True)


@pytest.mark.security("S8")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_call_follows_a_redirect(owner: Any, api: Any, serving: Stub, status: int) -> None:
    with Stub() as elsewhere:
        serving.script = lambda _: Raw(
            status=status, headers={"Location": f"{elsewhere.url}/chat/completions"}
        )
        api(owner).post(CREDENTIALS, given(serving))
        answer = api(owner).post(f"{PROVIDERS}compatible/test/", {"model": "stub"}).json()
        assert (answer["code"], answer["ok"]) == ("redirected", False)
        assert not elsewhere.asked + elsewhere.keys
