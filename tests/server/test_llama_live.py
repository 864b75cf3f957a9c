"""A persona on a real model, as a page sees it: the words come over the socket while llama.cpp writes them."""

from typing import Any

import httpx
import pytest

from tests.llama import NAME, Llama
from tests.platform import Platform, hear, hear_among, say

pytestmark = pytest.mark.slow
PATIENCE = 90


def made(client: httpx.Client, address: str, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{address}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_what_a_real_model_says_is_heard_while_it_says_it(server: Platform, llama: Llama) -> None:
    with server.script() as client:
        made(client, "credentials/", provider="compatible", base_url=llama.url)
        chosen = client.put("/api/v1/models/default/", json={"model": f"compatible:{NAME}"})
        assert chosen.json()["source"] == "stored"
        people = [made(client, "personas/", name=name, role="researcher")["id"] for name in ("Ann", "Ben")]
        chair = made(client, "personas/", name="Cid", role="moderator", model="builtin")["id"]
        talk = {"topic": "Are lamps useful?", "participants": people, "moderator": chair, "max_rounds": 20}
        discussion = made(client, "discussions/", **talk)
        with server.socket(ticket=server.ticket(client)) as socket:
            say(socket, type="subscribe", stream=f"discussion:{discussion['id']}", after=0)
            hear(socket, "subscribed")
            assert hear_among(socket, "delta", timeout=PATIENCE)["text"]
            client.post(f"/api/v1/discussions/{discussion['id']}/end/").raise_for_status()
        calls = client.get("/api/v1/calls/?job=speak").json()["results"]
        assert {(each["provider"], each["model"]) for each in calls} == {("compatible", NAME)}


def test_a_default_that_another_process_chose_counts_at_the_next_call(server: Platform) -> None:
    with server.script() as client:
        ann = made(client, "personas/", name="Dora", role="researcher")["id"]
        server.python(
            "from foundation.accounts import services as s; from ai_integration.services import default_model_set;"
            "default_model_set(s.local_user(), model='builtin')"
        )
        made(client, "discussions/ask/", persona=ann, question="Which lamps are there?")
        latest = client.get("/api/v1/calls/?job=speak").json()["results"][0]
        assert (latest["persona"], latest["provider"]) == ("Dora", "builtin")
        client.post(
            "/api/v1/credentials/",
            json={"provider": "compatible", "base_url": "http://127.0.0.1:9/v1", "label": "gone"},
        )
        server.python(
            "from foundation.accounts import services as s; from ai_integration.services import default_model_set;"
            "default_model_set(s.local_user(), model='compatible/gone:x')"
        )
        refused = client.post("/api/v1/discussions/ask/", json={"persona": ann, "question": "And now?"})
        assert refused.json()["error"]["code"] == "not_answered"
