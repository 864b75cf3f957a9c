"""Reviewing results: every quotation checked against its passage, every criterion against the quotations."""

import re
from collections.abc import Sequence

from ai_integration.builtin import (
    criteria,
    discover,
    evidence,
    findings,
    language,
    playbook,
    queries,
    request,
    text,
    vocabulary,
)
from ai_integration.builtin.criteria import Criterion
from ai_integration.jobs import Citation, Evidence, Finding, FinishedItem, Passage, ReviewBrief, Verdict

MAX_REVISION = 1
_REF = re.compile(r"\[([^\[\]\s]{1,60})\](?!\()")
_REF_LIKE = re.compile(r"^[A-Za-z]{0,12}[-_:.#]?\d+(?:[-_.:]\d+)*$")


def review_work(brief: ReviewBrief) -> Verdict:
    """Judge finished items. `revise` names those that can get better and those whose quotations do not hold."""
    tongue = language.of(brief.language, brief.requirement)
    judged = {finished.item.key: _Reviewer(brief, finished, tongue).findings() for finished in brief.items}
    redo = [key for key, found in judged.items() if _worth_doing_again(brief, found)]
    dependent = _dependents(brief.items, redo)
    for finished in brief.items:
        if finished.item.key in dependent:
            comment = vocabulary.say("review_redo", tongue)
            judged[finished.item.key].append(
                Finding(key=finished.item.key, criterion=finished.item.title, met=False, comment=comment)
            )
    revise = [finished.item.key for finished in brief.items if finished.item.key in {*redo, *dependent}]
    counted = [
        finding
        for key, found in judged.items()
        for finding in found
        if finding.comment != vocabulary.say("review_redo", tongue)
    ]
    return Verdict(
        revise=revise,
        findings=[finding for found in judged.values() for finding in found],
        summary=_summary(counted, revise, tongue),
    )


def _worth_doing_again(brief: ReviewBrief, found: Sequence[Finding]) -> bool:
    broken = any(not finding.met and finding.criterion in _integrity_lines() for finding in found)
    return broken or (brief.revision < MAX_REVISION and any(finding.queries for finding in found))


def _integrity_lines() -> set[str]:
    return {vocabulary.say("review_integrity", tongue) for tongue in ("ja", "en")}


def _dependents(items: Sequence[FinishedItem], redo: Sequence[str]) -> set[str]:
    """The items that build on one that is done again, however far down, without those themselves."""
    reached = set(redo)
    while True:
        more = {finished.item.key for finished in items if reached & set(finished.item.depends_on)} - reached
        if not more:
            return reached - set(redo)
        reached |= more


def _summary(found: Sequence[Finding], revise: Sequence[str], tongue: str) -> str:
    total, met = len(found), sum(finding.met for finding in found)
    if revise:
        listed = vocabulary.say("listing", tongue).join(revise)
        return vocabulary.say("review_revise", tongue, total=total, met=met, items=listed)
    return vocabulary.say("review_pass" if met == total else "review_pass_gaps", tongue, total=total, met=met)


