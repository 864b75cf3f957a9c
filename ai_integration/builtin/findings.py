"""What was found for each need: searched in the passages, or taken over from finished items."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ai_integration.builtin import (
    answers,
    comment,
    counted,
    criteria,
    playbook,
    records,
    request,
    text,
    units,
    vocabulary,
)
from ai_integration.builtin.criteria import Need
from ai_integration.builtin.extracts import Extract, choose, merged
from ai_integration.builtin.ranking import NEAR_SUBJECT, Corpus, Hit, about_subject, rank
from ai_integration.builtin.request import Request
from ai_integration.builtin.statements import dated
from ai_integration.builtin.text import Term
from ai_integration.jobs import Citation, FinishedItem, Passage, PlanItem, WorkBrief

PER_NEED = 5
NEAR_LIMIT = 3
MAX_NEEDS = 40
SUBJECT_TERMS = 8
TAKEN_SCORE = 0.3
LISTED_LIMIT = 12
MANY = frozenset(("todo", "decision", "open", "risk", "left", "kept"))
WHOLE_LISTS = frozenset(("how",))
_TOLD_TYPES = ("when", "amount", "quantity", "where")
_CLAUSE = re.compile(r"[^、。,;；\n]+")
# 春の文具展への出展 is about the fair.
_ACT = re.compile(rf"(?<=.)(?:への[{text.KANJI}]{{2,4}}|の(?:開催|実施|出展|参加|出席))$")
# A three-day trip is a trip.
_MEASURE = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)[- ](?:day|night|week|month|hour|minute|page)s?\b|[0-9０-９一二三四五六七]+(?:泊[0-9０-９一二三四五六七]+日|日間|週間|か月|ヶ月|時間)の?|(?<=[一-鿿ァ-ヴー])[0-9０-９]+(?:社|名|人|件|種類|製品|店)(?=の|$)",
    re.IGNORECASE,
)
_INTERNAL = re.compile(
    r"心配|懸念|リスク|課題|困っている|未確認|未決|目標は|予算|原価|社外秘|限定の情報|取り下げ|案は|卸値|卸価格|掛け率|仕入|粗利|利益率|\b(?:worries|concerns?|risks?|target of|confidential|undecided)\b",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(
    r"(?:開催)?(?:場所|会場|住所)(?![はがで:：])|\b(?:venue|location|address|place)\b(?! is|:)", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")


@dataclass
class Finding:
    """A need and its answers. `near` are on the subject without answering; `past` answer for an earlier time;
    `told` stands in the request itself."""

    need: Need
    extracts: list[Extract] = field(default_factory=list)
    near: list[Extract] = field(default_factory=list)
    past: list[Extract] = field(default_factory=list)
    told: str = ""
    searched: bool = True

    @property
    def met(self) -> bool:
        return bool(self.extracts or self.told)

    @property
    def label(self) -> str:
        return self.need.label


def subject_terms(asked: Request) -> tuple[Term, ...]:
    """The words every answer must be about: names kept whole, words that only tell the type of answer left out."""
    names = [text.term(name) for name in asked.names if text.is_japanese(name) and name in asked.subject]
    terms = [*names, *vocabulary.content_terms(_MEASURE.sub(" ", _ACT.sub("", asked.topic)))]
    telling = [
        term
        for term in terms
        if not vocabulary.bare_asks_in(term.text) or f"{term.text} per " in asked.topic.casefold()
    ]
    return tuple(dict.fromkeys(telling or terms))[:SUBJECT_TERMS]


def needs_of(item: PlanItem, subject: tuple[Term, ...]) -> list[Need]:
    """One need per acceptance criterion that asks for an answer; the title's when there is none."""
    asked = [criteria.read(line) for line in item.acceptance]
    needs = [criteria.need(each.labels, each.text, subject) for each in asked if each.kind == "answer"]
    if not needs and not item.depends_on:
        needs = [criteria.need((item.title,), item.title, subject)]
    return needs[:MAX_NEEDS]


def apart(needs: Sequence[Need], asked: Request) -> list[Need]:
    """The needs, each told what the requirement asks under other headings, so that those are not its answers."""
    labels = [*asked.aspects, *asked.points]
    every = [term for label in labels for term in vocabulary.content_terms(label)]
    latest = frozenset(("latest",)) & vocabulary.asks_in(asked.text)
    return [
        replace(
            need,
            asks=need.asks | latest,
            elsewhere=tuple(term for term in every if term not in need.terms and term not in need.subject),
        )
        for need in needs
    ]


