"""Making a plan: the kind of work, its points, and an item with an author, queries and criteria for each."""

from dataclasses import dataclass

from ai_integration.builtin import (
    discover,
    language,
    plan_items,
    playbook,
    queries,
    request,
    revise,
    staffing,
    text,
    vocabulary,
)
from ai_integration.builtin.plan_points import MAX_GROUPS, Group, points
from ai_integration.builtin.playbook import Playbook, Step
from ai_integration.builtin.request import Request
from ai_integration.jobs import PlanBrief, PlanDraft, PlanItem

MAX_THEMES = 3
TITLE_LIMIT = 120
LINE = 300
LABELS_SHOWN = 8


@dataclass(frozen=True)
class _Sketch:
    """Everything an item's text is filled in from."""

    brief: PlanBrief
    language: str
    asked: Request
    book: Playbook
    groups: tuple[Group, ...]
    source_languages: tuple[str, ...]
    relevant: tuple[str, ...]
    called: tuple[str, ...] = ()

    def say(self, key: str, /, **values: object) -> str:
        return vocabulary.say(key, self.language, **values)

    @property
    def topic(self) -> str:
        asked_labels = self.labels_shown if self.asked.aspects or self.asked.points else ""
        return text.clip(self.asked.topic or self.things or asked_labels, TITLE_LIMIT) or self.say("request")

    @property
    def things(self) -> str:
        return self.say("listing").join(self.asked.things)

    @property
    def labels_shown(self) -> str:
        labels = [label for group in self.groups for label in group]
        shown = self.say("listing").join(labels[:LABELS_SHOWN])
        return f"{shown}…" if len(labels) > LABELS_SHOWN else shown

    def fill(self, template: str, aspect: str = "", thing: str = "") -> str:
        values = {
            "topic": self.topic,
            "aspect": aspect,
            "aspects": self.labels_shown,
            "thing": thing,
            "things": self.things,
        }
        for name, value in values.items():
            template = template.replace("{" + name + "}", value)
        return template


def make_plan(brief: PlanBrief) -> PlanDraft:
    """A plan for the requirement; with `previous` and comments, that plan revised to answer each comment."""
    tongue = language.of(brief.language, brief.requirement)
    if brief.previous is not None:
        return revise.revised(brief, tongue)
    sketch = _sketch(brief, tongue)
    items = _items(sketch)
    return PlanDraft(
        title=text.clip(sketch.fill(sketch.book.title.get(tongue)), LINE),
        kind=sketch.book.kind,
        objective=sketch.fill(sketch.book.objective.get(tongue)),
        scope=_scope(sketch),
        items=items,
        risks=_risks(sketch),
        success_criteria=[
            text.clip(sketch.fill(line), LINE) for line in sketch.book.success_criteria.get(tongue)
        ],
    )


def _sketch(brief: PlanBrief, tongue: str) -> _Sketch:
    asked = request.parse(brief.requirement, (passage.title for passage in brief.passages))
    book = _book(brief.requirement, asked)
    relevant = tuple(discover.relevant_notes(brief.passages, asked))
    groups = points(brief, asked, book, tongue, relevant)
    holds = discover.languages(brief.passages)
    own = "ja" if asked.japanese else "en"
    languages = (own, *(other for other in ("ja", "en") if other != own and other in holds))
    called = tuple(discover.other_names(brief.passages, asked))
    return _Sketch(brief, tongue, asked, book, groups, languages, relevant, called)


def _book(requirement: str, asked: Request) -> Playbook:
    """The playbook recognised, unless what was read of the requirement does not fit it."""
    books = playbook.playbooks()
    if len(asked.things) >= 2:
        comparing = [book for book in books.values() if _by_thing(book)]
        return max(comparing, key=lambda book: book.priority, default=books[playbook.FALLBACK])
    book = playbook.recognise(requirement)
    asks_only = asked.asking and (book.told or book.kind == playbook.DOCUMENT)
    return books[playbook.FALLBACK] if _by_thing(book) or asks_only else book


def _by_thing(book: Playbook) -> bool:
    return any(step.each == "thing" for step in book.items)


def _items(sketch: _Sketch) -> list[PlanItem]:
    items: list[PlanItem] = []
    keys: dict[str, list[str]] = {}
    for step in sketch.book.items:
        depends_on = [key for name in step.depends_on for key in keys[name]]
        made = _repeated(sketch, step)
        if step.each == "aspect":
            made += [_theme(sketch, step, name) for name in _themes(sketch.asked)]
        keys[step.key] = []
        for item in made:
            key = f"t{len(items) + 1}"
            keys[step.key].append(key)
            items.append(item.model_copy(update={"key": key, "depends_on": depends_on}))
    return items


