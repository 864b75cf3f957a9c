"""The OpenAPI document: complete, valid, and without a warning."""

from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

ROOMS = (
    "personas",
    "persona-teams",
    "projects",
    "workflows",
    "tasks",
    "plans",
    "approvals",
    "calls",
    "usage",
    "budgets",
    "credentials",
    "mcp-servers",
    "models",
    "providers",
    "discussions",
    "teams",
    "roles",
    "users",
    "invitations",
    "vaults",
    "sources",
)
# What a key is stored beside is a secret: a password in the request, or a link in the answer that is shown this once.
SECRET = {"POST /api/v1/users/", "POST /api/v1/invitations/"}
# Makes one thing once, however often it is called.
ONCE = {"POST /api/v1/discussions/{id}/workflow/"}


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    """Those of these rooms, by `METHOD path`."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.split("/")[3] in ROOMS
    }


def test_the_document_is_valid_and_warns_of_nothing(tmp_path):
    file = tmp_path / "schema.yml"
    call_command("spectacular", file=str(file), validate=True, fail_on_warn=True)
    assert "AI秘書チーム・プラットフォーム（統合版）" in file.read_text(encoding="utf-8")


def test_every_operation_has_its_shapes(operations):
    assert len(operations) > 50
    for name, operation in operations.items():
        done = {code: each for code, each in operation["responses"].items() if code.startswith("2")}
        assert done, name
        assert all("content" in each or code == "204" for code, each in done.items()), name
        assert "default" in operation["responses"], name


def test_every_tag_speaks_both_languages(operations):
    for name, operation in operations.items():
        japanese, _, english = operation["tags"][0].partition(" / ")
        assert not japanese.isascii(), name
        assert english.replace(" ", "").isalpha(), name


def test_creating_posts_name_their_key(operations):
    creating = {name: each for name, each in operations.items() if "201" in each["responses"]}
    assert set(creating) >= SECRET | ONCE
    assert len(creating) >= 22
    adding = {name: each for name, each in operations.items() if name.endswith("/add/")}
    for name in (creating.keys() | adding) - SECRET - ONCE:
        operation = operations[name]
        assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}, name
