"""`manage.py delegate` as a person or a script meets it: a process, its streams, its exit status, a vault on disk."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from knowledge.services.sample import SAMPLE_VAULT
from tests.notes import tree, write_notes
from tests.platform import ROOT, Platform
from workflows.models import Workflow

KEPANO = ROOT.parent / "shared" / "vaults" / "kepano-obsidian"
JAPANESE = "新製品オリノの価格と発売時期を調べて、報告書にまとめてください。"
type Delegate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def delegate(tmp_path_factory: pytest.TempPathFactory) -> Delegate:
    """`delegate(requirement, *options, typed="y\\n")` in a process of its own; all share one folder of data."""
    platform = Platform(tmp_path_factory.mktemp("data"))

    def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            platform.command("delegate", *arguments),
            cwd=ROOT,
            env=platform.environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    return write_notes(tmp_path / "vault")


def english_vault(folder: Path) -> tuple[Path, str]:
    """A real vault where one stands beside the repository, else our few notes; and what to ask of it."""
    if KEPANO.is_dir():
        shutil.copytree(KEPANO, folder)
        return folder, "Write a report on evergreen notes: what are they, and how do they help?"
    return write_notes(folder), "Write a report on the price and the delivery of the new lamp."


def check_report(done: subprocess.CompletedProcess[str], folder: Path, before: dict[str, bytes]) -> Any:
    """One object on stdout; one new note; every citation stands at the line it names."""
    assert done.returncode in (0, 3), done.stderr
    outcome = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert outcome["status"] == {0: "completed", 3: "completed_with_gaps"}[done.returncode]
    assert bool(outcome["gaps"]) == (done.returncode == 3)
    assert outcome["citations"]
    for each in outcome["citations"]:
        lines = (folder / each["note"]).read_text(encoding="utf-8").splitlines()
        assert each["quote"].splitlines()[0].strip() in lines[each["line"] - 1]
    after = tree(folder)
    new = set(after) - set(before)
    assert {path: after[path] for path in before} == before
    assert [str(folder / path) for path in new] == [outcome["report_path"]]
    assert outcome["plan"]["items"]
    assert outcome["plan"]["content_hash"]
    return outcome


def test_in_japanese_over_the_sample_vault(delegate: Delegate, tmp_path: Path) -> None:
    folder = tmp_path / "みなも"
    shutil.copytree(SAMPLE_VAULT, folder)
    before = tree(folder)
    done = delegate(JAPANESE, "--vault", str(folder), "--approve", "auto", "--json")
    outcome = check_report(done, folder, before)
    assert any("オリノ" in each["note"] or "オリノ" in each["quote"] for each in outcome["citations"])


def test_in_english_over_somebodys_vault(delegate: Delegate, tmp_path: Path) -> None:
    folder, requirement = english_vault(tmp_path / "vault")
    before = tree(folder)
    done = delegate(requirement, "--vault", str(folder), "--approve", "auto", "--json")
    check_report(done, folder, before)


def test_changes_asked_for_and_then_approved(delegate: Delegate, vault: Path) -> None:
    typed = "what?\nc\nSay who the supplier is, too.\ny\n"
    done = delegate("Report on the new lamp: price.", "--vault", str(vault), typed=typed)
    assert done.returncode in (0, 3), done.stderr
    assert "version 1" in done.stderr
    assert "version 2" in done.stderr
    assert "y, c or n" in done.stderr
    assert "100%" in done.stderr
    assert Path(done.stdout.strip()).read_text(encoding="utf-8").startswith("---\n")
    assert vault in Path(done.stdout.strip()).parents


def test_a_rejection_ends_it(delegate: Delegate, vault: Path) -> None:
    before = tree(vault)
    done = delegate("Report on the new lamp: price.", "--vault", str(vault), typed="n\nNot now.\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Not now." in done.stderr
    assert tree(vault) == before


def test_when_nobody_answers_the_plan_goes_on_waiting(delegate: Delegate, vault: Path) -> None:
    done = delegate("Report on the new lamp: price.", "--vault", str(vault), "--json", typed="")
    assert done.returncode == 1
    assert "goes on waiting" in done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["status"], outcome["report_path"]) == ("awaiting_approval", None)
    assert outcome["plan"]["version"] == 1


def test_bad_input_is_a_sentence_and_no_traceback(delegate: Delegate, tmp_path: Path) -> None:
    done = delegate("Report on lamps.", "--vault", str(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no folder at this path" in done.stderr
    assert "Traceback" not in done.stderr


def refused(requirement: str, *options: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("delegate", requirement, *options)
    assert requirement.strip() not in Workflow.objects.values_list("requirement", flat=True)
    return str(caught.value)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("requirement", ["", "   \n\t ", "\x00", "x" * 200_001])
def test_a_requirement_that_is_none_is_refused(requirement: str) -> None:
    assert refused(requirement)


@pytest.mark.django_db(transaction=True)
def test_a_file_is_no_vault(vault: Path) -> None:
    assert "This is a file" in refused("Report on lamps.", "--vault", str(vault / "Pricing.md"))


@pytest.mark.django_db(transaction=True)
def test_a_folder_that_may_not_be_read_is_no_vault(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knowledge.services.vaults.is_listable", lambda _path: False)
    assert "may not be read" in refused("Report on lamps.", "--vault", str(vault))


@pytest.mark.django_db(transaction=True)
def test_a_link_is_no_vault(vault: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(vault)
    assert "link" in refused("Report on lamps.", "--vault", str(tmp_path / "link"))