def _repeated(sketch: _Sketch, step: Step) -> list[PlanItem]:
    if step.each == "aspect":
        return [_item(sketch, step, group) for group in sketch.groups]
    if step.each == "thing":
        labels = tuple(label for group in sketch.groups for label in group)
        return [_item(sketch, step, labels, thing) for thing in sketch.asked.things[:MAX_GROUPS]]
    return [_item(sketch, step, ())]


def _item(sketch: _Sketch, step: Step, labels: Group, thing: str = "") -> PlanItem:
    tongue = sketch.language
    shown = sketch.say("and").join(labels)
    marker = vocabulary.forms()[step.form].marker.get(tongue)
    gap = "" if tongue == "ja" else " "
    return PlanItem(
        key="t0",
        title=text.clip(sketch.fill(step.title.get(tongue), shown, plan_items.quotable(thing)), TITLE_LIMIT),
        instructions=sketch.fill(step.instructions.get(tongue), shown, thing) + gap + marker,
        role=staffing.assign(_function(step, labels), sketch.brief.team, tongue),
        queries=_queries(sketch, step, labels, thing),
        acceptance=_acceptance(sketch, step, labels, thing),
    )


def _themes(asked: Request) -> list[str]:
    """What the requirement names beside its subject (its theme, a note to use): asked after for its own sake."""
    known = " ".join((asked.subject, *asked.aspects, *asked.points))
    names = [plan_items.quotable(name) for name in asked.names if name not in known and known not in name]
    return [name for name in names if vocabulary.content_terms(name)][:MAX_THEMES] if known else []


def _theme(sketch: _Sketch, step: Step, name: str) -> PlanItem:
    label = sketch.say("theme_label")
    return PlanItem(
        key="t0",
        title=text.clip(sketch.say("theme_title", thing=name), TITLE_LIMIT),
        instructions=sketch.say("theme_instructions", thing=name),
        role=staffing.assign(step.role, sketch.brief.team, sketch.language),
        queries=queries.tidy([name, f"{name} {sketch.asked.topic}"], queries.MAX_QUERIES),
        acceptance=[text.clip(sketch.say("theme_criterion", thing=name, label=label), LINE)],
    )


def _function(step: Step, labels: Group) -> str:
    """Reasons, risks and differences are the analyst's part of a research."""
    asks = frozenset().union(*(vocabulary.asks_in(label) for label in labels)) if labels else frozenset()
    return (
        "analyst"
        if step.role == "researcher" and step.each == "aspect" and asks & {"risk", "contrast", "why"}
        else step.role
    )


def _queries(sketch: _Sketch, step: Step, labels: Group, thing: str) -> list[str]:
    subject = thing or sketch.asked.topic
    if not labels:
        return queries.tidy(sketch.fill(template) for template in step.queries.get(sketch.language))
    found: list[str] = []
    for label in labels:
        filled = [
            template.replace("{topic}", subject).replace("{aspect}", label).replace("{thing}", thing)
            for template in step.queries.get(sketch.language)
        ]
        found += queries.first(subject, label, filled, sketch.source_languages)
    named = (
        []
        if thing
        else [
            query
            for name in sketch.called
            for query in (subject + name, f"{name} {labels[0]}" if labels else name)
        ]
    )
    return queries.tidy(
        [*found[:1], *named, *found[1:]] if found else [], queries.MAX_QUERIES + 2 * len(labels)
    )


def _acceptance(sketch: _Sketch, step: Step, labels: Group, thing: str) -> list[str]:
    lines: list[str] = []
    for template in step.acceptance.get(sketch.language):
        repeated = labels if "{aspect}" in template else ("",)
        lines += [sketch.fill(template, label, plan_items.quotable(thing)) for label in repeated]
    return [text.clip(line, LINE) for line in dict.fromkeys(lines)]


def _scope(sketch: _Sketch) -> str:
    lines = [sketch.fill(sketch.book.scope.get(sketch.language))]
    if sketch.relevant:
        lines.append(sketch.say("plan_found", notes=sketch.say("listing").join(sketch.relevant[:6])))
    if len(sketch.brief.requirement) > request.LEAD_LIMIT:
        lines.append(sketch.say("plan_long"))
    return "\n".join(lines)


def _risks(sketch: _Sketch) -> list[str]:
    risks = [sketch.fill(line) for line in sketch.book.risks.get(sketch.language)]
    if sketch.book.kind == playbook.AGENDA:  # it asks of no subject, and is whole without one
        return [text.clip(line, LINE) for line in risks]
    if not sketch.asked.subject and not sketch.asked.aspects and not sketch.asked.points:
        risks.insert(0, sketch.say("plan_empty"))
    elif not sketch.relevant:
        risks.insert(0, sketch.say("plan_none"))
    return [text.clip(line, LINE) for line in risks]
