"""The rules of the rooms that import-linter cannot see. Its contracts are in pyproject.toml."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import (
    APPS,
    EDGES,
    app_of,
    calls,
    functions,
    imported,
    in_rooms,
    last_name,
    literal,
    modules,
    name,
    room_of,
    tree,
)

MODEL_SIGNALS = {
    "pre_init", "post_init", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "class_prepared",
}  # fmt: skip


def place(path: Path, node: ast.AST) -> str:
    return f"{name(path)}:{node.lineno}"


def unannotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = node.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    missing = [arg.arg for arg in named if arg and not arg.annotation and arg.arg not in {"self", "cls"}]
    return missing if node.returns else [*missing, "return"]


def test_services_and_selectors_have_typed_signatures() -> None:
    bare = {
        f"{place(path, node)} {node.name}": unannotated(node)
        for path in in_rooms("services", "selectors")
        for node in functions(path)
        if unannotated(node)
    }
    assert not bare


def test_edges_read_through_selectors_only() -> None:
    managers = {"objects", "_default_manager", "_base_manager"}
    found = [
        place(path, node)
        for path in in_rooms(*EDGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in managers
    ]
    assert not found


def test_only_services_record() -> None:
    found = [
        place(path, node)
        for path in modules()
        for node in ast.walk(tree(path))
        if any(
            what.startswith("foundation.activity.") and what.endswith(".record") for what in imported(node)
        )
        and room_of(path) != "services"
    ]
    assert not found


def test_no_model_is_fetched_by_name() -> None:
    assert not [place(path, node) for path in modules() for node in calls(path, "get_model")]


def names_imported_by_string(path: Path) -> Iterator[tuple[ast.AST, str]]:
    for node in calls(path, "import_module", "import_string", "__import__"):
        target = literal(node.args[0]) if node.args else None
        if target:
            yield node, target


def names_imported_inside_functions(path: Path) -> Iterator[tuple[ast.AST, str]]:
    for function in functions(path):
        for node in ast.walk(function):
            for target in imported(node):
                yield node, target


def level(dotted: str) -> int | None:
    return next((i for i, app in enumerate(APPS) if dotted == app or dotted.startswith(f"{app}.")), None)


def test_no_upper_room_is_reached_lazily_or_by_name() -> None:
    found = []
    for path in modules():
        mine = level(app_of(path))
        for node, target in [*names_imported_inside_functions(path), *names_imported_by_string(path)]:
            theirs = level(target)
            if mine is not None and theirs is not None and theirs < mine:
                found.append(f"{place(path, node)} reaches up to {target}")
    assert not found


def test_no_model_signals() -> None:
    """Rooms speak by events with a name (foundation.activity.subscriptions), never by hidden receivers."""
    found = [
        f"{place(path, node)} {what}"
        for path in modules()
        for node in ast.walk(tree(path))
        for what in imported(node)
        if what.rpartition(".")[2] in MODEL_SIGNALS
        or what in {"django.dispatch.receiver", "django.dispatch.Signal"}
    ]
    assert not found


def is_shared_task(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    return any(last_name(each) == "shared_task" for each in decorators)


def test_celery_tasks_are_three_lines_and_named() -> None:
    found = []
    for path in modules():
        for node in filter(is_shared_task, functions(path)):
            decorator = node.decorator_list[0]
            named = isinstance(decorator, ast.Call) and any(each.arg == "name" for each in decorator.keywords)
            if room_of(path) != "tasks" or len(node.body) > 3 or not named:
                found.append(f"{place(path, node)} {node.name}")
    assert not found
