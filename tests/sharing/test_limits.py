"""A secretary never holds more than the person it works for, and reads only where it may."""

from pathlib import Path

import pytest

from foundation.accounts.services import access_grant, access_withdraw
from foundation.core.actors import SYSTEM
from foundation.core.errors import Invalid
from knowledge.models import Vault
from knowledge.selectors import find_passages
from knowledge.services import vault_register, vault_sync
from personas.services import persona_create, persona_update
from tests import factories
from tests.workflows.driving import crank, decide
from workflows.graphs.briefs import readable, work_brief
from workflows.models import Task, TaskResult
from workflows.services import workflow_create, workflow_start

REQUIREMENT = "新製品の価格と納期を調べて、報告書にまとめてください。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place, text in (("製品", "価格は千二百円です。"), ("人事", "価格の話は人事の秘密です。")):
        (tmp_path / "vault" / place).mkdir(parents=True)
        note = tmp_path / "vault" / place / "価格.md"
        note.write_text(f"# {place}の価格\n\n{text}納期は三週間です。\n", encoding="utf-8")
    return tmp_path / "vault"


@pytest.fixture
def vault(transactional_db: None, owner, folder: Path) -> Vault:
    made = vault_register(owner, name="Vault", path=str(folder))
    vault_sync(made)
    return made


def notes(found) -> set[str]:
    return {each.note.partition("/")[0] for each in found}


def test_a_search_stays_in_its_folders(owner, vault: Vault) -> None:
    ask = {"vault_ids": [vault.pk], "queries": ["価格"]}
    assert notes(find_passages(owner, **ask)) == {"製品", "人事"}
    assert notes(find_passages(owner, **ask, folders=["製品"])) == {"製品"}
    assert notes(find_passages(owner, **ask, folders=["製"])) == set()  # a folder, not a beginning
    assert notes(find_passages(owner, **ask, folders=["製品", "人事"])) == {"製品", "人事"}


def test_a_task_is_shown_what_its_secretary_may_read(owner, vault: Vault) -> None:
    limited = persona_create(owner, name="製品係", role="調査", folders=["製品"])
    workflow = workflow_create(owner, requirement=REQUIREMENT, vault=vault.pk, auto_start=False)
    fields = {"workflow": workflow, "position": 0, "title": "価格を調べる", "queries": ["価格"]}
    first = Task.objects.create(**fields, key="a", status="done")
    _brief, shown = work_brief(first)
    assert {place["note"].partition("/")[0] for place in shown} == {"製品", "人事"}
    TaskResult.objects.create(task=first, revision=0, body="x", passages=shown)
    second = Task.objects.create(**fields, key="b", depends_on=["a"], persona=limited)
    brief, shown = work_brief(second)
    told = [*(place["note"] for place in shown), *(each.note for each in brief.inputs[0].passages)]
    assert {each.partition("/")[0] for each in told} == {"製品"}
    assert readable(limited, [{"note": "Source", "note_id": None}])  # what was given with the work


@pytest.mark.parametrize("folders", [["../人事"], ["/etc"], [""], ["a" * 300], "製品", [1]])
def test_what_is_no_folder_is_refused(owner, folders) -> None:
    persona = factories.persona(owner)
    with pytest.raises(Invalid) as refused:
        persona_update(owner, persona, folders=folders)
    assert list(refused.value.details) == ["folders"]


def test_it_loses_what_its_person_loses(owner, colleague, vault: Vault) -> None:
    """Shared at first, withdrawn while the work lies there: what is planned and done then finds nothing."""
    access_grant(SYSTEM, vault, to=colleague, level="operate")
    workflow = workflow_create(colleague, requirement=REQUIREMENT, vault=vault.pk, auto_start=False)
    task = Task.objects.create(workflow=workflow, position=0, key="a", title="価格", queries=["価格"])
    assert work_brief(task)[1]
    access_withdraw(SYSTEM, vault, to=colleague)
    assert work_brief(task)[1] == []


@pytest.mark.security("S7")
@pytest.mark.parametrize("lost", ["role", "account"])
def test_nobody_approves_any_more_in_the_name_of_who_lost_the_right(
    transactional_db, owner, colleague, lost: str
) -> None:
    """They asked to be spared the question while they might still have answered it."""
    factories.team(owner, "調査", "執筆", "企画", "レビュー")
    workflow = workflow_create(owner, requirement=REQUIREMENT, auto_start=False)
    type(workflow).objects.filter(pk=workflow.pk).update(auto_approve=True, auto_approver=colleague)
    access_grant(SYSTEM, workflow, to=colleague, level="manage")
    if lost == "role":
        colleague.groups.clear()
    else:
        type(colleague).objects.filter(pk=colleague.pk).update(is_active=False)
    waiting = crank(workflow_start(owner, workflow))
    assert (waiting.status, waiting.auto_approve) == ("awaiting_approval", False), waiting.reason
    assert not waiting.plan.requests.get().decided_by
    decide(waiting)
    assert crank(waiting).status in ("completed", "completed_with_gaps")


@pytest.mark.parametrize(("level", "written"), [("view", False), ("operate", True)])
def test_a_report_is_written_where_its_person_may_write(
    owner, colleague, vault: Vault, folder: Path, level, written
) -> None:
    factories.team(colleague, "調査", "執筆", "企画", "レビュー")
    access_grant(SYSTEM, vault, to=colleague, level=level)
    workflow = workflow_create(colleague, requirement=REQUIREMENT, vault=vault.pk, auto_start=False)
    type(workflow).objects.filter(pk=workflow.pk).update(auto_approve=True, auto_approver=colleague)
    done = crank(workflow_start(colleague, workflow))
    assert done.status in ("completed", "completed_with_gaps"), done.reason
    assert bool(done.report.note_path) == written
    assert (folder / "AI秘書").exists() == written
    assert done.report.markdown
