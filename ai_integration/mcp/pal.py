"""The recipe of the PAL MCP server: an environment of its own (its modules are called `config`, `utils`, `server`), a
catalogue of models, and no transcripts on the disk."""

import json
import os
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.core.canonical import sha256_of

NAME = "pal"
PACKAGE = "pal-mcp-server>=11.8,<12"
PROGRAM = "pal-mcp-server"
CONTEXT, LONGEST_ANSWER = 32_768, 8_192
INSTALL_SECONDS = 900
CALL_SECONDS = 600
STEPS: dict[str, str | Promise] = {
    "waiting": _("Waiting for a worker."),
    "environment": _("An environment of its own is made."),
    "packages": _("Its packages are fetched."),
    "models": _("The connected providers are asked for their models."),
    "connecting": _("It is started, and asked for its tools."),
}
ORDER = tuple(STEPS)
WIRED, FROM_PROVIDERS, BY_HAND = "HISHO_WIRED", "providers", "hand"
ADDRESS, KEY = "CUSTOM_API_URL", "CUSTOM_API_KEY"
# With one of these PAL asks a provider by itself, past every budget.
PAST_US = (
    "OPENAI_API_KEY", "GEMINI_API_KEY", "AZURE_OPENAI_API_KEY", "XAI_API_KEY", "DIAL_API_KEY", "OPENROUTER_API_KEY",
    "OPENCODE_API_KEY",
)  # fmt: skip
_WIRES = {ADDRESS, KEY, "DEFAULT_MODEL", "HISHO_CATALOGUE", WIRED}
_NOT_YET = "auto"
COLON = "@"  # PAL takes what follows a colon in a model's name for an option


@dataclass(frozen=True)
class Model:
    """A model as PAL knows it; sizes in tokens, None where nobody knows.

    `reference` is the platform's own name for it, empty where PAL was wired by hand.
    """

    name: str
    context: int | None = None
    output: int | None = None
    reference: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wiring:
    """What PAL asks: an OpenAI-compatible server (`url`, `key`); without one, the platform's own door (see `variables`).

    `default` is the model that answers where nobody names one; `wired` says who chose all this.
    """

    url: str = ""
    key: str = field(default="", repr=False)
    models: tuple[Model, ...] = ()
    default: str = ""
    wired: str = BY_HAND


def home() -> Path:
    return settings.DATA_DIR / NAME


def workspace() -> Path:
    """Where PAL may read and write; its tools must name this folder, or one below it."""
    return home() / "workspace"


def program_in(folder: Path) -> Path:
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    return scripts / (f"{PROGRAM}.exe" if os.name == "nt" else PROGRAM)


def is_recipe(command: list[str]) -> bool:
    """Whether a server's command is one that was written here."""
    return bool(command) and Path(command[0]).name.removesuffix(".exe") == PROGRAM


def install(folder: Path, tell: Callable[[str], None] = lambda _step: None) -> Path:
    """Install the server below `folder`, or leave it when it is there; returns its program. `tell` hears a key of STEPS.

    Raises CalledProcessError, TimeoutExpired, OSError.
    """
    program = program_in(folder)
    if not program.exists():
        python = program.parent / (Path(sys.executable).name if os.name == "nt" else "python")
        tell("environment")
        venv.create(folder / "venv", with_pip=True, clear=True)
        tell("packages")
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [str(python), "-m", "pip", "install", *quiet, PACKAGE],
            check=True,
            timeout=INSTALL_SECONDS,
            capture_output=True,
        )
    return program