class _Reviewer:
    """One item under review."""

    def __init__(self, brief: ReviewBrief, finished: FinishedItem, tongue: str) -> None:
        self.brief, self.finished, self.tongue = brief, finished, tongue
        self.result, self.item = finished.result, finished.item
        self.passages: dict[str, Passage] = {passage.ref: passage for passage in finished.passages}
        self.asked = request.parse(brief.requirement, (passage.title for passage in finished.passages))
        self.subject = findings.subject_terms(self.asked)

    def findings(self) -> list[Finding]:
        """The integrity of the quotations first, then one finding per criterion."""
        return [self._integrity(), *(self._judge(line) for line in self.item.acceptance)]

    def _say(self, key: str, /, **values: object) -> str:
        return vocabulary.say(key, self.tongue, **values)

    def _finding(self, criterion: str, met: bool, comment: str, retry: Sequence[str] = ()) -> Finding:
        return Finding(key=self.item.key, criterion=criterion, met=met, comment=comment, queries=list(retry))

    def _integrity(self) -> Finding:
        fault = self._fault()
        cited = " ".join(
            f"[{ref}]" for ref in dict.fromkeys(citation.ref for citation in self.result.citations)
        )
        good = (
            self._say("review_supported", refs=cited)
            if cited
            else self._say(
                "evidence_no_gaps" if not self.result.gaps else "evidence_gaps", count=len(self.result.gaps)
            )
        )
        return self._finding(self._say("review_integrity"), not fault, fault or good)

    def _fault(self) -> str:
        """What is wrong with text or quotations, or nothing."""
        if not self.result.body.strip():
            return self._say("review_empty")
        for citation in self.result.citations:
            if citation.ref not in self.passages:
                return self._say("review_bad_ref", ref=text.clip(citation.ref, 60))
            if not citation.quote.strip() or citation.quote not in self.passages[citation.ref].text:
                return self._say("review_bad_quote", ref=citation.ref, quote=text.clip(citation.quote, 80))
        return self._loose_ref()

    def _loose_ref(self) -> str:
        """A reference in the text that nothing stands behind."""
        cited = {citation.ref for citation in self.result.citations}
        for ref in dict.fromkeys(_REF.findall(self.result.body)):
            if ref not in cited and (ref in self.passages or _REF_LIKE.match(ref)):
                return self._say("review_unused_ref" if ref in self.passages else "review_bad_ref", ref=ref)
        return ""

    def _judge(self, line: str) -> Finding:
        criterion = criteria.read(line)
        if criterion.kind == "answer":
            return self._judge_answer(criterion)
        met, note = evidence.of_form(
            criterion,
            self.result.body,
            self.result.citations,
            list(self.passages.values()),
            self.result.gaps,
            self.tongue,
        )
        return self._finding(line, met, note)

    def _judge_answer(self, criterion: Criterion) -> Finding:
        need = criteria.need(criterion.labels, criterion.text, self.subject)
        label = f"{need.thing} {need.label}".strip()
        claimed = next((each for each in self.result.evidence if each.criterion == criterion.text), None)
        good = self._supporting(need)
        if good and (claimed is None or claimed.met):
            return self._finding(
                criterion.text, True, self._say("review_supported", refs=" ".join(f"[{ref}]" for ref in good))
            )
        if self._told(need, claimed):
            return self._finding(criterion.text, True, self._say("evidence_told"))
        return self._unmet(criterion, need, label, claimed)

    def _supporting(self, need: criteria.Need) -> list[str]:
        sound = [citation for citation in self.result.citations if self._sound(citation)]
        return list(
            dict.fromkeys(
                each.ref for each in sound if evidence.supports(need, each, self.passages[each.ref])
            )
        )

    def _sound(self, citation: Citation) -> bool:
        passage = self.passages.get(citation.ref)
        return passage is not None and bool(citation.quote) and citation.quote in passage.text

    def _told(self, need: criteria.Need, claimed: Evidence | None) -> bool:
        if claimed is None or not claimed.met or not playbook.recognise(self.brief.requirement).told:
            return False
        told = findings.told_in(self.brief.requirement, need)
        return bool(told) and told in self.result.body

    def _unmet(
        self, criterion: Criterion, need: criteria.Need, label: str, claimed: Evidence | None
    ) -> Finding:
        retry = self._retry(need)
        if retry:
            return self._finding(criterion.text, False, self._say("review_retry", label=label), retry)
        if claimed and claimed.met and self.result.citations:
            return self._finding(criterion.text, False, self._say("review_unsupported", label=label))
        stated = any(need.label in gap for gap in self.result.gaps) or bool(self.result.gaps)
        return self._finding(
            criterion.text, False, self._say("review_gap" if stated else "review_gap_hidden", label=label)
        )

    def _retry(self, need: criteria.Need) -> list[str]:
        """Other words to search with, while a revision is left; an item built on others searches through them."""
        if self.brief.revision >= MAX_REVISION or self.item.depends_on:
            return []
        subject = need.thing or self.asked.topic
        own = "ja" if self.asked.japanese else "en"
        other = "en" if self.asked.japanese else "ja"
        held = discover.languages(list(self.passages.values()))
        languages = (own,) if held == {own} else (own, other)
        return [
            text.clip(query, 300)
            for query in queries.reformulated(subject, need.label, self.item.queries, languages)
        ]
