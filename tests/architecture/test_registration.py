"""What is named in one place exists in another: tasks that are enqueued, commands that are tested."""

import ast
from pathlib import Path

from config.celery import app
from tests.architecture.source import calls, literal, modules, name, tree


def constants(path: Path) -> dict[str, str]:
    """Module-level `NAME = "text"`."""
    found = {}
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and literal(node.value):
            found[node.targets[0].id] = literal(node.value)
    return found


def task_names() -> dict[str, str]:
    """Every task name that code hands to the queue → where."""
    found = {}
    for path in modules():
        known = constants(path)
        for function, position in (("enqueue", 0), ("subscribe", 1)):
            for call in calls(path, function):
                given = call.args[position] if len(call.args) > position else None
                task = literal(given) or known.get(getattr(given, "id", ""))
                if task:
                    found[task] = f"{name(path)}:{call.lineno}"
    return found


def test_every_enqueued_name_is_a_registered_task() -> None:
    app.autodiscover_tasks(force=True)
    missing = {task: where for task, where in task_names().items() if task not in app.tasks}
    assert not missing


def test_every_management_command_has_a_test() -> None:
    commands = [path.stem for path in modules() if path.parent.name == "commands" and path.stem != "__init__"]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in modules("tests"))
    untested = [command for command in commands if f'"{command}"' not in tests]
    assert not untested
