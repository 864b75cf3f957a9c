"""The project's own source, parsed once, for the tests about the code."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = (  # from the top of the house down: each may import only what stands to its right
    "config",
    "workflows",
    "plans",
    "personas",
    "knowledge",
    "ai_integration",
    "foundation.monitoring",
    "foundation.accounts",
    "foundation.activity",
    "foundation.core",
)
EDGES = {"api", "views", "consumers", "admin", "tasks", "management"}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project that is not ignored; outside a git checkout, every file not in a hidden folder."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = done.stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not {*Path(name).parts} & {".venv", ".git", "var", "__pycache__"}]
    return tuple(sorted(ROOT / name for name in names if name and (ROOT / name).is_file()))


def modules(*tops: str) -> list[Path]:
    """Python files below the top-level folders `tops` (default: all but tests), migrations left out."""
    chosen = tops or ("manage.py", "scripts", "benchmarks", *{app.partition(".")[0] for app in APPS})
    found = [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in chosen]
    return [path for path in found if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def app_of(path: Path) -> str:
    """The app that a module belongs to, as in APPS; empty for scripts and the like."""
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return next((app for app in APPS if dotted == app or dotted.startswith(f"{app}.")), "")


def room_of(path: Path) -> str:
    """`services` for plans/services.py and for plans/services/decisions.py alike."""
    app = app_of(path)
    parts = path.relative_to(ROOT).with_suffix("").parts[len(app.split(".")) :] if app else ()
    return parts[0] if parts else ""


def in_rooms(*rooms: str) -> list[Path]:
    return [path for path in modules() if room_of(path) in rooms]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Calls of a function by its last name: `enqueue(…)` and `queue.enqueue(…)` alike."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and last_name(node.func) in names:
            yield node


def last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def imported(node: ast.AST) -> list[str]:
    """Dotted names that an import statement brings in, `from a import b` as `a.b`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def literal(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
