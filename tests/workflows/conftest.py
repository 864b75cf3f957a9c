"""A commander with a team and a vault, a model server to be scripted, and a real worker."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.worker import state

from foundation.core import ticker
from foundation.core.worker import EmbeddedWorker
from knowledge.models import Vault
from knowledge.services import vault_register, vault_sync
from personas.models import Persona, PersonaTeam
from tests.factories import team
from tests.notes import write_notes
from tests.scripted import no_environment, serving, stub  # noqa: F401 - fixtures
from tests.stub import Stub
from tests.tool_servers import close_all, hostile
from tests.workflows.driving import by_hand, until
from tests.workflows.tooling import Scene
from workflows.engine import checkpoints
from workflows.models import Workflow
from workflows.services import workflow_create

CONCURRENCY = 8
REQUIREMENT = "新製品の価格と納期を調べて、報告書にまとめてください。"


@dataclass(frozen=True)
class House:
    """Somebody who delegates, their team and their vault."""

    user: Any
    team: PersonaTeam
    vault: Vault

    @property
    def folder(self) -> Path:
        return Path(self.vault.path)

    def delegate(self, requirement: str = REQUIREMENT, **flags: Any) -> Workflow:
        return workflow_create(self.user, requirement=requirement, vault=self.vault.pk, **flags)

    def by_hand(self, dag: dict[str, list[str]], **fields: Any) -> Workflow:
        return by_hand(self.user, dag, vault=self.vault.pk, **fields)

    def use(self, model: str, *roles: str) -> None:
        """Give the members with these roles (all, when none is named) another model."""
        members = self.team.members.all()
        members = members.filter(role__in=roles) if roles else members
        Persona.objects.filter(pk__in=members.values("pk")).update(model=model)


@pytest.fixture
def house(transactional_db: None, owner: Any, tmp_path: Path) -> House:
    made = team(owner, "調査", "執筆", "企画", "レビュー")
    vault = vault_register(owner, name="Vault", path=str(write_notes(tmp_path / "vault")))
    vault_sync(vault)
    _forget_messages()
    return House(owner, made, vault)


@pytest.fixture(scope="module")
def _worker() -> Iterator[EmbeddedWorker]:
    state.reset_state()  # a message that came while an earlier worker stopped stays reserved for ever
    worker = EmbeddedWorker(concurrency=CONCURRENCY)
    worker.start()
    yield worker
    ticker.stop()
    worker.stop(10)


@pytest.fixture
def worker(_worker: EmbeddedWorker, house: House) -> Iterator[EmbeddedWorker]:
    """A real worker with its sweep; the test is over when it is idle."""
    yield _worker
    until(worker_is_idle, "an idle worker")


def worker_is_idle() -> bool:
    return not state.active_requests and not state.reserved_requests


@pytest.fixture(scope="session", autouse=True)
def _close_checkpoints(django_db_setup: None) -> Iterator[None]:
    """Before the test database is dropped."""
    yield
    checkpoints.forget()


def _forget_messages() -> None:
    with current_app.connection_for_write() as connection:
        connection.default_channel.queue_purge(current_app.conf.task_default_queue)


@pytest.fixture
def scene(owner: Any, stub: Callable[..., Stub], tmp_path: Path) -> Iterator[Scene]:  # noqa: F811 - the fixture above
    """The hostile server, connected to, and none of its tools approved yet."""
    server = hostile(owner, tmp_path / "effects")
    made = Scene(owner, server, tmp_path / "effects", stub())
    made.stub.script = made.answer
    yield made
    close_all()
