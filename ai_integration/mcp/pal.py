"""The recipe of the PAL MCP server: an environment of its own (its modules are called `config`, `utils`, `server`), a
catalogue of models, and no transcripts on the disk."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

PACKAGE = "pal-mcp-server>=11.8,<12"
CONTEXT, LONGEST_ANSWER = 32_768, 8_192
INSTALL_SECONDS = 900


def install(folder: Path) -> Path:
    """Install the server below `folder`, or leave it when it is there; returns its program. Raises CalledProcessError."""
    home = folder / "venv"
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    program = scripts / ("pal-mcp-server.exe" if os.name == "nt" else "pal-mcp-server")
    if not program.exists():
        venv.create(home, with_pip=True, clear=True)
        python = scripts / Path(sys.executable).name if os.name == "nt" else scripts / "python"
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [str(python), "-m", "pip", "install", *quiet, PACKAGE],
            check=True,
            timeout=INSTALL_SECONDS,
            capture_output=True,
        )
    return program


def environment(folder: Path, *, url: str, models: list[str], key: str = "") -> dict[str, str]:
    """The server's variables; writes the catalogue and makes the folders that they name."""
    catalogue = folder / "models.json"
    catalogue.write_text(json.dumps({"models": [_entry(name) for name in models]}), encoding="utf-8")
    made = {name: folder / name for name in ("state", "logs", "workspace")}
    for each in made.values():
        each.mkdir(parents=True, exist_ok=True)
    return {
        "CUSTOM_API_URL": url,
        "CUSTOM_MODELS_CONFIG_PATH": str(catalogue),
        "DEFAULT_MODEL": models[0],
        "PAL_STATE_DIR": str(made["state"]),
        "PAL_LOG_DIR": str(made["logs"]),
        "PAL_WORKSPACE_ROOT": str(made["workspace"]),
        "PAL_TRANSCRIPTS": "false",
        "LOG_LEVEL": "ERROR",
    } | ({"CUSTOM_API_KEY": key} if key else {})


def _entry(name: str) -> dict[str, Any]:
    """A model as PAL wants it described: without an entry it refuses the model."""
    return {
        "model_name": name,
        "aliases": [],
        "context_window": CONTEXT,
        "max_output_tokens": LONGEST_ANSWER,
        "supports_extended_thinking": False,
        "supports_json_mode": False,
        "supports_function_calling": False,
        "supports_images": False,
        "max_image_size_mb": 0.0,
        "description": name,
        "intelligence_score": 10,
    }
