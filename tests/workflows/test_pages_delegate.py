"""依頼する: whatever goes wrong, nothing that was typed is lost, and nothing happens twice."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

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