def search(brief: WorkBrief) -> list[Finding]:
    """Answer the item's needs from the brief's passages."""
    asked = request.parse(brief.requirement, (passage.title for passage in brief.passages))
    needs = apart(needs_of(brief.item, subject_terms(asked)), asked)
    needs += _asked_in_comments(brief, needs)
    named = records.named(brief.passages, asked, subject_terms(asked))
    corpus = Corpus(_newest(brief, needs, named), queries=brief.item.queries)
    telling, number = _is_telling(brief), counted.asked_for(brief.requirement)
    found: list[Finding] = []
    for need in needs:
        taken = [extract for other in found for extract in other.extracts]
        told = told_in(brief.requirement, need) if telling else ""
        finding = answer(corpus, need, taken, told, limit_of(brief))
        finding.extracts = counted.made_up(corpus, finding.extracts, number)
        found.append(_without_past(finding, brief) if telling else finding)
    return [_without_internal(finding) for finding in found] if _is_public(brief) else found


def _is_telling(brief: WorkBrief) -> bool:
    """Whether the requirement itself tells of something to come; a question tells nothing."""
    return playbook.recognise(brief.requirement).told and not request.parse(brief.requirement).asking


def _is_public(brief: WorkBrief) -> bool:
    return playbook.recognise(brief.requirement).outward


def _without_internal(finding: Finding) -> Finding:
    """For a text that others will read: targets, worries and what is unsettled among us stay out of it."""
    inside = [extract for extract in finding.extracts if _is_internal(extract)]
    finding.extracts = [extract for extract in finding.extracts if extract not in inside]
    finding.near = [*finding.near, *inside][:NEAR_LIMIT]
    return finding


def _is_internal(extract: Extract) -> bool:
    return _INTERNAL.search(f"{extract.unit.section} {extract.quote}") is not None


def _without_past(finding: Finding, brief: WorkBrief) -> Finding:
    """For something yet to come, what an earlier year's record says is on the subject, but no answer."""
    past = [extract for extract in finding.extracts if _is_past(extract, brief)]
    finding.extracts = [extract for extract in finding.extracts if extract not in past]
    finding.near = [
        extract for extract in finding.near if extract.unit.kind == "property" or not _is_past(extract, brief)
    ]
    finding.past = past[:NEAR_LIMIT]
    return finding


def _is_past(extract: Extract, brief: WorkBrief) -> bool:
    passage = extract.unit.passage
    date = answers.latest_date(extract.quote) or answers.latest_date(
        f"{passage.note} {passage.title} {passage.heading}"
    )
    return bool(date) and date[:4] < brief.today[:4] and date[:4] not in brief.requirement


def limit_of(brief: WorkBrief) -> int:
    """How many extracts a need may have: fewer or more where comments or instructions wish for it."""
    wish = comment.style_of("\n".join([*brief.comments, brief.item.instructions]))
    return {"short": 2, "long": 9}.get(wish, PER_NEED)


def _newest(brief: WorkBrief, needs: Sequence[Need], passages: Sequence[Passage]) -> Sequence[Passage]:
    """All passages, or, where the latest is asked for, those of the newest dated note on the subject."""
    wanted = next((need for need in needs if need.latest), None)
    if wanted is None:
        return passages
    corpus = Corpus(passages)
    dates = {
        candidate.statement.context.date
        for candidate in corpus.candidates
        if candidate.statement.context.date <= brief.today
        and about_subject(corpus, wanted, candidate) >= NEAR_SUBJECT
    }
    newest = max(dates, default="")
    return [passage for passage in passages if dated(passage) == newest] if newest else passages


def answer(
    corpus: Corpus, need: Need, taken: list[Extract], told: str = "", limit: int = PER_NEED
) -> Finding:
    """The extracts that answer a need, without those already taken by another one."""
    hits = rank(corpus, need)
    near = bool(hits) and hits[0].near
    searched = bool(corpus.candidates)
    if near:
        return Finding(
            need, near=[] if told else choose(corpus, hits, NEAR_LIMIT), told=told, searched=searched
        )
    whole = bool(need.asks & WHOLE_LISTS)
    limit = max(limit, LISTED_LIMIT) if need.asks & MANY and limit == PER_NEED else limit
    best = choose(corpus, hits[:1], 1, whole=whole)
    shown = {(extract.ref, extract.quote) for extract in best}
    rest = (
        choose(corpus, hits[1:], limit - 1, [*taken, *best], whole=whole, best=hits[0].score if hits else 0.0)
        if limit > 1
        else []
    )
    return Finding(
        need,
        merged([*best, *(extract for extract in rest if (extract.ref, extract.quote) not in shown)]),
        told=told,
        searched=searched,
    )


