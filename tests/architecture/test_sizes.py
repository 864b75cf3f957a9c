"""Budgets of size. An exception is listed by name with its reason, so that the list grows only knowingly."""

import pytest

from tests.architecture.source import functions, modules, name, tracked

MODULE, SETTINGS, FUNCTION, TEMPLATE = 300, 350, 40, 80

LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
LONG_TEMPLATES: dict[str, str] = {}


def lines_of(path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("kind", ["code", "tests"])
def test_modules_are_short(kind: str) -> None:
    paths = modules() if kind == "code" else modules("tests")
    long = {}
    for path in paths:
        budget = SETTINGS if name(path) == "config/settings.py" else MODULE
        if lines_of(path) > budget and name(path) not in LONG_MODULES:
            long[name(path)] = lines_of(path)
    assert not long


@pytest.mark.parametrize("kind", ["code", "tests"])
def test_functions_are_short(kind: str) -> None:
    long = {}
    for path in modules() if kind == "code" else modules("tests"):
        for node in functions(path):
            length = node.end_lineno - node.lineno + 1
            label = f"{name(path)}:{node.name}"
            if length > FUNCTION and label not in LONG_FUNCTIONS:
                long[label] = length
    assert not long


def test_templates_are_short() -> None:
    templates = [path for path in tracked() if path.suffix == ".html" and "templates" in path.parts]
    long = {name(path): lines_of(path) for path in templates if lines_of(path) > TEMPLATE}
    assert not {label: length for label, length in long.items() if label not in LONG_TEMPLATES}


def test_no_exception_outlives_its_reason() -> None:
    known = {name(path) for path in tracked()}
    known |= {
        f"{name(path)}:{node.name}" for path in modules() + modules("tests") for node in functions(path)
    }
    assert {*LONG_MODULES, *LONG_FUNCTIONS, *LONG_TEMPLATES} <= known
