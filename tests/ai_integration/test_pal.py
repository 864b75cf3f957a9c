"""The real PAL MCP server in an environment of its own, on a model server of ours: installed by the command and by a button,
told which models there are, and asked again where it stopped."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ai_integration import gateway
from ai_integration.gateway.connecting import target_of
from ai_integration.mcp import pal
from ai_integration.models import McpServer
from ai_integration.services import (
    credential_create,
    credential_delete,
    mcp_server_create,
    mcp_server_update,
)
from ai_integration.services.recipes import installs_sweep
from ai_integration.services.tool_servers import values_of
from foundation.accounts.services import local_user
from foundation.activity.models import Event
from tests.ai_integration.conftest import PAL_KEY
from tests.dialects import GeminiStub
from tests.stub import Raw, Stub
from tests.tool_servers import allow

pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_environment", "servers_closed"),
]


def test_the_command_installs_lists_and_asks(pal_data: Path) -> None:
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
            "working_directory_absolute_path": str(pal_data / "pal" / "workspace"),
        }
        made = gateway.try_tool(me, server, server.tools.get(name="chat"), asked, key="once")
        answer = json.loads(made.answer["text"])
        assert "Eighteen lamps." in answer["content"]
        assert answer["continuation_offer"]["continuation_id"]
        call_command("pal_install", "--url", model.url, "--model", "other", stdout=said)
        assert gateway.pal_refresh() is False  # what was chosen by hand stays
    assert McpServer.objects.count() == 1
    assert _catalogue(pal_data) == ["other"]
    written = [each for each in (pal_data / "pal" / "state").rglob("*") if each.is_file()]
    assert not [each for each in written if "Eighteen" in each.read_text(errors="replace")]


def test_what_the_command_needs_is_said() -> None:
    with pytest.raises(CommandError, match="neither"):
        call_command("pal_install", "--model", "x")
    with pytest.raises(CommandError, match="no such user"):
        call_command("pal_install", "--url", "http://127.0.0.1:9/v1", "--model", "x", "--user", "nobody")


def test_a_button_installs_it_and_the_page_says_how_far_it_is(
    pal_data: Path,
    owner: Any,
    reader: Client,
    serving: Stub,
) -> None:
    credential_create(owner, provider="compatible", base_url=serving.url, api_key=PAL_KEY, shared=True)
    reader.force_login(owner)
    address = reverse("tool-servers")
    assert "110 MB" in reader.get(address).content.decode()
    assert reader.post(reverse("tool-recipe-install")).status_code == 303
    waiting = reader.get(address, {"fragment": "pal"}).content.decode()
    assert "<progress" in waiting
    assert "<form" not in waiting
    again = reader.post(reverse("tool-recipe-install"), follow=True).content.decode()
    assert "already" in again
    row = McpServer.objects.get()
    assert row.enabled is False
    gateway.pal_carry_out(str(row.pk))
    gateway.pal_carry_out(str(row.pk))  # a second message about the same thing
    row.refresh_from_db()
    assert (row.check_code, row.enabled, row.shared) == ("ok", True, True)
    assert reverse("tool-server", args=[row.pk]) in reader.get(address, {"fragment": "pal"}).content.decode()
    told = Event.objects.filter(stream=f"inbox:{owner.pk}", type__startswith="mcp_server.").order_by("seq")
    steps = [each.payload["data"].get("step", each.type) for each in told if "install" in each.type]
    assert [each for each in steps if each in pal.ORDER][-2:] == ["models", "connecting"]
    assert steps[-1] == "mcp_server.installed"


def test_a_script_may_ask_for_it_too(owner: Any, stranger: Any, api: Any, pal_data: Path) -> None:
    asked = api(owner).post("/api/v1/mcp-servers/pal/")
    assert (asked.status_code, asked.json()["name"], asked.json()["enabled"]) == (202, "pal", False)
    assert asked.json()["check_code"] == "installing"
    again = api(owner).post("/api/v1/mcp-servers/pal/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "install_under_way")
    assert api(stranger).post("/api/v1/mcp-servers/pal/").status_code == 403


def test_what_goes_wrong_is_on_the_page_and_can_be_tried_again(
    pal_data: Path, owner: Any, reader: Client, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(pal, "PACKAGE", "./no-such-package-of-ours")
    reader.force_login(owner)
    reader.post(reverse("tool-recipe-install"))
    row = McpServer.objects.get()
    gateway.pal_carry_out(str(row.pk))
    page = reader.get(reverse("tool-servers")).content.decode()
    assert "no-such-package-of-ours" in page
    assert "Try again" in page
    row.refresh_from_db()
    assert (row.check_code, row.enabled) == ("install_failed", False)
    reader.post(reverse("tool-recipe-install"))
    row.refresh_from_db()
    assert row.check_code == "installing"


def test_a_lost_message_is_sent_again_and_a_lost_worker_is_given_up_the_third_time(
    owner: Any, reader: Client, settings: Any, tmp_path: Path, sent: list[str]
) -> None:
    settings.DATA_DIR = tmp_path
    reader.force_login(owner)
    reader.post(reverse("tool-recipe-install"))
    row = McpServer.objects.get()
    assert sent.count("ai_integration.install_pal") == 1
    installs_sweep()
    assert sent.count("ai_integration.install_pal") == 1  # it may still be on its way
    McpServer.objects.update(checked_at="2020-01-01T00:00:00Z")
    installs_sweep()
    assert sent.count("ai_integration.install_pal") == 2
    McpServer.objects.update(check_detail=row.check_detail | {"step": "packages", "attempt": 3})
    gateway.pal_carry_out(str(row.pk))
    row.refresh_from_db()
    assert row.check_code == "install_failed"


@pytest.mark.parametrize("during", ["packages", "connecting"])
def test_removed_while_it_is_installed_it_stays_away_without_a_sound(
    owner: Any, reader: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, during: str
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(pal, "install", lambda _home, told: told("packages"))

    def stepped(server_id: Any, step: str) -> None:
        if step == during:
            McpServer.objects.all().delete()

    monkeypatch.setattr("ai_integration.gateway.recipes.pal_stepped", stepped)
    reader.force_login(owner)
    reader.post(reverse("tool-recipe-install"))
    gateway.pal_carry_out(str(McpServer.objects.get().pk))
    assert not McpServer.objects.exists()


@pytest.mark.usefixtures("a_team")
def test_only_administrators_see_the_button_and_install(
    stranger: Any, owner: Any, reader: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    reader.force_login(stranger)
    assert reverse("tool-recipe-install") not in reader.get(reverse("tool-servers")).content.decode()
    assert reader.post(reverse("tool-recipe-install")).status_code == 403
    assert not McpServer.objects.exists()
    reader.force_login(owner)
    assert reader.post(reverse("tool-recipe-install")).status_code == 303


def test_a_server_of_that_name_that_is_another_one_is_left_alone(owner: Any, reader: Client) -> None:
    mcp_server_create(owner, name="pal", command=["/bin/cat"])
    reader.force_login(owner)
    assert "another one" in reader.post(reverse("tool-recipe-install"), follow=True).content.decode()
    assert McpServer.objects.get().command == ["/bin/cat"]


def test_it_is_told_names_alone(pal_ready: McpServer, pal_data: Path) -> None:
    values = values_of(McpServer.objects.get().environment)
    assert not {"CUSTOM_API_URL", "CUSTOM_API_KEY"} & set(values)
    assert values["DEFAULT_MODEL"] == "compatible/stub"
    assert _catalogue(pal_data) == ["compatible/stub"]
    assert pal.references(pal.home()) == {"compatible/stub": "compatible:stub"}
    everywhere = [each.read_bytes() for each in (pal_data / "pal").glob("*") if each.is_file()]
    assert not [each for each in everywhere if PAL_KEY.encode() in each]
    assert gateway.pal_refresh() is False  # nothing new


def test_it_learns_from_every_connection_that_serves_everybody(
    pal_ready: McpServer,
    pal_data: Path,
    owner: Any,
    serving: Stub,
    stranger: Any,
    settings: Any,
) -> None:
    settings.SIGN_IN, settings.AI_LOCAL_HOSTS = "password", frozenset({serving.url.split("/")[2]})
    listing = {
        "object": "list",
        "data": [{"id": "stub", "object": "model"}, {"id": "qwen3:8b", "object": "model"}],
    }
    serving.listing = type(serving.listing)(body=json.dumps(listing))
    assert gateway.pal_refresh() is True
    assert _catalogue(pal_data) == ["compatible/stub", "compatible/qwen3@8b"]
    credential_create(stranger, provider="gemini", api_key="sk-own-0123456789", label="mine")
    assert gateway.pal_refresh() is False  # a connection that serves one person alone is none of PAL's
    with GeminiStub() as other:
        settings.AI_LOCAL_HOSTS = frozenset({serving.url.split("/")[2], other.url.split("/")[2]})
        listed = {"name": "models/stub", "supportedGenerationMethods": ["generateContent"]}
        other.listing = Raw(body=json.dumps({"models": [listed]}))
        given = {"api_key": "sk-all-0123456789", "label": "all", "shared": True}
        credential_create(owner, provider="gemini", base_url=other.url, **given)
        assert gateway.pal_refresh() is True
        assert pal.references(pal.home())["gemini/all/stub"] == "gemini/all:stub"
    assert gateway.pal_refresh() is False  # one that does not answer now keeps what it offered before
    credential_delete(owner, owner.credentials.get(provider="compatible"))
    assert gateway.pal_refresh() is True
    assert _catalogue(pal_data) == ["gemini/all/stub"]
    values = values_of(McpServer.objects.get().environment)
    assert "sk-all-0123456789" not in json.dumps(values)


def test_keys_of_an_older_wiring_never_reach_it(pal_ready: McpServer, owner: Any) -> None:
    old = values_of(pal_ready.environment) | {
        "GEMINI_API_KEY": PAL_KEY,
        "CUSTOM_API_URL": "http://127.0.0.1:9",
    }
    row = mcp_server_update(owner, pal_ready, environment=old)
    target = target_of(row)
    assert target.asks
    assert not {"GEMINI_API_KEY", "CUSTOM_API_URL"} & set(target.environment)
    assert gateway.pal_refresh() is True
    assert "GEMINI_API_KEY" not in values_of(McpServer.objects.get().environment)


def test_names_that_models_would_share_are_told_apart() -> None:
    given = (
        "openai:gpt",
        "compatible/a:qwen3:8b",
        "compatible:a/qwen3:8b",
        "compatible:GPT",
        "gemini:openai/gpt",
    )
    found = pal.lent(pal.Model("", reference=each) for each in given)
    names = [each.name for each in found]
    every = [name.lower() for each in found for name in (each.name, *each.aliases)]
    assert names == [
        "openai/gpt", "compatible/a/qwen3@8b", "compatible/a/qwen3@8b~2", "compatible/GPT", "gemini/openai/gpt",
    ]  # fmt: skip
    assert len(set(every)) == len(every)
    assert found[1].aliases == ("qwen3@8b",)
    assert not [name for name in every if ":" in name]


def test_a_change_of_the_connections_is_told_to_it(owner: Any, sent: list[str]) -> None:
    made = credential_create(owner, provider="gemini", api_key=PAL_KEY)
    assert sent == ["ai_integration.refresh_pal"]
    credential_delete(owner, made)
    assert sent == ["ai_integration.refresh_pal"] * 2


def _catalogue(pal_data: Path) -> list[str]:
    told = json.loads((pal_data / "pal" / "models.json").read_text())
    return [each["model_name"] for each in told["models"]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is queued, besides being queued."""
    from celery import current_app

    names: list[str] = []
    real = current_app.send_task

    def noted(name: str, *given: Any, **options: Any) -> Any:
        names.append(name)
        return real(name, *given, **options)

    monkeypatch.setattr(current_app, "send_task", noted)
    return names