def told_in(requirement: str, need: Need) -> str:
    """The clause of the requirement that gives a date, a place, an amount or a number which the need asks for."""
    wanted = [ask for ask in _TOLD_TYPES if ask in need.asks]
    for clause in _CLAUSE.findall(requirement[: request.LEAD_LIMIT]):
        given = _ASKED_FOR.sub("", clause)  # 「場所を入れて」 asks for a place and names none
        if any(answers.answers(ask, given) and (ask == "where" or _DIGIT.search(given)) for ask in wanted):
            return text.clip(clause, 160)
    return ""


def _asked_in_comments(brief: WorkBrief, needs: Sequence[Need]) -> list[Need]:
    """What a comment asks beyond the criteria becomes a need of its own."""
    subject = needs[0].subject if needs else ()
    known = {
        term.stem
        for need in needs
        for term in (*need.terms, *need.subject, *vocabulary.content_terms(need.label))
    }
    added = []
    for said in brief.comments[:20]:
        labels = criteria.read(said).labels or (said,)
        fresh = [
            term for label in labels for term in vocabulary.content_terms(label) if term.stem not in known
        ]
        aspects = [term for term in fresh if vocabulary.synonyms(term.text) or vocabulary.asks_in(term.text)]
        added += [criteria.need((term.text,), said, subject) for term in aspects[:3]]
    return added


def taken_over(finished: FinishedItem, subject: tuple[Term, ...], brief: WorkBrief) -> list[Finding]:
    """The findings of a finished item, rebuilt from its citations; quotations that match no passage are left out."""
    needs = needs_of(finished.item, subject)
    met = {evidence.criterion: evidence.met for evidence in finished.result.evidence}
    cited = [
        unit for citation in finished.result.citations if (unit := _cited_unit(citation, finished.passages))
    ]
    corpus = Corpus(finished.passages, cited, finished.item.queries)
    telling = _is_telling(brief)
    found = [Finding(need, told=told_in(brief.requirement, need) if telling else "") for need in needs]
    hits = [{hit.candidate.number: hit for hit in rank(corpus, need)} for need in needs]
    for candidate in corpus.candidates if found else ():
        at, hit = _best_need(hits, candidate.number)
        answered = met.get(needs[at].criterion, hit is not None and not hit.near)
        extract = Extract(candidate.unit, hit.score if hit else TAKEN_SCORE, near=not answered)
        answering = answered or (telling and hit is not None and not hit.near)
        (found[at].extracts if answering else found[at].near).append(extract)
    _share(found, hits, corpus, met)
    if _is_public(brief):
        found = [_without_internal(finding) for finding in found]
    return [_without_past(finding, brief) for finding in found] if telling else found


def _share(
    found: Sequence[Finding], hits: Sequence[dict[int, Hit]], corpus: Corpus, met: dict[str, bool]
) -> None:
    """One statement can answer two needs: a need that was met and got nothing takes the best that answers it too."""
    for finding, each in zip(found, hits, strict=True):
        best = max(each.values(), key=lambda hit: (not hit.near, hit.score), default=None)
        if best and not finding.extracts and met.get(finding.need.criterion):
            finding.extracts.append(Extract(corpus.candidates[best.candidate.number].unit, best.score))


def _best_need(hits: Sequence[dict[int, Hit]], number: int) -> tuple[int, Hit | None]:
    """The need that a cited unit answers best; the first one when it answers none that we can see."""
    answering = [(not hit.near, hit.score, -at) for at, each in enumerate(hits) if (hit := each.get(number))]
    at = -max(answering)[2] if answering else 0
    return at, hits[at].get(number)


def _cited_unit(citation: Citation, passages: Sequence[Passage]) -> units.Unit | None:
    passage = next((passage for passage in passages if passage.ref == citation.ref), None)
    start = passage.text.find(citation.quote) if passage and citation.quote else -1
    if passage is None or start < 0:
        return None
    end = start + len(citation.quote)
    inside = next((unit for unit in units.cut(passage) if unit.start <= start < unit.end), None)
    if inside is None:
        return units.Unit(passage, start, end, "sentence")
    return units.spanning(inside, start, end)
