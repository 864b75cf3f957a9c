"""`providers/`, `models/` and `credentials/` over HTTP: keys go in and never come out."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from ai_integration import gateway
from ai_integration.jobs import PlanDraft
from ai_integration.models import Credential, ModelChoice
from ai_integration.services import Purpose
from foundation.activity.models import AuditEntry, Event
from personas.prompts import Speaker, render
from tests.ai_integration.test_gateway import BRIEF
from tests.stub import Stub

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_environment")]
PROVIDERS, MODELS, CREDENTIALS = "/api/v1/providers/", "/api/v1/models/", "/api/v1/credentials/"
KEY = "sk-canary-0123456789-wxyz"


@pytest.fixture
def team_profile(settings: Any, serving: Stub) -> Any:
    settings.SIGN_IN = "password"
    settings.AI_LOCAL_HOSTS = [serving.url.split("/")[2]]
    return settings


def given(server: Stub, **fields: Any) -> dict[str, Any]:
    return {"provider": "compatible", "base_url": server.url, "api_key": KEY} | fields


def ask(owner: Any, key: str, model: str = "") -> Any:
    messages = render(Speaker("Mizuno", "researcher"), BRIEF)
    purpose = Purpose(key=key, job="plan", owner_id=owner.pk)
    return gateway.complete(purpose, model=model, messages=messages, shape=PlanDraft)


@pytest.mark.security("S15")
def test_a_key_goes_in_and_never_comes_out(owner: Any, api: Any, serving: Stub) -> None:
    client = api(owner)
    made = client.post(CREDENTIALS, given(serving), headers={"Idempotency-Key": "once"})
    again = client.post(CREDENTIALS, given(serving), headers={"Idempotency-Key": "once"})
    assert (made.status_code, again.json()) == (201, made.json())
    at = f"{CREDENTIALS}{made.json()['id']}/"
    changed = client.patch(at, {"label": "lab"})
    seen = [made, changed, client.get(at), client.get(CREDENTIALS), client.get(PROVIDERS), client.get(MODELS)]
    assert made.json()["hint"] == "wxyz"
    assert all(KEY not in each.content.decode() for each in seen)
    kept = [
        *AuditEntry.objects.values_list("data", flat=True),
        *Event.objects.values_list("payload", flat=True),
    ]
    assert KEY not in json.dumps(kept, default=str)
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM ai_integration_credential")
        assert KEY not in cursor.fetchone()[0]
    assert Credential.objects.get().api_key == KEY
    assert client.delete(at).status_code == 204
    assert {"credential.created", "credential.updated", "credential.deleted"} <= set(
        AuditEntry.objects.values_list("action", flat=True)
    )


@pytest.mark.security("S8")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"provider": "delphi"}, "provider"),
        ({"provider": "builtin", "base_url": ""}, "provider"),
        ({"provider": "openai"}, "base_url"),
        ({"provider": "openai", "base_url": "", "api_key": ""}, "api_key"),
        ({"api_key": "two words"}, "api_key"),
        ({"api_key": "鍵"}, "api_key"),
        ({"api_key": "a\nb"}, "api_key"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "ftp://127.0.0.1/v1"}, "base_url"),
        ({"base_url": "file:///etc/passwd"}, "base_url"),
        ({"base_url": "http://127.0.0.1:x/v1"}, "base_url"),
        ({"base_url": "http://me:secret@127.0.0.1/v1"}, "base_url"),
        ({"base_url": "http://127.0.0.1/v1?key=secret"}, "base_url"),
        ({"base_url": "http://169.254.169.254/v1"}, "base_url"),
        ({"base_url": "http://[::ffff:169.254.169.254]/v1"}, "base_url"),
        ({"base_url": "http://[fe80::1]/v1"}, "base_url"),
        ({"base_url": "http://2852039166/v1"}, "base_url"),
        ({"base_url": "http://0.0.0.0/v1"}, "base_url"),
        ({"label": "Über"}, "label"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_what_cannot_be_a_connection(owner: Any, api: Any, serving: Stub, wrong: Any, field: str) -> None:
    answer = api(owner).post(CREDENTIALS, given(serving) | wrong)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert KEY not in answer.content.decode()
    assert not Credential.objects.exists()


@pytest.mark.security("S8")
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/v1", "http://10.0.0.1/v1", "http://[::1]:9/v1", "http://localhost:9/v1"]
)
def test_a_team_calls_the_inner_network_only_where_it_is_listed(
    owner: Any, api: Any, team_profile: Any, serving: Stub, address: str
) -> None:
    refused = api(owner).post(CREDENTIALS, given(serving, base_url=address))
    assert refused.status_code == 422
    assert "AI_LOCAL_HOSTS" in str(refused.json()["error"]["details"]["base_url"])
    assert api(owner).post(CREDENTIALS, given(serving)).status_code == 201


@pytest.mark.security("S8")
def test_a_name_that_changes_its_mind_is_caught_at_the_call(
    owner: Any, api: Any, team_profile: Any, serving: Stub
) -> None:
    assert api(owner).post(CREDENTIALS, given(serving)).status_code == 201
    team_profile.AI_LOCAL_HOSTS = []
    answer = api(owner).post(f"{PROVIDERS}compatible/test/").json()
    assert (answer["ok"], answer["code"]) == (False, "blocked")
    assert not serving.listed


@pytest.mark.security("S8")
@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_no_longer_allowed_is_not_tried_again(
    owner: Any, api: Any, team_profile: Any, serving: Stub
) -> None:
    api(owner).post(CREDENTIALS, given(serving))
    team_profile.AI_LOCAL_HOSTS = []
    with pytest.raises(gateway.ProviderFailed) as caught:
        ask(owner, "k", "compatible:stub")
    assert caught.value.details["reason"] == "this address may not be called from here"
    assert not serving.asked


def test_the_same_label_twice_is_refused(owner: Any, api: Any, serving: Stub) -> None:
    client = api(owner)
    assert client.post(CREDENTIALS, given(serving)).status_code == 201
    twice = client.post(CREDENTIALS, given(serving))
    assert (twice.status_code, twice.json()["error"]["code"]) == (409, "name_taken")
    assert client.post(CREDENTIALS, given(serving, label="lab")).status_code == 201


@pytest.mark.security("S15")
def test_a_key_is_not_led_to_another_server(owner: Any, api: Any, serving: Stub) -> None:
    client = api(owner)
    at = f"{CREDENTIALS}{client.post(CREDENTIALS, given(serving)).json()['id']}/"
    away = client.patch(at, {"base_url": "http://127.0.0.1:9/v1"})
    assert "api_key" in away.json()["error"]["details"]
    assert client.patch(at, {"base_url": f"{serving.url}/more"}).status_code == 200
    assert client.patch(at, {"base_url": "http://127.0.0.1:9/v1", "api_key": "another"}).status_code == 200


def test_others_see_only_what_is_shared(
    owner: Any, stranger: Any, teammate: Any, api: Any, team_profile: Any, serving: Stub
) -> None:
    at = f"{CREDENTIALS}{api(owner).post(CREDENTIALS, given(serving)).json()['id']}/"
    for other in (stranger, teammate):
        client = api(other)
        assert client.get(at).status_code == client.delete(at).status_code == 404
        assert client.put(f"{MODELS}default/", {"model": "builtin"}).status_code == 403
    assert api(teammate).post(CREDENTIALS, given(serving)).status_code == 403
    assert api(stranger).post(f"{PROVIDERS}compatible/test/").json()["code"] == "key_missing"
    assert api(owner).patch(at, {"shared": True}).status_code == 200
    assert api(stranger).get(at).status_code == 404
    assert api(stranger).post(f"{PROVIDERS}compatible/test/").json()["code"] != "key_missing"
    assert api(None).get(PROVIDERS).status_code == 401


def test_the_environment_is_shown_without_its_value(
    owner: Any, api: Any, serving: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", serving.url)
    client = api(owner)
    listed = client.get(PROVIDERS)
    openai = next(each for each in listed.json()["results"] if each["id"] == "openai")
    assert (openai["ready"], openai["source"]) == (True, "environment")
    assert KEY not in listed.content.decode()
    assert client.post(f"{PROVIDERS}openai/test/").json()["ok"]
    assert [each["model"] for each in client.get(MODELS).json()["results"]] == ["builtin", "openai:stub"]


def test_several_servers_are_told_apart_by_their_labels(owner: Any, api: Any, serving: Stub) -> None:
    for label in ("here", "there"):
        api(owner).post(CREDENTIALS, given(serving, label=label))
    listed = [each["model"] for each in api(owner).get(MODELS).json()["results"]]
    assert listed == ["builtin", "compatible/here:stub", "compatible/there:stub"]


def test_a_list_is_asked_for_once_a_minute_and_anew_after_a_change(
    owner: Any, api: Any, serving: Stub
) -> None:
    client = api(owner)
    at = f"{CREDENTIALS}{client.post(CREDENTIALS, given(serving)).json()['id']}/"
    for _round in range(3):
        client.get(MODELS)
    assert serving.listed == 1
    client.patch(at, {"api_key": "another-key-of-mine"})
    client.get(MODELS)
    assert serving.listed == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_counts_at_the_next_call(owner: Any, api: Any, serving: Stub) -> None:
    client = api(owner)
    at = f"{CREDENTIALS}{client.post(CREDENTIALS, given(serving)).json()['id']}/"
    ask(owner, "one")
    assert not serving.asked
    assert client.put(f"{MODELS}default/", {"model": "compatible:stub"}).status_code == 200
    ask(owner, "two")
    client.patch(at, {"api_key": "second-key-of-mine"})
    ask(owner, "three")
    assert serving.keys == [f"Bearer {KEY}", "Bearer second-key-of-mine"]
    assert client.delete(f"{MODELS}default/").status_code == 204
    ask(owner, "four")
    assert len(serving.asked) == 2
    client.delete(at)
    with pytest.raises(gateway.calls.DomainError) as caught:
        ask(owner, "five", "compatible:stub")
    assert caught.value.code == "key_missing"


@pytest.mark.django_db(transaction=True)
def test_a_shared_key_serves_everybody_and_an_own_one_its_owner(
    owner: Any, stranger: Any, api: Any, team_profile: Any, serving: Stub
) -> None:
    api(owner).post(CREDENTIALS, given(serving, api_key="for-everybody-1234", shared=True))
    api(owner).post(CREDENTIALS, given(serving, api_key="for-myself-1234567", label="own"))
    for person, key in ((owner, "mine"), (stranger, "theirs")):
        ask(person, key, "compatible:stub")
    assert serving.keys == ["Bearer for-everybody-1234"] * 2
    ask(owner, "labelled", "compatible/own:stub")
    assert serving.keys[-1] == "Bearer for-myself-1234567"
    with pytest.raises(gateway.calls.DomainError):
        ask(stranger, "not theirs", "compatible/own:stub")


def test_the_default_says_who_chose_it(owner: Any, api: Any, serving: Stub, settings: Any) -> None:
    client = api(owner)
    before = client.get(f"{MODELS}default/").json()
    assert before == {"model": "builtin", "source": "environment", "changed_by": None, "changed_at": None}
    client.post(CREDENTIALS, given(serving))
    now = client.put(f"{MODELS}default/", {"model": "compatible:stub"}).json()
    assert (now["model"], now["source"], now["changed_by"]["id"]) == (
        "compatible:stub",
        "stored",
        str(owner.pk),
    )
    assert AuditEntry.objects.get(action="default_model.changed").data["to"] == "compatible:stub"
    shown = client.get(MODELS).json()
    assert [each["model"] for each in shown["results"] if each["is_default"]] == ["compatible:stub"]


@pytest.mark.parametrize(
    "model", ["delphi:oracle", "openai:gpt", "compatible", "compatible:", "", "compatible/X:y"]
)
def test_a_default_that_cannot_answer_is_refused(owner: Any, api: Any, serving: Stub, model: str) -> None:
    api(owner).post(CREDENTIALS, given(serving))
    answer = api(owner).put(f"{MODELS}default/", {"model": model})
    assert answer.status_code == 422
    assert "model" in answer.json()["error"]["details"]
    assert not ModelChoice.objects.exists()


def test_a_key_nobody_can_decrypt_is_said_and_can_be_removed(
    owner: Any, api: Any, serving: Stub, settings: Any
) -> None:
    client = api(owner)
    at = f"{CREDENTIALS}{client.post(CREDENTIALS, given(serving)).json()['id']}/"
    settings.ENCRYPTION_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    cache.clear()
    assert client.post(f"{PROVIDERS}compatible/test/").json()["code"] == "key_unreadable"
    assert client.get(MODELS).status_code == client.get(CREDENTIALS).status_code == 200
    assert client.delete(at).status_code == 204
