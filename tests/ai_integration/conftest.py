"""Servers of models, the real PAL MCP server, fetched once and wired to one of ours, and the built-in secretary's vault."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_integration import gateway
from ai_integration.models import McpServer
from ai_integration.services import credential_create, default_model_set
from knowledge import services
from tests.ai_integration.office import Office
from tests.scripted import no_environment, serving, stub  # noqa: F401 - fixtures
from tests.stub import Stub
from tests.tool_servers import allow, asker, close_all

PAL_KEY = "sk-canary-0123456789"


@pytest.fixture
def sample(owner: Any, settings: Any, tmp_path: Path) -> Office:
    """The built-in secretary over the sample vault."""
    settings.DATA_DIR = tmp_path.resolve() / "data"
    vault = services.sample_vault_install(owner)
    services.vault_sync(vault)
    return Office(owner, vault)


@pytest.fixture
def servers_closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def reader() -> Client:
    """Somebody who reads English."""
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture(scope="session")
def pal_installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the package is fetched once, by whichever test comes first."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def pal_data(pal_installed: Path, settings: Any) -> Path:
    settings.DATA_DIR, settings.MCP_CONNECT_SECONDS = pal_installed, 120
    return pal_installed


@pytest.fixture
def pal_ready(pal_data: Path, owner: Any, serving: Stub) -> McpServer:  # noqa: F811 - the fixture
    """PAL, installed from the page, on a connection that serves everybody; `chat` and `planner` may be used."""
    serving.script = lambda asked: f"answer {asked.number}"
    credential_create(owner, provider="compatible", base_url=serving.url, api_key=PAL_KEY, shared=True)
    default_model_set(owner, model="compatible:stub")
    visitor = Client()
    visitor.force_login(owner)
    assert visitor.post(reverse("tool-recipe-install")).status_code == 303
    row = McpServer.objects.get()
    gateway.pal_carry_out(str(row.pk))
    row.refresh_from_db()
    assert row.check_code == "ok", row.check_detail
    allow(owner, row, "chat", "planner")
    return row


@pytest.fixture
def server(
    owner: Any,
    serving: Stub,  # noqa: F811 - the fixture
    settings: Any,
    tmp_path: Path,
) -> McpServer:
    """A server of ours that asks models, on a connection that serves everybody."""
    settings.DATA_DIR = tmp_path / "data"
    serving.script = lambda asked: f"answer to {asked.messages[-1]['content']}"
    credential_create(owner, provider="compatible", base_url=serving.url, api_key=PAL_KEY, shared=True)
    default_model_set(owner, model="compatible:stub")
    return asker(owner, tmp_path / "asker")
