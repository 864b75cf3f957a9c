"""Playbooks: how each kind of work is planned, read from the YAML files in `playbooks/`."""

import re
from collections.abc import Iterator
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ai_integration.builtin import text, todo
from ai_integration.builtin.vocabulary import Both, Strict

FOLDER = Path(__file__).parent / "playbooks"
FALLBACK, AGENDA, DOCUMENT = "generic", "agenda", "document"
ENOUGH = 3
PLACEHOLDERS = frozenset(("topic", "aspect", "aspects", "thing", "things"))
# A summary of an event plans none.
_SUMMING_UP = re.compile(r"^\W*(?:please )?(?:summari[sz]e|recap|sum up)\b|を要約|を振り返|の振り返りを")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Function = Literal["planner", "researcher", "analyst", "writer", "librarian"]
FormName = Literal["agenda", "findings", "report", "table", "checklist", "draft", "minutes"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class PlaybookError(ValueError):
    """A playbook cannot be used; the message names the file and the key."""


class Lines(Strict):
    """Lists of texts in both languages."""

    ja: list[str] = []
    en: list[str] = []

    def get(self, language: str) -> list[str]:
        return self.ja if language == "ja" else self.en


class Signs(Strict):
    """Words that tell this kind of work: a strong one alone is enough, weak ones add up."""

    strong: list[str] = []
    weak: list[str] = []


class Recognise(Strict):
    ja: Signs = Signs()
    en: Signs = Signs()


class Step(Strict):
    """One item of the plan; `each` repeats it for every aspect asked or every thing compared."""

    key: Name
    each: Literal["once", "aspect", "thing"] = "once"
    role: Function
    form: FormName = "findings"
    depends_on: list[Name] = []
    title: Both
    instructions: Both
    queries: Lines = Lines()
    acceptance: Lines


class Playbook(Strict):
    """One kind of work. `aspects` are groups to look into when the requirement names too few;
    `discover` takes them from the headings that the vault holds instead, where it holds any; `always` looks into them
    besides whatever the requirement names. `told` says that
    the requirement itself may give facts (a date, a place, a budget) and not only ask for them; `outward` that others will
    read what is made, who need not know what is settled among us only."""

    kind: Name
    priority: int = 0
    name: Both
    recognise: Recognise = Recognise()
    discover: bool = False
    always: bool = False
    told: bool = False
    outward: bool = False
    aspects: list[Lines] = []
    title: Both
    objective: Both
    scope: Both
    items: Annotated[list[Step], Field(min_length=1)]
    risks: Lines = Lines()
    success_criteria: Lines = Lines()

    @model_validator(mode="after")
    def _steps_hold_together(self) -> Self:
        keys = [step.key for step in self.items]
        if len(set(keys)) != len(keys):
            raise ValueError("items: two items have the same key")
        for step in self.items:
            if unknown := set(step.depends_on) - set(keys):
                raise ValueError(
                    f"items.{step.key}.depends_on: no item is called {', '.join(sorted(unknown))}"
                )
        try:
            TopologicalSorter({step.key: step.depends_on for step in self.items}).prepare()
        except CycleError as error:
            raise ValueError(f"items: depends_on goes in a circle: {' → '.join(error.args[1])}") from error
        return self

    @model_validator(mode="after")
    def _placeholders_are_known(self) -> Self:
        for where, sentence in _texts(self.model_dump()):
            for name in _PLACEHOLDER.findall(sentence):
                if name not in PLACEHOLDERS:
                    raise ValueError(
                        f"{where}: {{{name}}} is not a placeholder ({', '.join(sorted(PLACEHOLDERS))})"
                    )
        return self


def _texts(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{where}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{where}.{number}")


def read_playbook(path: Path) -> Playbook:
    """One file. Raises PlaybookError with file and key."""
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        playbook = Playbook.model_validate(data)
    except (YAMLError, UnicodeDecodeError) as error:
        raise PlaybookError(f"{path.name}: not readable as YAML: {text.clip(str(error), 300)}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PlaybookError(f"{path.name}: {where + ': ' if where else ''}{first['msg']}") from error
    if playbook.kind != path.stem:
        raise PlaybookError(
            f"{path.name}: kind: says {playbook.kind}; it must be the file's name, {path.stem}"
        )
    return playbook


def playbooks() -> dict[str, Playbook]:
    """The playbooks in use."""
    return load_playbooks(FOLDER)


@lru_cache(maxsize=8)
def load_playbooks(folder: Path) -> dict[str, Playbook]:
    """Every playbook of the folder by kind. Raises PlaybookError; a generic one must be among them."""
    found = [read_playbook(path) for path in sorted(folder.glob("*.yaml"))]
    if FALLBACK not in {playbook.kind for playbook in found}:
        raise PlaybookError(
            f"{folder.name}: there must be a {FALLBACK}.yaml for whatever fits no other playbook"
        )
    return {playbook.kind: playbook for playbook in found}


def recognise(requirement: str) -> Playbook:
    """The playbook whose words the requirement uses; the generic one when none is."""
    books = playbooks()
    if todo.is_asked(requirement) and AGENDA in books:
        return books[AGENDA]
    folded = text.fold(requirement)
    spaced = f" {' '.join(text.words(requirement))} "
    points, _, kind = max((_signs(book, folded, spaced), book.priority, book.kind) for book in books.values())
    chosen = books[kind] if points >= ENOUGH else books[FALLBACK]
    return books[FALLBACK] if chosen.told and _SUMMING_UP.search(folded) else chosen


def _signs(playbook: Playbook, folded: str, spaced: str) -> int:
    ja, en = playbook.recognise.ja, playbook.recognise.en
    strong = sum(text.fold(word) in folded for word in ja.strong) + sum(
        f" {word} " in spaced for word in en.strong
    )
    weak = sum(text.fold(word) in folded for word in ja.weak) + sum(f" {word} " in spaced for word in en.weak)
    return 3 * min(strong, 2) + min(weak, 3)
