"""依頼する: whatever goes wrong, nothing that was typed is lost, and nothing happens twice."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ai_integration.models import Budget, Spending
from ai_integration.services import fallbacks_set, rate_set
from knowledge.models import Source
from personas.services import starter_team_create
from tests import factories
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.workflows import pages
from workflows.models import Workflow
from workflows.states import WorkflowStatus

ADDRESS = "/delegate/"
TEXT = "新製品の価格と\n納期を調べてください。"


@pytest.fixture
def client(owner):
    return signed_in(owner)


def send(client, **fields):
    return client.post(ADDRESS, {"requirement": TEXT, "once": uuid4().hex} | fields)


def test_a_requirement_is_delegated(client, owner):
    team = starter_team_create(owner)
    answer = send(client, title="調査", team=str(team.pk))
    workflow = Workflow.objects.get()
    assert (answer.status_code, answer.url) == (303, reverse("workflow", args=[workflow.pk]))
    assert (workflow.requirement, workflow.title, workflow.team) == (TEXT, "調査", team)
    assert workflow.status == WorkflowStatus.PLANNING
    assert "依頼しました。" in html(client, answer.url)


def test_vault_and_team_are_preselected(client, owner):
    team = starter_team_create(owner)
    assert f'<option value="{team.pk}" selected>' in html(client, ADDRESS)


def test_an_empty_requirement_is_refused_at_the_field(client):
    answer = send(client, requirement="  ", title="題", source_text="資料の文")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "してほしいことを書いてください。" in page
    assert 'aria-invalid="true"' in page
    assert 'value="題"' in page
    assert "資料の文" in page
    assert not Workflow.objects.exists()


def test_a_source_that_was_kept_need_not_be_given_again(client, owner):
    team = str(uuid4())  # not one of ours: this is refused after everything else was read
    answer = send(client, source_text="# 価格表\n2,480 円", team=team)
    assert answer.status_code == 422
    assert TEXT in answer.content.decode().replace("\r\n", "\n")
    assert "価格表" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.exe", b"MZ", "資料にできるのは"),
        ("x.txt", b"", "中に文字がありません。"),
        ("x.csv", b'a,"b\n', "CSV として読めません"),
        ("x.md", b"\x00\xff\x00\xfe" * 20, "テキストファイルではありません"),
    ],
)
def test_a_file_that_cannot_be_a_source_is_refused_at_its_field(client, name, data, words):
    answer = send(client, source_file=SimpleUploadedFile(name, data))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert page.index('id="id_source_file_error"') > page.index('name="source_file"')
    assert TEXT in page.replace("\r\n", "\n")
    assert not Workflow.objects.exists()


def test_text_and_file_become_sources_of_the_workflow(client):
    send(client, source_text="価格表\n2,480 円", source_file=SimpleUploadedFile("b.csv", b"a,b\n1,2\n"))
    assert {source.title for source in Workflow.objects.get().sources.all()} == {"価格表", "b"}


def test_kept_sources_are_chosen_when_something_else_was_wrong(client, monkeypatch):
    from foundation.core.errors import Invalid
    from workflows import forms

    def refuse(*_args, **_fields):
        raise Invalid(details={"title": ["だめです"]})

    monkeypatch.setattr(forms, "workflow_create", refuse)
    answer = send(client, source_text="価格表\n2,480 円")
    kept = Source.objects.get()
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "だめです" in page
    assert f'value="{kept.pk}"' in page
    monkeypatch.undo()
    again = answer.context["form"].data
    send(client, sources=again.getlist("sources"), source_text=again["source_text"], once=again["once"])
    assert list(Workflow.objects.get().sources.all()) == [kept]
    assert Source.objects.count() == 1


def test_a_form_that_is_sent_twice_counts_once(client):
    once = uuid4().hex
    assert send(client, once=once).status_code == 303
    assert send(client, once=once).status_code == 303
    assert Workflow.objects.count() == 1


def test_another_persons_things_cannot_be_chosen(client, stranger):
    team = factories.team(stranger)
    answer = send(client, team=str(team.pk))
    assert answer.status_code == 422
    assert team.name not in answer.content.decode()


def test_automatic_approval_is_for_those_who_may_approve(owner, teammate, client):
    send(client, auto_approve="on")
    assert Workflow.objects.get().auto_approver == owner
    assert send(signed_in(teammate)).status_code == 403


def test_an_earlier_requirement_can_be_delegated_again(client, owner, stranger):
    earlier = pages.finished(owner)
    assert_shown(html(client, f"{ADDRESS}?again={earlier.pk}"), earlier.requirement)
    assert signed_in(stranger).get(f"{ADDRESS}?again={earlier.pk}").status_code == 404


def test_hostile_words_come_back_as_text(client):
    page = send(client, requirement="", title=HOSTILE, source_text=HOSTILE).content.decode()
    assert_inert(page)
    assert_shown(page, HOSTILE)


def test_model_and_budget_are_given_with_the_requirement(client, owner):
    send(client, model="builtin", money="1500.5", tokens="40000")
    workflow = Workflow.objects.get()
    assert (workflow.model, workflow.budget) == ("builtin", {"money": 1500.5, "tokens": 40000})
    limit = Budget.objects.get(scope="run", target=str(workflow.pk))
    assert (limit.money, limit.tokens, limit.owner) == (Decimal("1500.50"), 40000, owner)


def test_without_them_nothing_limits_and_nothing_is_shown(client):
    answer = send(client)
    assert (Workflow.objects.get().model, Workflow.objects.get().budget) == ("", {})
    assert not Budget.objects.exists()
    assert 'id="means"' not in html(client, answer.url)


def test_the_workflow_shows_what_was_spent_of_its_budget(client, owner, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    answer = send(client, model="openai:gpt-5-mini", money="3000", tokens="40000")
    limit = Budget.objects.get()
    rate_set(owner, per_dollar=Decimal(150))
    Spending.objects.create(budget=limit, period="all", money=Decimal("0.8"), tokens=1234)
    page = html(client, answer.url)
    for words in ("openai gpt-5-mini", "¥120 / ¥3,000", "1,234 / 40,000"):
        assert_shown(page, words)


@pytest.mark.parametrize(
    ("field", "given"),
    [("model", "nobody:x"), ("model", "x" * 121), ("money", "0"), ("money", "-5"), ("money", "lots"), ("money", "1e30"),
     ("money", "NaN"),
     ("tokens", "0"), ("tokens", "-1"), ("tokens", "1.5"), ("tokens", "9" * 30)],
)  # fmt: skip
def test_a_model_or_limit_that_cannot_be_is_refused_at_its_field(client, field, given):
    answer = send(client, **{field: given})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert '<details class="fold" id="means" open>' in page
    assert TEXT in page.replace("\r\n", "\n")
    assert not Workflow.objects.exists()


def test_a_model_that_is_not_connected_is_refused_at_once_with_what_to_do(client, owner, api, no_environment):
    said = "OpenAI はまだ接続されていません。設定 › AIモデル でキーまたはアドレスを入れてください。"
    answer = send(client, model="openai:gpt-5-mini")
    assert answer.status_code == 422
    errors = answer.content.decode().partition('id="id_model_error"')[2].partition("</ul>")[0]
    assert said in errors
    body = {"requirement": "x", "model": "openai:gpt-5-mini"}
    refused = api(owner).post("/api/v1/workflows/", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "key_missing")
    assert "OpenAI" in refused.json()["error"]["details"]["model"][0]
    assert not Workflow.objects.exists()


def test_a_model_whose_server_is_down_or_that_has_a_stand_in_is_taken(
    client, owner, no_environment, monkeypatch
):
    fallbacks_set(owner, fallbacks=["builtin"])
    assert send(client, model="anthropic:claude-sonnet-4-5").status_code == 303  # the stand-in would answer
    fallbacks_set(owner, fallbacks=[])
    assert send(client, model="anthropic:claude-sonnet-4-5").status_code == 422
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")  # nobody is there
    assert send(client, model="openai:gpt-5-mini").status_code == 303
    assert send(client, model="openai/other:gpt-5-mini").status_code == 422  # no connection of that name
    assert send(client, model="openai").status_code == 422  # and which of its models?
    assert send(client, model="").status_code == 303
    assert Workflow.objects.count() == 3


def test_models_are_suggested_without_asking_any_server(client, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    page = html(client, ADDRESS)
    assert '<option value="builtin">' in page
    assert '<option value="openai:gpt-5-mini">' in page
    assert "anthropic:" not in page


def test_delegated_again_it_has_the_same_model_and_budget(client):
    send(client, model="builtin", tokens="777")
    page = html(client, f"{ADDRESS}?again={Workflow.objects.get().pk}")
    assert 'value="777"' in page
    assert 'value="builtin"' in page
