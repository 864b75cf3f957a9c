"""The attacks that must fail (S1-S20), and the tests that try them: those marked `security("S7")`.

`python -m tests.security.rows` writes `docs/security-tests.md` anew.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "security-tests.md"

ATTACKS = {
    "S1": "DNS rebinding: a foreign host name, over HTTP and on the socket",
    "S2": "cross-site WebSocket: another origin, scheme or port",
    "S3": "signing in without a password where others can reach the server",
    "S4": "cross-site writes, and reads that change something",
    "S5": "somebody else's things by their ids (IDOR)",
    "S6": "a fuzzed API",
    "S7": "forged, stolen, reused and outlived tokens",
    "S8": "the server called to call inner addresses (SSRF)",
    "S9": "a way out of the vault's folder",
    "S10": "scripts and remote pictures in Markdown that a model wrote",
    "S11": "prompt injection with a model that always obeys it",
    "S12": "a tool that changes after it was approved",
    "S13": "commands hidden in the definition of an MCP server",
    "S14": "hostile uploads: pixel floods, SVG, bombs, archives, polyglots",
    "S15": "secrets in logs, database, Redis, frames, pages and exports",
    "S16": "keys that are rotated, and a rotation that is killed",
    "S17": "a forged audit trail",
    "S18": "guessing passwords past the throttle",
    "S19": "a poisoned checkpoint",
    "S20": "weak defaults",
}
NOT_YET: dict[str, str] = {}
"""Rows that no test tries yet, and why."""

HEAD = """# The attacks that must fail, and the tests that try them

<!-- Written by `python -m tests.security.rows` from the tests' own marks; an architecture test fails when it is out of date. -->

Each row is an attack; each name below it is a test that carries it out. A test says so itself: `@pytest.mark.security("S7")`.
"""


def tests() -> dict[str, list[tuple[str, str]]]:
    """`{row: [(file, test)]}`, in the order of files and lines."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = ast.parse(path.read_text(encoding="utf-8"))
        file = path.relative_to(ROOT).as_posix()
        whole = [row for node in source.body if _is_pytestmark(node) for row in _rows(node.value)]
        for name, rows in _tests(source, whole):
            for row in rows:
                found[row].append((file, name))
    return found


def page() -> str:
    """What `docs/security-tests.md` has to say."""
    known = tests()
    parts = [HEAD]
    for row, attack in ATTACKS.items():
        parts.append(f"## {row}: {attack}\n")
        if row in known:
            parts.append("\n".join(f"- `{file}` · `{name}`" for file, name in known[row]) + "\n")
        else:
            parts.append(f"Not yet: {NOT_YET.get(row, 'nothing tries it')}.\n")
    return "\n".join(parts)


def _tests(source: ast.Module | ast.ClassDef, inherited: list[str]) -> Iterator[tuple[str, list[str]]]:
    for node in source.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        marked = [row for each in node.decorator_list for row in _rows(each)]
        rows = list(dict.fromkeys([*inherited, *marked]))
        if isinstance(node, ast.ClassDef):
            for name, each in _tests(node, rows):
                yield f"{node.name}.{name}", each
        elif node.name.startswith("test_"):
            yield node.name, rows


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark"


def _rows(node: ast.expr) -> list[str]:
    """The rows named by every `…mark.security("S1", …)` in an expression."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    marks = [call for call in calls if ast.unparse(call.func).endswith("mark.security")]
    return [str(ast.literal_eval(argument)) for mark in marks for argument in mark.args]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
