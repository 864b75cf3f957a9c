"""Projects, and the settings."""

import pytest
from django.urls import reverse

from tests import factories
from tests.factories import share
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.workflows import pages
from workflows.models import Project


@pytest.fixture
def client(owner):
    return signed_in(owner)


def test_a_project_is_made_changed_and_deleted(client, owner):
    team = factories.team(owner)
    answer = client.post(reverse("project-new"), {"name": "新製品", "goal": "春まで", "team": str(team.pk)})
    project = Project.objects.get()
    assert (answer.status_code, answer.url) == (303, reverse("project", args=[project.pk]))
    assert "春まで" in html(client, answer.url)
    edit = reverse("project-edit", args=[project.pk])
    assert 'value="新製品"' in html(client, edit)
    client.post(edit, {"name": "新製品2", "goal": "", "team": ""})
    project.refresh_from_db()
    assert (project.name, project.team) == ("新製品2", None)
    assert client.post(reverse("project-delete", args=[project.pk])).url == reverse("projects")
    assert not Project.objects.exists()


def test_wrong_input_is_told_at_the_field_and_kept(client):
    answer = client.post(reverse("project-new"), {"name": "", "goal": "書きかけの目標"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_name_error"' in page
    assert "書きかけの目標" in page


def test_a_project_shows_its_progress_and_its_workflows(client, owner):
    project = pages.project(owner)
    workflow = pages.finished(owner, project=project)
    page = html(client, reverse("project", args=[project.pk]))
    assert workflow.title in page
    assert "ワークフロー 1/1 終了" in page
    assert f"{reverse('delegate')}?project={project.pk}" in page
    assert f'value="{project.pk}" selected' in html(client, f"{reverse('delegate')}?project={project.pk}")


def test_whoever_may_only_see_is_offered_nothing(owner, teammate):
    project = pages.project(owner)
    share(project, teammate)
    client = signed_in(teammate)
    assert "edit" not in html(client, reverse("project", args=[project.pk]))
    assert client.get(reverse("project-edit", args=[project.pk])).status_code == 403
    client.post(reverse("project-delete", args=[project.pk]))
    assert Project.objects.exists()


def test_hostile_words_are_text(client, owner):
    project = pages.project(owner, name=HOSTILE)
    Project.objects.update(goal=HOSTILE)
    page = html(client, reverse("project", args=[project.pk])) + html(client, reverse("projects"))
    assert_inert(page)
    assert_shown(page, HOSTILE)


def test_settings_hide_the_data_folder_from_others(owner, admin_user, settings):
    assert str(settings.DATA_DIR) in html(signed_in(admin_user), reverse("settings"))
    assert str(settings.DATA_DIR) not in html(signed_in(owner), reverse("settings"))
    assert "内蔵秘書（生成AIなし）" in html(signed_in(owner), reverse("settings"))
