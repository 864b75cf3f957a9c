"""Every code that the API may answer with is explained in docs/api.md, and nothing else is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from foundation.core.api.errors import CODES, OWN_CODES
from tests.architecture.source import ROOT, calls, literal, modules, name, tree

ERRORS = (
    "Invalid",
    "NotAuthenticated",
    "NotFound",
    "Forbidden",
    "Conflict",
    "Unavailable",
    "VaultFault",
    "ApprovalRequired",
    "DomainError",
    "ApprovalRequired",
)
# These end a run, a command or a sign-in page; the API never answers with them.
ELSEWHERE = {
    "error", "halted", "no_answer", "lease_lost", "worker_lost", "nothing_done", "internal", "vault_unreadable",
    "more_than_one_person", "link_sign_in_off", "link_closed", "checkpoint_refused",
}  # fmt: skip
MIDDLEWARE = {"bad_host", "cross_site", "server_error"}


def raised(path: Path) -> Iterator[str]:
    for call in calls(path, *ERRORS):
        yield from (
            literal(each.value) for each in call.keywords if each.arg == "code" and literal(each.value)
        )


def declared(path: Path) -> Iterator[str]:
    """`code = "…"` and `code, status, … = "…", …` in the body of an error's class."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and {getattr(base, "id", "") for base in node.bases} & {
            *ERRORS,
            "Exception",
        }:
            for each in node.body:
                if isinstance(each, ast.Assign):
                    target, value = each.targets[0], each.value
                    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                        target, value = target.elts[0], value.elts[0]
                    if getattr(target, "id", "") == "code" and literal(value):
                        yield literal(value)


def documented() -> set[str]:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [\d ·]+ \| ([^|]+) \|", text, re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`(\w+)`", row)}


def test_every_error_code_is_explained() -> None:
    found = {code: name(path) for path in modules() for code in (*raised(path), *declared(path))}
    missing = {code: where for code, where in found.items() if code not in documented() | ELSEWHERE}
    assert not missing


def test_no_code_is_explained_that_does_not_exist() -> None:
    found = {code for path in modules() for code in (*raised(path), *declared(path))}
    assert not documented() - found - set(CODES.values()) - OWN_CODES - MIDDLEWARE
