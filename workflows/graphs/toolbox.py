"""Which tools a persona has for its work, and under which names its model knows them.

A persona's `tools` name them: `server/tool` and `server/*` for those of servers, `vault` for searching and reading the
work's vault, `vault:folder` for one folder of it.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ai_integration.models import McpTool
from ai_integration.selectors import Route, routes, setup, tools_for
from workflows.graphs.bench import Bench

MOST_TOOLS = 40
LARGEST = 60_000  # characters of all descriptions and schemas together
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
_QUERY = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
_PATH = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
OWN = {
    "search_notes": ("Search the commander's notes. Answers with passages and their refs.", _QUERY),
    "read_note": ("Read one note, by the path that a passage names.", _PATH),
}


@dataclass(frozen=True)
class Known:
    """A tool under the name that the model uses. Without `tool` it is one of the platform's own."""

    name: str
    tool: McpTool | None = None

    @property
    def described(self) -> dict[str, Any]:
        """In OpenAI's form. What a server says of its tool is what a person approved."""
        words, schema = (self.tool.description, self.tool.schema) if self.tool else OWN[self.name]
        return {
            "type": "function",
            "function": {"name": self.name, "description": words, "parameters": schema},
        }


class Toolbox:
    """The tools at one bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.wanted = list(bench.persona.tools) if bench.persona else []

    @cached_property
    def tools(self) -> dict[str, Known]:
        found: dict[str, Known] = {}
        if self.folders is not None:
            found |= {name: Known(name) for name in OWN}
        persona = self.bench.persona
        for offered in tools_for(self.bench.work.owner_id, persona and persona.pk, self.wanted):
            name = _free(f"{offered.tool.server.name}__{offered.tool.name}", found)
            found[name] = Known(name, offered.tool)
        return _within(found)

    @property
    def folders(self) -> list[str] | None:
        """The folders of the vault that may be looked into; empty for all of it, None for nothing."""
        given = [
            each.removeprefix("vault").removeprefix(":").strip("/") for each in self.wanted if _is_vault(each)
        ]
        if not given or not (self.bench.work.vault_id or self.bench.work.sources.exists()):
            return None
        return [] if "" in given else given

    @property
    def usable(self) -> bool:
        """Whether there is anything to call, and a model that can ask for it."""
        if not self.wanted:
            return False
        return self._route.reference.provider != "builtin" and bool(self.tools)

    @property
    def model(self) -> str:
        """Who is asked for steps: whoever writes or speaks afterwards."""
        return self.bench.model or self._route.text

    @cached_property
    def _route(self) -> Route:
        return routes(self.bench.model, self.bench.job, setup())[0]


def _is_vault(name: str) -> bool:
    return name == "vault" or name.startswith("vault:")


def _free(wanted: str, taken: dict[str, Known]) -> str:
    name = _ODD.sub("_", wanted)[:64]
    number = 2
    while name in taken:
        name = f"{name[:60]}_{number}"
        number += 1
    return name


def _within(found: dict[str, Known]) -> dict[str, Known]:
    kept: dict[str, Known] = {}
    left = LARGEST
    for name, each in found.items():
        left -= len(str(each.described))
        if left < 0 or len(kept) == MOST_TOOLS:
            break
        kept[name] = each
    return kept
