"""The sample of a first start: seen at once, gone with one click."""

import pytest
from django.test import Client
from django.urls import reverse

from foundation.accounts.models import User
from knowledge.models import Vault
from workflows.engine.runs import advance_run
from workflows.models import Workflow
from workflows.seeds import welcome
from workflows.states import WorkflowStatus

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def commander(settings, tmp_path) -> User:
    settings.DATA_DIR = tmp_path
    user = User.objects.create_superuser("commander")
    welcome(user)
    return user


@pytest.fixture
def browser(commander: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(commander)
    return client


def test_a_plan_over_the_sample_vault_waits_for_the_commander(commander: User, browser: Client) -> None:
    workflow = Workflow.objects.get(owner=commander)
    advance_run(workflow.pk)
    workflow.refresh_from_db()
    assert workflow.status == WorkflowStatus.AWAITING_APPROVAL
    page = browser.get(reverse("home")).content.decode()
    assert workflow.title in page
    assert reverse("sample-remove") in page


def test_home_does_not_go_on_asking_for_what_was_decided(commander: User, browser: Client) -> None:
    Workflow.objects.filter(owner=commander).update(status=WorkflowStatus.COMPLETED)
    page = browser.get(reverse("home")).content.decode()
    assert "仕事はこのように戻ってきます。" in page
    assert "承認すると" not in page
    assert reverse("sample-remove") in page


def test_one_click_takes_the_sample_away_and_it_stays_away(commander: User, browser: Client) -> None:
    assert browser.post(reverse("sample-remove")).status_code == 303
    welcome(commander)
    assert not Workflow.objects.exists()
    assert not Vault.objects.exists()
    assert reverse("sample-remove") not in browser.get(reverse("home")).content.decode()


def test_ones_own_work_over_the_sample_vault_is_not_taken_for_the_sample(
    commander: User, browser: Client
) -> None:
    sample = Workflow.objects.get(owner=commander)
    own = Workflow.objects.create(owner=commander, title="own", requirement="own", vault=sample.vault)
    browser.post(reverse("sample-remove"))
    assert list(Workflow.objects.all()) == [own]


def test_removing_needs_a_post(browser: Client) -> None:
    assert browser.get(reverse("sample-remove")).status_code == 405
    assert Workflow.objects.exists()
