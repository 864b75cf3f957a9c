"""設定 › AIモデル, as people look at it and change it, without JavaScript."""

from typing import Any

import pytest
from django.urls import reverse

from ai_integration.models import Credential
from ai_integration.selectors import default_model
from tests import factories
from tests.counting import queries
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.stub import Raw, Stub

KEY = "sk-canary-0123456789-wxyz"
PAGE = "ai-models"


pytestmark = pytest.mark.usefixtures("no_environment")


@pytest.fixture
def client(owner: Any) -> Any:
    return signed_in(owner)


def connect(client: Any, server: Stub, **given: str) -> Any:
    fields = {"base_url": server.url, "api_key": KEY} | given
    return client.post(reverse("ai-connect", args=["compatible"]), fields)


def test_a_server_is_connected_tested_chosen_and_removed(client: Any, owner: Any, serving: Stub) -> None:
    answer = connect(client, serving)
    assert (answer.status_code, answer.url) == (303, f"{reverse(PAGE)}#compatible")
    row = Credential.objects.get()
    page = html(client, reverse(PAGE))
    assert_shown(page, "••••wxyz")
    assert "compatible:stub" in page
    assert KEY not in page
    client.post(reverse("ai-default"), {"model": "compatible:stub"})
    assert default_model().reference == "compatible:stub"
    assert "compatible stub" in html(client, reverse("settings"))
    serving.listing = Raw(status=401)
    client.post(reverse("ai-test-stored", args=[row.pk]))
    assert_shown(html(client, reverse(PAGE)), "HTTP 401")
    client.post(reverse("ai-default"), {"reset": "1"})
    client.post(reverse("ai-remove", args=[row.pk]))
    assert default_model().source == "environment"
    assert not Credential.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"base_url": ""}, "base_url"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"api_key": "a b"}, "api_key"),
        ({"label": "長"}, "label"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client: Any, serving: Stub, wrong: Any, field: str) -> None:
    answer = connect(client, serving, **wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_compatible_{field}_error"' in page
    assert KEY not in page
    assert not Credential.objects.exists()


def test_an_empty_key_stays_as_it_was(client: Any, serving: Stub) -> None:
    connect(client, serving)
    row = Credential.objects.get()
    answer = client.post(
        reverse("ai-change", args=[row.pk]), {"base_url": serving.url, "api_key": "", "label": "lab"}
    )
    row.refresh_from_db()
    assert (answer.status_code, row.label, row.api_key) == (303, "lab", KEY)
    away = client.post(reverse("ai-change", args=[row.pk]), {"base_url": "http://127.0.0.1:9/v1"})
    assert (away.status_code, f"id_compatible-{row.pk.hex[:8]}_api_key_error" in away.content.decode()) == (
        422,
        True,
    )


def test_a_default_that_cannot_answer_is_said_at_its_field(client: Any) -> None:
    answer = client.post(reverse("ai-default"), {"model": "compatible:stub"})
    assert answer.status_code == 422
    assert 'id="id_model_error"' in answer.content.decode()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_in_both_languages(owner: Any, serving: Stub, language: str) -> None:
    client = signed_in(owner, language)
    factories.team(owner)
    serving.listing = Raw(body='{"data": [{"id": "<script>alert(1)</script>"}]}')
    connect(client, serving)
    page = html(client, reverse(PAGE))
    assert_inert(page)
    assert_shown(page, "秘書室 調査")
    words = "既定のモデル" if language == "ja" else "Default model"
    assert words in page


def test_whoever_may_not_connect_sees_how_it_stands(teammate: Any, serving: Stub) -> None:
    client = signed_in(teammate)
    page = html(client, reverse(PAGE))
    assert 'type="password"' not in page
    assert connect(client, serving).status_code == 403
    assert client.post(reverse("ai-default"), {"model": "builtin"}).status_code == 403


def test_others_connections_are_not_there(client: Any, stranger: Any, serving: Stub) -> None:
    connect(client, serving)
    row = Credential.objects.get()
    Credential.objects.update(shared=False)
    other = signed_in(stranger)
    for name in ("ai-change", "ai-test-stored", "ai-remove"):
        assert other.post(reverse(name, args=[row.pk])).status_code == 404
    assert serving.url not in html(other, reverse(PAGE))


def test_a_secretary_is_offered_what_there_is(client: Any, owner: Any, serving: Stub) -> None:
    connect(client, serving)
    page = html(client, reverse("persona-new"))
    assert '<option value="compatible:stub">' in page
    assert_shown(page, "内蔵秘書（生成AIなし）")


def test_the_list_of_secretaries_costs_the_same_however_many_there_are(client: Any, owner: Any) -> None:
    costs = []
    queries(client, reverse("personas"))  # what is known of the models is read once in a process
    for count in (3, 12):
        for number in range(count):
            factories.persona(owner, name=f"{count} {number}")
        costs.append(queries(client, reverse("personas")))
    assert costs[0] == costs[1]


def test_a_hostile_name_stays_a_name(client: Any, owner: Any) -> None:
    factories.persona(owner, name=HOSTILE[:90])
    assert_inert(html(client, reverse(PAGE)))
