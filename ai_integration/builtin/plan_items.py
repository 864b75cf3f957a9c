"""Changes to a single plan item: labels in and out, wording, a new research item."""

from collections.abc import Sequence

from ai_integration.builtin import criteria, queries, staffing, text, vocabulary
from ai_integration.builtin.playbook import FALLBACK, playbooks
from ai_integration.builtin.request import Request
from ai_integration.jobs import PlanItem, Teammate

LINE = 300
_STEP = "look_up"
_QUOTES = str.maketrans('「」『』“”"', "〈〉〈〉'''")


def quotable(label: str) -> str:
    """A label that can stand in quotation marks in a criterion."""
    return text.clip(label.translate(_QUOTES).strip(" 　?？。.、,;:"), 100)


def labels(item: PlanItem) -> list[str]:
    """What the item's criteria ask answers on."""
    asked = [criteria.read(line) for line in item.acceptance]
    return [each.labels[-1] for each in asked if each.kind == "answer" and each.labels]


def thing(item: PlanItem) -> str:
    """The thing an item of a comparison is about, or nothing."""
    asked = [criteria.read(line) for line in item.acceptance]
    return next((each.labels[0] for each in asked if each.kind == "answer" and len(each.labels) > 1), "")


def without(item: PlanItem, line: str) -> PlanItem:
    """The item without one criterion, and without the queries that only served it."""
    label = criteria.read(line).labels[-1]
    kept = [other for other in item.acceptance if other != line]
    wanted = {term.text for other in kept for term in vocabulary.content_terms(other)}
    gone = {term.text for term in vocabulary.content_terms(label)} - wanted
    remaining = [
        query for query in item.queries if not gone & {term.text for term in vocabulary.content_terms(query)}
    ]
    return item.model_copy(
        update={
            "acceptance": kept,
            "queries": remaining or item.queries,
            "title": _unlisted(item.title, label),
            "instructions": _unlisted(item.instructions, label),
        }
    )


def _unlisted(sentence: str, label: str) -> str:
    """The sentence without the label where it stands in a list."""
    for joint in ("・", " and ", "、", ", "):
        sentence = sentence.replace(f"{label}{joint}", "").replace(f"{joint}{label}", "")
    return sentence


def independent_of(item: PlanItem, gone: PlanItem) -> PlanItem:
    """The item no longer waiting for one that was removed; it waits for what that one waited for."""
    if gone.key not in item.depends_on:
        return item
    waits = [key for key in item.depends_on if key != gone.key]
    return item.model_copy(update={"depends_on": list(dict.fromkeys([*waits, *gone.depends_on]))})


def extended(item: PlanItem, asked: Request, label: str, tongue: str) -> PlanItem:
    """The item with one more point to answer."""
    subject = thing(item) or asked.topic
    step = next(
        step for step in playbooks()["comparison" if thing(item) else FALLBACK].items if step.each != "once"
    )
    template = step.acceptance.get(tongue)[0]
    line = template.replace("{thing}", quotable(subject)).replace("{aspect}", label)
    more = queries.first(subject, label, [f"{subject} {label}"], ("ja" if asked.japanese else "en",))
    return item.model_copy(
        update={
            "acceptance": list(dict.fromkeys([*item.acceptance, text.clip(line, LINE)])),
            "queries": queries.tidy([*item.queries, *more], 20),
        }
    )


def reworded(item: PlanItem, old: str, new: str) -> PlanItem:
    """The item with a wording replaced wherever it stands."""
    return item.model_copy(
        update={
            "title": text.clip(item.title.replace(old, new), LINE) or item.title,
            "instructions": item.instructions.replace(old, new),
            "acceptance": [text.clip(line.replace(old, new), LINE) for line in item.acceptance],
            "queries": [text.clip(query.replace(old, new), LINE) for query in item.queries],
        }
    )


def research(
    key: str, label: str, asked: Request, team: Sequence[Teammate], tongue: str, like: PlanItem | None
) -> PlanItem:
    """A new item that looks into one more point; it goes to whoever does the ones beside it."""
    step = next(step for step in playbooks()[FALLBACK].items if step.key == _STEP)
    topic = asked.topic or "・".join(asked.things) or label

    def fill(template: str) -> str:
        return template.replace("{topic}", topic).replace("{aspect}", label)

    gap = "" if tongue == "ja" else " "
    marker = vocabulary.forms()[step.form].marker.get(tongue)
    filled = [
        template.replace("{topic}", asked.topic).replace("{aspect}", label)
        for template in step.queries.get(tongue)
    ]
    return PlanItem(
        key=key,
        title=text.clip(fill(step.title.get(tongue)), LINE),
        instructions=fill(step.instructions.get(tongue)) + gap + marker,
        role=like.role if like else staffing.assign(step.role, team, tongue),
        queries=queries.first(asked.topic, label, filled, ("ja" if asked.japanese else "en",)),
        acceptance=[text.clip(fill(line), LINE) for line in step.acceptance.get(tongue)],
    )
