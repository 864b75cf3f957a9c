"""What a call takes over from the calls before it: a conversation that its server holds, and the folder that it must name.

A server such as PAL gives each conversation an id (`continuation_id`) and forgets it with its session. It is kept with the
record of the call, per thread of work (`Asked.thread`: a task, a discussion) and per secretary, so that the next call of the
same tool goes on there. What is taken over is part of the arguments: a person who is asked reads it, and a replay sends it again.
"""

import json
from pathlib import Path
from typing import Any

from ai_integration.mcp import pal
from ai_integration.mcp.results import Result
from ai_integration.models import CallRecord, McpTool
from ai_integration.selectors import last_tool_call

FIELD, FOLDER = "continuation_id", "working_directory_absolute_path"
LONGEST = 200


def with_earlier(
    arguments: dict[str, Any], tool: McpTool, *, subject_id: Any, persona_id: Any, thread: str
) -> dict[str, Any]:
    """The arguments as they are sent: what the model left out, and what is known here."""
    fields = tool.schema.get("properties", {})
    added: dict[str, Any] = {}
    if FOLDER in fields and pal.is_recipe(tool.server.command) and not _inside(arguments.get(FOLDER)):
        added[FOLDER] = str(pal.workspace())
    if FIELD in fields and thread and not arguments.get(FIELD):
        last = last_tool_call(subject_id, persona_id, thread, model=f"{tool.server.name}/{tool.name}")
        if last and last.context.get("continuation"):
            added[FIELD] = last.context["continuation"]
    return arguments | added


def kept_for_later(call: CallRecord, arguments: dict[str, Any], result: Result) -> dict[str, Any]:
    """The record's context with the id under which its conversation goes on; without one, the next call begins anew."""
    used = arguments.get(FIELD)
    offered = _offered(result)
    if not offered and result.is_error and isinstance(used, str) and used not in result.text:
        offered = used  # it failed over something else than a conversation that is gone
    return call.context | ({"continuation": offered[:LONGEST]} if offered else {})


def _offered(result: Result) -> str:
    told = result.structured if isinstance(result.structured, dict) else _read(result.text)
    offer = told.get("continuation_offer")
    found = told.get(FIELD) or (offer.get(FIELD) if isinstance(offer, dict) else "")
    return found if isinstance(found, str) and not result.is_error else ""


def _read(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _inside(given: Any) -> bool:
    if not isinstance(given, str) or "\x00" in given:
        return False
    place = Path(given)
    return (
        place.is_absolute() and place.resolve().is_relative_to(pal.workspace().resolve()) and place.is_dir()
    )
