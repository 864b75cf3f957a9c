"""Real servers of tools: two from npm, installed once, and a hostile one of ours."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ai_integration import gateway
from ai_integration.mcp import manager, pal
from ai_integration.models import McpServer
from ai_integration.services import mcp_server_create, tool_approve
from ai_integration.states import ToolPolicy

HOSTILE, ASKER = Path(__file__).with_name("hostile.py"), Path(__file__).with_name("asker.py")
VERSION = "2026.8.31"
PACKAGES = [f"@modelcontextprotocol/server-{name}@{VERSION}" for name in ("everything", "filesystem")]


def npm_folder() -> Path:
    """Where the servers from npm stand; they are installed there the first time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "hisho-tests" / f"mcp-{VERSION}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", *quiet, "--prefix", str(made), *PACKAGES], check=True, timeout=280)
        try:
            made.rename(folder)  # another process may have been faster
        except OSError:
            shutil.rmtree(made)
    return folder


def npm_command(name: str, *arguments: str) -> list[str]:
    return [shutil.which("node") or "node", str(npm_folder() / _entry(name)), *arguments]


def _entry(name: str) -> str:
    return f"node_modules/@modelcontextprotocol/server-{name}/dist/index.js"


def hostile_command() -> list[str]:
    return [sys.executable, "-I", str(HOSTILE)]  # its folder holds names of the standard library


def hostile(actor: Any, log: Path, *, name: str = "hostile", **environment: str) -> McpServer:
    """The hostile server, defined and connected to; none of its tools is approved."""
    given = {"EFFECT_LOG": str(log)} | environment
    made = mcp_server_create(actor, name=name, command=hostile_command(), environment=given, shared=True)
    return gateway.connect(actor, made)


def allow(
    actor: Any, server: McpServer, *names: str, policy: str = ToolPolicy.ALLOW, repeatable: bool = False
) -> None:
    """Approve tools as they are now."""
    for name in names:
        digest = server.tools.get(name=name).digest
        tool_approve(actor, server, name, digest=digest, policy=policy, repeatable=repeatable)


def close_all() -> None:
    from ai_integration.gateway import loop

    loop.run(manager.close_all())


def asker(actor: Any, folder: Path) -> McpServer:
    """A server of ours that asks models, under the name of the one that the platform installs; its tools may be called."""
    program = pal.program_in(folder)
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{ASKER}"\n')
    program.chmod(0o755)
    values = pal.environment(pal.home(), gateway.pal_wiring())
    made = mcp_server_create(actor, name=pal.NAME, command=[str(program)], environment=values, shared=True)
    made = gateway.connect(actor, made)
    allow(actor, made, *made.tools.values_list("name", flat=True), repeatable=True)
    return made
