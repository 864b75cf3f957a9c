"""What the admin changes goes through a command: it is recorded, and what a command refuses is said in the form."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import ActionLocation
from django.contrib.admin.models import LogEntry
from django.test import Client

from foundation.accounts.models import User
from foundation.activity.models import AuditEntry
from knowledge.models import Source, Vault
from personas.models import Persona, PersonaTeam
from tests import factories
from tests.admin.conftest import act, address, audited
from tests.pages import html
from workflows.models import Project, Task, Workflow
from workflows.services import task_add
from workflows.states import WorkflowStatus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded")]


def persona_form(**fields: Any) -> dict[str, Any]:
    return {"name": "春日", "role": "調査", "skills": "検索\n要約", "tools": "", "is_active": "on"} | fields


def test_a_persona_is_made_changed_and_deleted(admin: Client, administrator: User) -> None:
    assert admin.post(address(Persona, "add"), persona_form()).status_code == 302
    made = Persona.objects.get()
    assert (made.owner, made.skills) == (administrator, ["検索", "要約"])
    changed = admin.post(address(Persona, "change", made.pk), persona_form(role="執筆"))
    assert changed.status_code == 302
    assert Persona.objects.get().role == "執筆"
    assert AuditEntry.objects.get(action="persona.updated").data == {"data": {"fields": ["role"]}}
    assert admin.post(address(Persona, "delete", made.pk), {"post": "yes"}).status_code == 302
    assert not Persona.objects.exists()
    assert [audited(f"persona.{what}") for what in ("created", "updated", "deleted")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"model": "nobody:x"}, "nobody"),
        ({"icon": "javascript:x"}, "no such icon"),
        ({"name": "水野"}, "already taken"),
    ],
)
def test_what_a_command_refuses_is_said_and_the_input_kept(
    admin: Client, administrator: User, wrong: dict[str, str], said: str
) -> None:
    factories.persona(administrator, name="水野")
    answer = admin.post(address(Persona, "add"), persona_form(description="忘れない説明") | wrong)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert said in page
    assert "errornote" in page
    assert "忘れない説明" in page
    assert Persona.objects.count() == 1
    assert not LogEntry.objects.exists()


def test_a_team_is_made_and_changed(admin: Client, administrator: User) -> None:
    first, second = (factories.persona(administrator, name=name) for name in ("一", "二"))
    admin.post(address(PersonaTeam, "add"), {"name": "室", "members": [str(first.pk)]})
    team = PersonaTeam.objects.get()
    assert list(team.members.all()) == [first]
    admin.post(address(PersonaTeam, "change", team.pk), {"name": "室", "members": [str(second.pk)]})
    assert list(team.members.all()) == [second]
    assert (audited("team.created"), audited("team.updated")) == (1, 1)


def test_a_project_takes_a_team_and_gives_it_back(admin: Client, administrator: User) -> None:
    team = factories.team(administrator)
    admin.post(address(Project, "add"), {"name": "展示会", "goal": "", "team": str(team.pk), "policy": "{}"})
    project = Project.objects.get()
    assert project.team == team
    admin.post(
        address(Project, "change", project.pk), {"name": "展示会", "goal": "", "team": "", "policy": "{}"}
    )
    project.refresh_from_db()
    assert project.team is None
    admin.post(address(Project, "delete", project.pk), {"post": "yes"})
    assert not Project.objects.exists()


def test_a_workflow_is_delegated_and_steered(admin: Client, administrator: User) -> None:
    factories.team(administrator)
    admin.post(address(Workflow, "add"), {"requirement": "展示会について調べる", "auto_generate_tasks": "on"})
    workflow = Workflow.objects.get()
    assert workflow.status == WorkflowStatus.DRAFT
    for action, status in (
        ("start", "planning"),
        ("pause", "paused"),
        ("resume", "planning"),
        ("cancel", "cancelled"),
    ):
        assert "Done: 1." in act(admin, workflow, action)
        workflow.refresh_from_db()
        assert workflow.status == status
    assert audited("workflow.status_changed") == 4


def test_a_transition_that_the_tables_forbid_is_refused_with_a_message(
    admin: Client, administrator: User
) -> None:
    workflow = factories.draft_workflow(administrator)
    before = AuditEntry.objects.count()
    page = act(admin, workflow, "pause")
    assert "cannot become paused" in page
    assert "Done:" not in page
    workflow.refresh_from_db()
    assert workflow.status == WorkflowStatus.DRAFT
    assert AuditEntry.objects.count() == before


def test_an_action_on_the_page_of_one_thing(admin: Client, administrator: User) -> None:
    factories.team(administrator)
    workflow = factories.draft_workflow(administrator)
    name = f"{ActionLocation.CHANGE_FORM.value}-action"
    assert f'name="{name}"' in html(admin, address(Workflow, "change", workflow.pk))
    chosen = {name: "start", "_selected_action": str(workflow.pk)}
    admin.post(address(Workflow, "change", workflow.pk), chosen)
    workflow.refresh_from_db()
    assert workflow.status == WorkflowStatus.PLANNING


def test_what_is_at_work_is_not_deleted(admin: Client, administrator: User) -> None:
    workflow = factories.draft_workflow(administrator)
    Workflow.objects.update(status=WorkflowStatus.RUNNING)
    answer = admin.post(address(Workflow, "delete", workflow.pk), {"post": "yes"}, follow=True)
    assert "Cancel it first." in answer.content.decode()
    assert Workflow.objects.exists()


def test_a_status_cannot_be_written_into_the_form(admin: Client, administrator: User) -> None:
    workflow = factories.draft_workflow(administrator)
    given = {"title": "neu", "status": "completed", "progress": "100", "owner": "x", "requirement": "x"}
    assert admin.post(address(Workflow, "change", workflow.pk), given).status_code == 302
    workflow.refresh_from_db()
    assert (workflow.title, workflow.status, workflow.progress) == ("neu", WorkflowStatus.DRAFT, 0)


def test_a_task_changes_its_words_and_its_persona(admin: Client, administrator: User) -> None:
    team = factories.team(administrator)
    workflow = factories.draft_workflow(administrator, auto_generate_tasks=False)
    task = task_add(administrator, workflow, title="調べる", role="調査")
    other = team.members.last()
    given = {
        "title": "よく調べる",
        "instructions": "",
        "persona": str(other.pk),
        "queries": "価格",
        "acceptance": "",
    }
    assert admin.post(address(Task, "change", task.pk), given).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.persona, task.queries) == ("よく調べる", other, ["価格"])
    assert "Only a failed or cancelled task can be retried." in act(admin, task, "retry")
    assert "Done: 1." in act(admin, task, "take_out")


def test_a_vault_is_registered_renamed_synchronised_and_forgotten(admin: Client, tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    admin.post(
        address(Vault, "add"), {"name": "V", "path": str(tmp_path / "vault"), "report_folder": "AI秘書"}
    )
    vault = Vault.objects.get()
    admin.post(address(Vault, "change", vault.pk), {"name": "W", "report_folder": "AI秘書", "path": "/etc"})
    vault.refresh_from_db()
    assert (vault.name, vault.path) == ("W", str(tmp_path / "vault"))
    assert "Done: 1." in act(admin, vault, "request_sync")
    admin.post(address(Vault, "delete", vault.pk), {"post": "yes"})
    assert not Vault.objects.exists()
    assert (tmp_path / "vault").is_dir()


def test_a_folder_that_cannot_be_a_vault_is_refused(admin: Client, tmp_path: Path) -> None:
    given = {"name": "V", "path": str(tmp_path / "nowhere"), "report_folder": "AI秘書"}
    answer = admin.post(address(Vault, "add"), given)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_a_source_is_kept_and_forgotten(admin: Client) -> None:
    admin.post(address(Source, "add"), {"title": "価格表", "text": "# 価格\n\n千円です。"})
    source = Source.objects.get()
    assert source.passage_total == 1
    admin.post(address(Source, "delete", source.pk), {"post": "yes"})
    assert not Source.objects.exists()
