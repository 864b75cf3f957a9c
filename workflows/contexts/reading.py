"""Reports and results as they are read: Markdown with footnotes that open the note, the heading and the line."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from foundation.core import markdown
from knowledge.places import obsidian_address, reader_address
from workflows.models import DiscussionMessage, Minutes, Report, TaskResult, Workflow
from workflows.report_text import REF

KEPT = 16
KEPT_MESSAGES = 1024


def report_html(workflow: Workflow, report: Report) -> SafeString:
    """The report without its properties and its title, which the page shows itself."""
    vault = workflow.vault.path if workflow.vault else ""
    text = markdown.body(report.markdown).lstrip().removeprefix(f"# {report.title}").lstrip()
    return _report(text, json.dumps(report.citations), vault, get_language())


def result_html(workflow: Workflow, result: TaskResult) -> SafeString:
    """A task's result; its markers become footnotes, one per passage, listed at its end."""
    return cited_html(result.body, result.citations, workflow.vault.path if workflow.vault else "")


def message_html(message: DiscussionMessage, vault: str) -> SafeString:
    """What a secretary said, with footnotes as in a result; their names tell messages of one page apart."""
    return _message(message.text, json.dumps(message.citations), vault, message.number, get_language())


@lru_cache(maxsize=KEPT_MESSAGES)
def _message(text: str, citations: str, vault: str, number: int, _language: str) -> SafeString:
    return cited_html(text, json.loads(citations), vault, before=f"{number}-")


def cited_html(
    body: str, citations: Sequence[Mapping[str, Any]], vault: str, *, before: str = ""
) -> SafeString:
    """Markdown whose markers `[ref]` become footnotes, one per passage, listed at its end. `before` begins their names."""
    places: dict[str, list[Mapping[str, Any]]] = {}
    for citation in citations:
        places.setdefault(citation["ref"], []).append(citation)
    known = {ref: f"{before}{number}" for ref, number in numbers(citations).items()}
    text = REF.sub(lambda mark: f"[^{known[mark[1]]}]" if mark[1] in known else "", body)
    shown = {number: _source(places[ref], vault) for ref, number in known.items()}
    reading = markdown.Reading(resolve=_resolver(citations), footnotes=shown)
    # One text holds both: so the marks and the list below them are made in the same way as in a report.
    definitions = "\n".join(f"[^{number}]: …" for number in shown)
    return markdown.render(f"{text}\n\n{definitions}\n" if shown else text, reading)


def minutes_html(minutes: Minutes) -> SafeString:
    """The minutes without their properties and their title, which the page shows itself."""
    text = markdown.body(minutes.markdown).lstrip()
    shown = text.partition("\n")[2] if text.startswith("# ") else text
    return markdown.render(shown, markdown.Reading(resolve=_resolver(minutes.citations)))


def numbers(citations: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The number of each reference's footnote, in the order of first use."""
    refs = dict.fromkeys(citation["ref"] for citation in citations)
    return {ref: str(number) for number, ref in enumerate(refs, 1)}


@lru_cache(maxsize=KEPT)
def _report(text: str, citations: str, vault: str, _language: str) -> SafeString:
    """A report never changes, and a long one takes a while."""
    rows = json.loads(citations)
    shown = {str(each["number"]): _source([each], vault) for each in rows}
    return markdown.render(text, markdown.Reading(resolve=_resolver(rows), footnotes=shown))


def _source(citations: Sequence[Mapping[str, Any]], vault: str) -> SafeString:
    """One place, the words that were relied on, and the ways to open it."""
    first = citations[0]
    name = str(first["note"]).removesuffix(".md").rpartition("/")[2]
    heading = str(first.get("heading") or "").rpartition(" > ")[2]
    where = f"{name} › {heading}" if heading else name
    line = _("line %d") % first["line"]
    opened = reader_address(first)
    shape = (
        '<a class="at-place" href="{1}">{0}</a> <small>{2}</small>' if opened else "{0} <small>{2}</small>"
    )
    place = format_html(shape, where, opened, line)
    quotes = format_html_join(" ", "<q>{}</q>", ((each["quote"],) for each in citations))
    return format_html("{} {}{}", place, quotes, _in_obsidian(first, vault))


def _in_obsidian(citation: Mapping[str, Any], vault: str) -> SafeString | str:
    address = obsidian_address(vault, citation["note"]) if vault and citation.get("note_id") else ""
    return format_html(' <a class="obsidian" href="{}">Obsidian</a>', address) if address else ""


def _resolver(citations: Sequence[Mapping[str, Any]]) -> markdown.Resolve:
    """Wikilinks among what was cited lead to the reader; others to a search for their name."""
    known = {
        str(each["note"]).removesuffix(".md"): each["note_id"] for each in citations if each.get("note_id")
    }
    by_name = {path.rpartition("/")[2]: note_id for path, note_id in known.items()}

    def resolve(note: str, _heading: str) -> str:
        found = known.get(note) or by_name.get(note)
        return reverse("note", args=[found]) if found else ""

    return resolve
