"""The platform's own tools: searching and reading what the owner of the work may read, within the persona's folders."""

import json
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from ai_integration.jobs import ToolAsk
from ai_integration.services import Purpose, Usage, call_begin, call_finish
from ai_integration.services.calls import Answered, call_refuse
from ai_integration.states import CallStatus
from foundation.core.errors import DomainError
from knowledge.selectors import find_passages, note_list, note_raw
from workflows.graphs.briefs import place_of
from workflows.graphs.toolbox import Toolbox

PROVIDER = "platform"
MOST_PASSAGES, LONGEST_QUERY, LONGEST_NOTE = 8, 500, 12_000
type Answer = dict[str, Any]


def look(box: Toolbox, ask: ToolAsk, *, purpose: Purpose) -> None:
    """Search or read, or put on record why not. Repeating it does no harm."""
    told = purpose.__dict__ | {"context": purpose.context | {"arguments": ask.arguments}}
    call = call_begin(Purpose(**told), provider=PROVIDER, model=ask.name)
    if call.status == CallStatus.FINISHED:
        return
    try:
        answer = {"search_notes": _search, "read_note": _read}[ask.name](box, ask, purpose.key)
    except DomainError as error:
        call_refuse(purpose, model=ask.name, arguments=ask.arguments, reason=str(error))
        return
    call_finish(call, answer=answer, usage=Usage(cost=Decimal(0)), by=Answered(PROVIDER, ask.name))


def _search(box: Toolbox, ask: ToolAsk, key: str) -> Answer:
    query = _text(ask, "query")[:LONGEST_QUERY]
    work = box.bench.work
    found = find_passages(
        work.owner,
        vault_ids=[work.vault_id] if work.vault_id else [],
        source_ids=list(work.sources.values_list("pk", flat=True)),
        queries=[query],
        limit=MOST_PASSAGES * (3 if box.folders else 1),
    )
    inside = [each for each in found if _allowed(box, each.note)][:MOST_PASSAGES]
    head = f"{box.bench.key}-t{'-'.join(key.split(':')[-2:])}"
    places = [place_of(f"{head}-{number}", each) for number, each in enumerate(inside, 1)]
    shown = [{name: place[name] for name in ("ref", "note", "heading", "line", "text")} for place in places]
    return _answer(json.dumps(shown, ensure_ascii=False), places)


def _read(box: Toolbox, ask: ToolAsk, _key: str) -> Answer:
    path = _text(ask, "path").strip("/")
    work = box.bench.work
    note = note_list(work.owner).filter(vault=work.vault_id, path=path).first()
    if note is None or not work.vault_id or not _allowed(box, path):
        raise DomainError(_("There is no such note, or it may not be read here."))
    file = note_raw(work.owner, note.pk)
    text = file.data.decode(file.charset, "replace").replace("\x00", "")
    return _answer(text[:LONGEST_NOTE], [], left_out=max(0, len(text) - LONGEST_NOTE))


def _text(ask: ToolAsk, name: str) -> str:
    given = ask.arguments.get(name)
    if not isinstance(given, str) or not given.strip():
        raise DomainError(_("%s is needed.") % name)
    return given.strip()


def _allowed(box: Toolbox, path: str) -> bool:
    folders = box.folders
    return folders is not None and (not folders or any(path.startswith(f"{each}/") for each in folders))


def _answer(text: str, places: list[dict[str, Any]], *, left_out: int = 0) -> Answer:
    return {"text": text, "structured": None, "is_error": False, "left_out": left_out, "places": places}
