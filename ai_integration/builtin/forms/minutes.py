"""Minutes: the meeting, decisions, actions (who, what, by when), open points."""

from collections.abc import Sequence

from ai_integration.builtin import actions
from ai_integration.builtin.extracts import Extract
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms import report
from ai_integration.builtin.forms.page import Page, name_of

FIELD_LIMIT = 3
FIELD_SHARE = 0.85
_PARTS = (("decision", "decisions"), ("todo", "actions"), ("open", "open_points"))


def compose(page: Page, found: Sequence[Finding]) -> None:
    """What is not a decision, an action or an open point describes the meeting itself and comes first."""
    rest = list(found)
    parts = []
    for ask, title in _PARTS:
        mine = [finding for finding in rest if ask in finding.need.asks]
        rest = [finding for finding in rest if finding not in mine]
        parts.append((ask, title, mine))
    _meeting(page, rest)
    for ask, title, mine in parts:
        page.heading(2, page.say(title))
        extracts = [extract for finding in mine for extract in finding.extracts]
        if not extracts:
            page.tell("none_recorded")
        elif ask == "todo":
            _actions(page, extracts, _people(found))
        else:
            page.bullets(extracts)
    report.related(page, found)


def _meeting(page: Page, found: Sequence[Finding]) -> None:
    if found:
        page.heading(2, page.say("record"))
    for finding in found:
        value = (
            page.value(_strongest(finding.extracts), bare=True)
            if finding.extracts
            else page.say("not_found_short")
        )
        page.tell("field", label=name_of(page, finding), value=value)


def _strongest(extracts: Sequence[Extract]) -> list[Extract]:
    """The few strongest, in the order they were found."""
    kept = sorted(extracts, key=lambda extract: -extract.score)[:FIELD_LIMIT]
    return [
        extract for extract in extracts if extract in kept and extract.score >= FIELD_SHARE * kept[0].score
    ]


def _actions(page: Page, extracts: Sequence[Extract], people: frozenset[str]) -> None:
    page.tell("action_head")
    page.line("|---|---|---|---|")
    unknown = page.say("not_found_short")
    for extract in extracts:
        action = actions.read(extract, people)
        due = f"{action.due}{page.say('action_done') if action.done else ''}"
        page.line(f"| {action.owner or unknown} | {action.what} | {due or unknown} | [{extract.ref}] |")
    page.cited += extracts


def _people(found: Sequence[Finding]) -> frozenset[str]:
    """The names of those who took part, as far as they were found."""
    said = [extract.quote for finding in found if "who" in finding.need.asks for extract in finding.extracts]
    return frozenset(name for quote in said for name in actions.names_in(quote))