def environment(folder: Path, wiring: Wiring, kept: Mapping[str, str] | None = None) -> dict[str, str]:
    """The server's variables; writes the catalogue and makes the folders that they name. Of `kept`, what is not ours stays."""
    ours = {each.name: each.reference for each in wiring.models if each.reference}
    catalogue = {"references": ours, "models": [_entry(each) for each in wiring.models]}
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "models.json"
    beside = place.with_suffix(".new")
    beside.write_text(json.dumps(catalogue), encoding="utf-8")
    beside.replace(place)
    made = {name: folder / name for name in ("state", "logs", "workspace")}
    for each in made.values():
        each.mkdir(parents=True, exist_ok=True)
    not_theirs = _WIRES | set(PAST_US if wiring.wired == FROM_PROVIDERS else ())
    own = {name: value for name, value in (kept or {}).items() if name not in not_theirs}
    return (
        own
        | {
            "CUSTOM_MODELS_CONFIG_PATH": str(place),
            "DEFAULT_MODEL": wiring.default or _NOT_YET,
            "PAL_STATE_DIR": str(made["state"]),
            "PAL_LOG_DIR": str(made["logs"]),
            "PAL_WORKSPACE_ROOT": str(made["workspace"]),
            "PAL_TRANSCRIPTS": "false",
            "LOG_LEVEL": "ERROR",
            # A session ends as soon as a variable is another one, so that a new catalogue is read.
            "HISHO_CATALOGUE": sha256_of(catalogue)[:16],
            WIRED: wiring.wired,
        }
        | _filled({ADDRESS: wiring.url, KEY: wiring.key})
    )


def is_ours(command: list[str], values: Mapping[str, str]) -> bool:
    """Whether this server asks models at the platform's door alone."""
    return is_recipe(command) and values.get(WIRED) == FROM_PROVIDERS


def has_models(values: Mapping[str, str]) -> bool:
    """Whether there is anything to ask for. PAL does not start with an address and no model there."""
    return values.get("DEFAULT_MODEL", _NOT_YET) != _NOT_YET


def without_ways_past_us(values: Mapping[str, str]) -> dict[str, str]:
    """Its variables without anything that leads past the door."""
    return {name: value for name, value in values.items() if name not in (ADDRESS, KEY, *PAST_US)}


def variables(address: str, key: str) -> dict[str, str]:
    """What tells its program where to ask models. Holds for one session, and is never stored."""
    return {ADDRESS: address, KEY: key}


def catalogued(folder: Path) -> tuple[Model, ...]:
    """The models of the catalogue as it was written last."""
    told, ours = _written(folder), references(folder)
    try:
        return tuple(
            Model(
                each["model_name"],
                each["context_window"],
                each["max_output_tokens"],
                ours.get(each["model_name"], ""),
            )
            for each in told["models"]
        )
    except (KeyError, TypeError):
        return ()


def references(folder: Path) -> dict[str, str]:
    """PAL's name for a model → ours, for every model that PAL may ask for at the door."""
    found = _written(folder).get("references")
    return found if isinstance(found, dict) else {}


def _written(folder: Path) -> dict[str, Any]:
    try:
        told = json.loads((folder / "models.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def lent(models: Iterable[Model]) -> tuple[Model, ...]:
    """Our models under names that PAL takes: `provider/label/model`, and the model's own name where only one bears it.

    PAL does not tell capital letters apart, and ends at its start over a name that two models bear.
    """
    taken: set[str] = set()
    found = [replace(each, name=_free(_named(each.reference), taken)) for each in models]
    short = {each.name: each.reference.partition(":")[2].replace(":", COLON) for each in found}
    borne = Counter(name.lower() for name in short.values())
    borne.update(taken)
    return tuple(
        replace(each, aliases=(short[each.name],) if borne[short[each.name].lower()] == 1 else ())
        for each in found
    )


def _named(reference: str) -> str:
    return reference.replace(":", "/", 1).replace(":", COLON)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free.lower() in taken:
        number += 1
        free = f"{name}~{number}"
    taken.add(free.lower())
    return free


def named(names: Iterable[str]) -> tuple[Model, ...]:
    return tuple(Model(name) for name in names)


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _entry(model: Model) -> dict[str, Any]:
    """A model as PAL wants it described: without an entry it refuses the model."""
    return {
        "model_name": model.name,
        "aliases": list(model.aliases),
        "context_window": model.context or CONTEXT,
        "max_output_tokens": model.output or LONGEST_ANSWER,
        "supports_extended_thinking": False,
        "supports_json_mode": False,
        "supports_function_calling": False,
        "supports_images": False,
        "max_image_size_mb": 0.0,
        "description": model.reference or model.name,
        "intelligence_score": 10,
    }
