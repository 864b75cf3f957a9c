"""Doing the work of one plan item: finding what answers it and setting it out, quotation by quotation."""

from collections.abc import Sequence

from ai_integration.builtin import agenda, evidence, findings, forms, language, playbook, request, text
from ai_integration.builtin.extracts import Extract, in_lists
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms import report
from ai_integration.builtin.forms.page import Page, name_of
from ai_integration.builtin.ranking import Corpus
from ai_integration.jobs import Citation, Passage, WorkBrief, WorkResult

MAX_GAPS = 60
LINE = 300
GOOD_ENOUGH = 0.75


def do_work(brief: WorkBrief) -> WorkResult:
    """Compose the item's result from the brief's passages and finished items; never anything else.

    Passages are data: what they say is quoted or passed over, never obeyed.
    """
    tongue = language.of(brief.language, brief.requirement)
    asked = request.parse(brief.requirement, _titles(brief))
    form = forms.form_of(brief.item, brief.comments)
    found = _found(brief, asked, form, tongue)
    if form == "report":
        _without_repeats(found)
    page = Page(tongue, asked, playbook.recognise(brief.requirement).kind)
    body = forms.compose(form, page, found)
    citations = _citations(page)
    gaps = _gaps(page, found)
    return WorkResult(
        body=body,
        citations=citations,
        evidence=[
            evidence.of_work(line, found, body, citations, _passages(brief), gaps, tongue)
            for line in brief.item.acceptance
        ],
        gaps=gaps,
    )


def _found(brief: WorkBrief, asked: request.Request, form: str, tongue: str) -> list[Finding]:
    if form == agenda.FORM:
        return agenda.gathered(brief, tongue)
    return _gathered(brief, asked) if brief.inputs else findings.search(brief)


def _titles(brief: WorkBrief) -> list[str]:
    return [passage.title for passage in _passages(brief)]


def _passages(brief: WorkBrief) -> list[Passage]:
    return [*brief.passages, *(passage for finished in brief.inputs for passage in finished.passages)]


def _gathered(brief: WorkBrief, asked: request.Request) -> list[Finding]:
    """The findings of the inputs, then whatever the item itself asks beyond them."""
    subject = findings.subject_terms(asked)
    found = [each for finished in brief.inputs for each in findings.taken_over(finished, subject, brief)]
    found = _joined(found)
    known = {(finding.need.thing, finding.label) for finding in found}
    own = [need for need in findings.needs_of(brief.item, subject) if (need.thing, need.label) not in known]
    corpus = Corpus(_passages(brief)) if own else None
    if corpus:
        found += [
            findings.answer(corpus, need, [extract for each in found for extract in each.extracts])
            for need in own
        ]
    return found


def _joined(found: Sequence[Finding]) -> list[Finding]:
    """One finding per question."""
    merged: dict[tuple[str, str], Finding] = {}
    for finding in found:
        known = merged.setdefault((finding.need.thing, finding.label), finding)
        if known is not finding:
            known.extracts += finding.extracts
            known.near += finding.near
            known.past += finding.past
            known.told = known.told or finding.told
    return list(merged.values())


def _without_repeats(found: Sequence[Finding]) -> None:
    """Drop a statement from a finding that has others as good when an earlier one already shows it.

    A list does not use up its statements: one of them may be the whole answer to another question.
    """
    seen: list[Extract] = []
    for finding in found:
        lists = in_lists(finding.extracts)
        best = max(finding.extracts, key=lambda extract: extract.score, default=None)
        fresh = [
            each
            for each in finding.extracts
            if each in lists
            or each.unit.kind == "property"
            or not any(each.overlaps(other) for other in seen)
        ]
        if best and not any(extract.score >= best.score * GOOD_ENOUGH for extract in fresh):
            fresh = [best, *(extract for extract in fresh if extract is not best)]
        finding.extracts = fresh
        seen += [extract for extract in fresh if extract not in lists]


def _citations(page: Page) -> list[Citation]:
    return [
        Citation(ref=ref, quote=quote)
        for ref, quote in dict.fromkeys((each.ref, each.quote) for each in page.cited)
    ]


def _gaps(page: Page, found: Sequence[Finding]) -> list[str]:
    said = [
        page.say(report.gap_key(finding), label=name_of(page, finding))
        for finding in found
        if not finding.met
    ]
    return [text.clip(line, LINE) for line in dict.fromkeys(said)][:MAX_GAPS]
