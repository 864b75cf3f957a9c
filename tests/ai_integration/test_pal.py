"""`manage.py pal_install`: the real PAL MCP server in an environment of its own, on a model server of ours."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ai_integration import gateway
from ai_integration.models import McpServer
from foundation.accounts.services import local_user
from tests.stub import Stub
from tests.tool_servers import allow, close_all

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    close_all()


def test_it_is_installed_listed_and_asked(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR, settings.MCP_CONNECT_SECONDS = tmp_path, 120
    said = StringIO()
    with Stub(lambda _: "Eighteen lamps.") as model:
        call_command("pal_install", "--url", model.url, "--model", "stub", stdout=said)
        assert "19 tools" in said.getvalue()
        server, me = McpServer.objects.get(name="pal"), local_user()
        assert not {"chat", "consensus", "planner", "challenge"} - set(
            server.tools.values_list("name", flat=True)
        )
        allow(me, server, "chat", policy="ask")
        asked = {
            "prompt": "How many lamps?",
            "model": "stub",
            "working_directory_absolute_path": str(tmp_path / "pal" / "workspace"),
        }
        made = gateway.try_tool(me, server, server.tools.get(name="chat"), asked, key="once")
        answer = json.loads(made.answer["text"])
        assert "Eighteen lamps." in answer["content"]
        assert answer["continuation_offer"]["continuation_id"]
        call_command("pal_install", "--url", model.url, "--model", "other", stdout=said)
    assert McpServer.objects.count() == 1
    catalogue = json.loads((tmp_path / "pal" / "models.json").read_text())
    assert [each["model_name"] for each in catalogue["models"]] == ["other"]
    written = [each for each in (tmp_path / "pal" / "state").rglob("*") if each.is_file()]
    assert not [each for each in written if "Eighteen" in each.read_text(errors="replace")]


def test_what_it_needs_is_said() -> None:
    with pytest.raises(CommandError):
        call_command("pal_install", "--model", "x")
    with pytest.raises(CommandError, match="no such user"):
        call_command("pal_install", "--url", "http://127.0.0.1:9/v1", "--model", "x", "--user", "nobody")
