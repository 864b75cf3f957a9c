"""The recipe of the PAL MCP server: an environment of its own (its modules are called `config`, `utils`, `server`), a
catalogue of models, and no transcripts on the disk."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
# Whose keys PAL takes as they are; every other server is reached through its one "custom" address.
KEYS = {"openai": "OPENAI_API_KEY", "gemini": "GEMINI_API_KEY"}
WIRED, FROM_PROVIDERS, BY_HAND = "HISHO_WIRED", "providers", "hand"
_WIRES = {"CUSTOM_API_URL", "CUSTOM_API_KEY", "DEFAULT_MODEL", "HISHO_CATALOGUE", WIRED, *KEYS.values()}
_NOT_YET = "auto"


@dataclass(frozen=True)
class Model:
    """A model of the custom server; sizes in tokens, None where nobody knows."""

    name: str
    context: int | None = None
    output: int | None = None


@dataclass(frozen=True)
class Wiring:
    """What PAL asks: one OpenAI-compatible server (`url`, `key`, `models`), and providers of its own by their `keys`.

    `default` is the model that answers where nobody names one; `wired` says who chose all this.
    """

    url: str = ""
    key: str = field(default="", repr=False)
    models: tuple[Model, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
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
    catalogue = {"models": [_entry(each) for each in wiring.models]}
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "models.json"
    beside = place.with_suffix(".new")
    beside.write_text(json.dumps(catalogue), encoding="utf-8")
    beside.replace(place)
    made = {name: folder / name for name in ("state", "logs", "workspace")}
    for each in made.values():
        each.mkdir(parents=True, exist_ok=True)
    own = {name: value for name, value in (kept or {}).items() if name not in _WIRES}
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
        | _filled({"CUSTOM_API_URL": wiring.url, "CUSTOM_API_KEY": wiring.key, **wiring.keys})
    )


def catalogued(folder: Path) -> tuple[Model, ...]:
    """The models of the catalogue as it was written last."""
    try:
        told = json.loads((folder / "models.json").read_text(encoding="utf-8"))
        return tuple(
            Model(each["model_name"], each["context_window"], each["max_output_tokens"])
            for each in told["models"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def named(names: Iterable[str]) -> tuple[Model, ...]:
    return tuple(Model(name) for name in names)


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _entry(model: Model) -> dict[str, Any]:
    """A model as PAL wants it described: without an entry it refuses the model."""
    return {
        "model_name": model.name,
        "aliases": [],
        "context_window": model.context or CONTEXT,
        "max_output_tokens": model.output or LONGEST_ANSWER,
        "supports_extended_thinking": False,
        "supports_json_mode": False,
        "supports_function_calling": False,
        "supports_images": False,
        "max_image_size_mb": 0.0,
        "description": model.name,
        "intelligence_score": 10,
    }
