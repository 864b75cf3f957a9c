"""The built-in secretary at work over a real, indexed vault: the engine's briefs and its review, without the engine."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from ai_integration.builtin.model import answer
from ai_integration.jobs import (
    FinishedItem,
    PlanBrief,
    PlanDraft,
    PlanItem,
    ReviewBrief,
    Teammate,
    Verdict,
    WorkBrief,
    WorkResult,
)
from knowledge.models import Vault
from knowledge.selectors import find_passages
from knowledge.services import vault_register, vault_sync
from tests.knowledge.trees import write
from workflows.graphs.briefs import (
    PASSAGES_FOR_PLAN,
    PASSAGES_FOR_WORK,
    REFS_PER_REVISION,
    clauses,
    passage_of,
    place_of,
)
from workflows.graphs.results import checked
from workflows.report_text import Composed, Part, compose

TODAY = "2026-11-23"
ROUNDS = 2
_FOOTNOTES = re.compile(r"^\[\^\d+\]:.*$", re.MULTILINE)
TEAM = [
    Teammate(role=role, name=role)
    for role in ("planner", "researcher", "analyst", "writer", "reviewer", "librarian")
]


@dataclass
class Done:
    """A task's latest result, and all that it may cite."""

    item: PlanItem
    result: WorkResult
    shown: list[dict[str, Any]]
    revision: int = 0

    def finished(self) -> FinishedItem:
        refs = {citation.ref for citation in self.result.citations}
        cited = [passage_of(place) for place in self.shown if place["ref"] in refs]
        return FinishedItem(item=self.item, result=self.result, passages=cited)


@dataclass
class Delegated:
    """Plan, results, last verdict and the report of one requirement."""

    plan: PlanDraft
    verdict: Verdict
    report: Composed
    calls: list[float] = field(default_factory=list)

    @property
    def markdown(self) -> str:
        return self.report.markdown

    @property
    def body(self) -> str:
        """What the reader reads: from the title to the unconfirmed points, without requirement, sources and record."""
        text = re.split(r"^## (?:出典|Sources)$", self.markdown, flags=re.MULTILINE)[0]
        return "\n".join(line for line in text.splitlines() if not line.startswith(">"))

    @property
    def gaps(self) -> str:
        return "\n".join(self.report.gaps)

    @property
    def notes(self) -> set[str]:
        return {each["note"] for each in self.report.citations}


class Office:
    """Delegates requirements over one vault."""

    def __init__(self, user: Any, vault: Vault) -> None:
        self.user, self.vault = user, vault

    def delegate(self, requirement: str) -> Delegated:
        language = "ja" if re.search("[ぁ-ん]", requirement) else "en"
        found = self._find(clauses(requirement), PASSAGES_FOR_PLAN)
        brief = PlanBrief(
            requirement=requirement,
            language=language,
            today=TODAY,
            team=TEAM,
            passages=[passage_of(place_of(f"v-{n}", each)) for n, each in enumerate(found, 1)],
        )
        plan = PlanDraft.model_validate(_said(brief))
        done: dict[str, Done] = {}
        for item in plan.items:  # the built-in secretary lists them in an order in which they can be done
            done[item.key] = self._work(requirement, language, item, done)
        for round_ in range(ROUNDS + 1):
            verdict = self._review(requirement, language, plan, done, round_)
            if not verdict.revise or round_ == ROUNDS:
                break
            for item in plan.items:
                if item.key in verdict.revise:
                    done[item.key] = self._again(requirement, language, done, item.key, verdict)
        return Delegated(plan, verdict, _report(requirement, language, plan, done, verdict))

    def _find(self, queries: list[str], limit: int) -> Any:
        return find_passages(self.user, vault_ids=[self.vault.pk], queries=queries, limit=limit)

    def _again(
        self, requirement: str, language: str, done: dict[str, Done], key: str, verdict: Verdict
    ) -> Done:
        before = done[key]
        mine = [each for each in verdict.findings if each.key == key and not each.met]
        queries = list(dict.fromkeys([*before.item.queries, *(q for each in mine for q in each.queries)]))
        comments = [f"{each.criterion}: {each.comment}".strip(": ") for each in mine]
        item = before.item.model_copy(update={"queries": queries})
        return self._work(requirement, language, item, done, before, comments)

    def _work(
        self,
        requirement: str,
        language: str,
        item: PlanItem,
        done: dict[str, Done],
        before: Done | None = None,
        comments: list[str] | None = None,
    ) -> Done:
        queries = item.queries or ([] if item.depends_on else [item.title, requirement[:500]])
        revision = before.revision + 1 if before else 0
        own = self._material(item, queries, before, revision)
        inputs = [done[key] for key in item.depends_on]
        brief = WorkBrief(
            requirement=requirement,
            language=language,
            today=TODAY,
            item=item,
            passages=[passage_of(place) for place in own],
            inputs=[each.finished() for each in inputs],
            previous=before.result if before else None,
            comments=comments or [],
        )
        result = WorkResult.model_validate(_said(brief))
        return Done(item, result, own + [place for each in inputs for place in each.shown], revision)

    def _material(
        self, item: PlanItem, queries: list[str], before: Done | None, revision: int
    ) -> list[dict[str, Any]]:
        cited = {citation.ref for citation in before.result.citations} if before else set()
        kept = [each for each in before.shown if each["ref"] in cited] if before else []
        kept = [each for each in kept if each["ref"].startswith(f"{item.key}-")]
        known = {(each["note"], each["line"]) for each in kept}
        found = self._find(queries, PASSAGES_FOR_WORK) if queries else []
        fresh = [each for each in found if (each.note, each.line) not in known]
        first = revision * REFS_PER_REVISION + 1
        return kept + [place_of(f"{item.key}-{n}", each) for n, each in enumerate(fresh, first)]

    def _review(
        self, requirement: str, language: str, plan: PlanDraft, done: dict[str, Done], round_: int
    ) -> Verdict:
        brief = ReviewBrief(
            requirement=requirement,
            language=language,
            success_criteria=plan.success_criteria,
            revision=round_,
            items=[each.finished() for each in done.values()],
        )
        return Verdict.model_validate(_said(brief))


def over(user: Any, folder: Path, notes: dict[str, str]) -> Office:
    """An office over a vault of these notes (path: text), made in `folder`."""
    root = folder.resolve() / "vault"
    root.mkdir()
    for path, text in notes.items():
        write(root, path, text)
    vault = vault_register(user, name="Notes", path=str(root))
    vault_sync(vault)
    return Office(user, vault)


def _said(brief: Any) -> Any:
    return json.loads(answer([HumanMessage(brief.model_dump_json())]))


def _report(
    requirement: str, language: str, plan: PlanDraft, done: dict[str, Done], verdict: Verdict
) -> Composed:
    titles = {item.key: item.title for item in plan.items}
    unmet = [
        f"{titles[each.key]}: {each.comment or each.criterion}"
        for each in verdict.findings
        if each.key in verdict.revise and not each.met
    ]
    return compose(
        title=plan.title,
        requirement=requirement,
        language=language,
        workflow_id="-",
        when=datetime(2026, 11, 23, 9, tzinfo=UTC),
        parts=[_part(each, language) for each in done.values()],
        unmet=unmet,
    )


def _part(done: Done, language: str) -> Part:
    row = checked(done.result, done.shown, language)
    return Part(
        key=done.item.key,
        title=done.item.title,
        status="done",
        depends_on=done.item.depends_on,
        revision=done.revision,
        persona=done.item.role,
        model="builtin",
        body=row["body"],
        citations=row["citations"],
        gaps=row["gaps"],
    )
