"""What a server offers, read with limits: a listing that never ends, or that is larger than anybody reads, is refused."""

import json
from typing import Any

from ai_integration.mcp.faults import Fault
from ai_integration.mcp.targets import Listed

MOST_PAGES, MOST_TOOLS = 50, 500
LONGEST_NAME, LONGEST_DESCRIPTION, LARGEST_SCHEMA = 128, 20_000, 100_000
HINTS = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")


async def listed(client: Any) -> dict[str, Listed]:
    """Every tool by its name. Raises Fault `too_large`. A tool that cannot be shown in full is left out."""
    found: dict[str, Listed] = {}
    cursor = None
    for _page in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        for each in page.tools:
            tool = _tool(each)
            if tool:
                found.setdefault(tool.name, tool)
        cursor = page.next_cursor
        if len(found) > MOST_TOOLS:
            break
        if not cursor:
            return found
    raise Fault("too_large")


def _tool(given: Any) -> Listed | None:
    schema = given.input_schema or {"type": "object"}
    description = (given.description or "").replace("\x00", "")
    sound = 0 < len(given.name) <= LONGEST_NAME and given.name.isprintable() and "\x00" not in given.name
    if not sound or len(description) > LONGEST_DESCRIPTION:
        return None
    told = json.dumps(schema, ensure_ascii=False)
    if len(told) > LARGEST_SCHEMA or "\\u0000" in told:
        return None
    hints = {name: getattr(given.annotations, name, None) for name in HINTS} if given.annotations else {}
    known = {name: value for name, value in hints.items() if value is not None}
    return Listed(given.name, (given.title or "")[:200], description, schema, known)
