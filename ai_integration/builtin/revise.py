"""A plan revised so that each comment is visibly answered. Untouched items keep their keys and every word."""

import re
from collections.abc import Callable, Iterable

from ai_integration.builtin import comment, criteria, plan_items, queries, request, staffing, text, vocabulary
from ai_integration.builtin.comment import Wish
from ai_integration.builtin.text import Reading
from ai_integration.jobs import CommentAnswer, PlanBrief, PlanDraft, PlanItem

LINE = 300
TEXT_LIMIT = 19_000
ANSWER_LIMIT = 1_900
MATCH = 0.5
_KEY = re.compile(r"(?<![a-z0-9_-])([a-z][a-z0-9_-]{0,39})(?![a-z0-9_-])")
_NUMBER = re.compile(r"(?:タスク|項目|task|item|no\.?|#)\s*(\d{1,3})|(\d{1,3})\s*(?:番目|番|つ目)")
_VAGUE = re.compile(
    r"^(?:こ(?:れ|の項目|のタスク|こ)|この|it|this|that|this item|this task|the item|t\d+)?$", re.IGNORECASE
)


def revised(brief: PlanBrief, tongue: str) -> PlanDraft:
    """The previous plan with every comment answered; without comments, the previous plan as it was."""
    assert brief.previous is not None
    desk = _Desk(brief, brief.previous, tongue)
    for remark in brief.comments:
        before = len(desk.log)
        for wish in comment.wishes(remark.text) or [Wish("carry", text.clip(remark.text, 200))]:
            if wish.said.strip():
                desk.answer(wish, remark.item)
        desk.report(remark.number, since=before)
    return desk.draft()


class _Desk:
    """The plan on the desk while its comments are worked through."""

    def __init__(self, brief: PlanBrief, previous: PlanDraft, tongue: str) -> None:
        self.brief, self.previous, self.tongue = brief, previous, tongue
        self.items = list(previous.items)
        self.log: list[str] = []
        self.kept: set[str] = set()
        self.answers: list[CommentAnswer] = []
        self.asked = request.parse(brief.requirement, (passage.title for passage in brief.passages))
        self.used = {item.key for item in previous.items}
        self.ways: dict[str, Callable[[Wish, str | None], bool]] = {
            "add": self._add,
            "drop": self._drop,
            "reword": self._reword,
            "title": self._title,
            "role": self._role,
            "sources": self._sources,
        }

    def answer(self, wish: Wish, key: str | None) -> None:
        """Do what is wished; whatever cannot be done as said is carried into the item's instructions."""
        way = self.ways.get(wish.kind)
        if way is None or not way(wish, self._named(wish.said, key)):
            self._carry(wish, self._named(wish.said, key))

    def report(self, number: int, *, since: int) -> None:
        """Say what was done about the comment with that number: the lines that the log has gained."""
        lines = self.log[since:]
        if number and lines:
            said = "\n".join(lines)[:ANSWER_LIMIT]
            done = not all(line in self.kept for line in lines)
            self.answers.append(CommentAnswer(comment=number, text=said, done=done))

    def draft(self) -> PlanDraft:
        answered = {"items": self.items, "answers": self.answers}
        if not self.log:
            return self.previous.model_copy(update=answered)
        heading = self._say("change_heading")
        before = self.previous.scope
        lead = "" if f"## {heading}" in before else f"\n\n## {heading}"
        scope = f"{before}{lead}\n" + "\n".join(f"- {line}" for line in self.log)
        return self.previous.model_copy(update=answered | {"scope": scope[-TEXT_LIMIT:].strip()})

    def _say(self, sentence: str, /, **values: object) -> str:
        return vocabulary.say(sentence, self.tongue, **values)

    def _note(self, sentence: str, wish: Wish, /, **values: object) -> bool:
        self.log.append(self._say(sentence, comment=wish.said, **values))
        return True

    def _named(self, said: str, key: str | None) -> str | None:
        """The item a comment stands at or names by key or number."""
        keys = {item.key for item in self.items}
        named = next(
            (
                found
                for found in _KEY.findall(text.fold(said))
                if found in keys and re.search(r"[\d_-]", found)
            ),
            None,
        )
        number = _NUMBER.search(text.fold(said))
        if named is None and number:
            at = int(number[1] or number[2])
            named = f"t{at}" if f"t{at}" in keys else None
        return named or (key if key in keys else None)

    def _item(self, key: str) -> PlanItem:
        return next(item for item in self.items if item.key == key)

    def _put(self, item: PlanItem) -> None:
        self.items = [item if other.key == item.key else other for other in self.items]

    def _last(self) -> list[PlanItem]:
        """The items nobody builds on: where the parts come together."""
        needed = {key for item in self.items for key in item.depends_on}
        return [item for item in self.items if item.key not in needed]

    def _matching(self, part: str) -> list[PlanItem]:
        """The items whose title or criteria speak of the part; those that research come before those that write."""
        terms = vocabulary.content_terms(part)
        if not terms:
            return []
        scored = [(self._match(item, part), item) for item in self.items]
        best = max(score for score, _ in scored)
        return [item for score, item in scored if score == best] if best >= MATCH else []

    @staticmethod
    def _match(item: PlanItem, part: str) -> float:
        terms = vocabulary.content_terms(part)
        title, whole = Reading(item.title), Reading("\n".join([item.title, *item.acceptance]))
        share = sum(max(title.match(term), 0.9 * whole.match(term)) for term in terms) / len(terms)
        return share * (0.8 if item.depends_on else 1.0)

    def _drop(self, wish: Wish, key: str | None) -> bool:
        if key and (_VAGUE.match(wish.part) or text.fold(wish.part) == key):
            return self._drop_items(wish, [self._item(key)])
        within = [self._item(key)] if key else self.items
        parts = [(item, line) for item in within for line in item.acceptance if self._speaks(line, wish.part)]
        shared = [(item, line) for item, line in parts if len(plan_items.labels(item)) > 1]
        if shared:
            for item, line in shared:
                self._put(plan_items.without(item, line))
            names = self._say("listing").join(dict.fromkeys(item.key for item, _ in shared))
            return self._note("change_dropped_part", wish, key=names, part=wish.part)
        whole = [item for item, _ in parts] or self._matching(wish.part)
        return bool(whole) and self._drop_items(wish, whole)

    @staticmethod
    def _speaks(line: str, part: str) -> bool:
        terms = vocabulary.content_terms(part)
        asked = criteria.read(line)
        label = Reading(asked.labels[-1]) if asked.kind == "answer" and asked.labels else None
        return (
            bool(terms)
            and label is not None
            and sum(label.match(term) for term in terms) / len(terms) > MATCH
        )

    def _drop_items(self, wish: Wish, items: Iterable[PlanItem]) -> bool:
        for item in {item.key: item for item in items}.values():
            rest = [other for other in self.items if other.key != item.key]
            if not any(plan_items.labels(other) or not other.depends_on for other in rest):
                self._put(self._with_instruction(item, wish))
                self._note("change_kept", wish, key=item.key)
                self.kept.add(self.log[-1])
                continue
            self.items = [plan_items.independent_of(other, item) for other in rest]
            self._note("change_dropped", wish, key=item.key, title=item.title)
        return True

    def _add(self, wish: Wish, key: str | None) -> bool:
        label = plan_items.quotable(wish.part)
        if not label or not (vocabulary.content_terms(label) or vocabulary.asks_in(label)):
            return False
        owner, _, rest = wish.part.partition("は")
        owners = self._matching(owner) if rest and not key else []
        if len(owners) == 1:
            key, label = owners[0].key, plan_items.quotable(rest)
        if key:
            self._put(plan_items.extended(self._item(key), self.asked, label, self.tongue))
            return self._note("change_extended", wish, key=key, part=label)
        if any(self._speaks(line, label) for item in self.items for line in item.acceptance):
            return False
        things = [item for item in self.items if plan_items.thing(item)]
        if things and (vocabulary.synonyms(label) or vocabulary.asks_in(label)):
            for item in things:
                self._put(plan_items.extended(item, self.asked, label, self.tongue))
            return self._note(
                "change_extended",
                wish,
                key=self._say("listing").join(item.key for item in things),
                part=label,
            )
        return self._add_item(wish, label)

    def _add_item(self, wish: Wish, label: str) -> bool:
        new = plan_items.research(
            self._free_key(), label, self.asked, self.brief.team, self.tongue, like=self._like()
        )
        at = next((number for number, item in enumerate(self.items) if item.depends_on), len(self.items))
        joins = {item.key for item in self._last() if item.depends_on}
        self.items.insert(at, new)
        for item in self.items:
            if item.key in joins:
                self._put(item.model_copy(update={"depends_on": [*item.depends_on, new.key]}))
        return self._note("change_added", wish, key=new.key, title=new.title)

    def _like(self) -> PlanItem | None:
        return next((item for item in self.items if not item.depends_on), None)

    def _free_key(self) -> str:
        number = len(self.used) + 1
        while f"t{number}" in self.used:
            number += 1
        self.used.add(f"t{number}")
        return f"t{number}"

    def _reword(self, wish: Wish, key: str | None) -> bool:
        touched = []
        for item in [self._item(key)] if key else list(self.items):
            changed = plan_items.reworded(item, wish.part, wish.other)
            if changed != item:
                self._put(changed)
                touched.append(item.key)
        return bool(touched) and self._note("change_worded", wish, key=self._say("listing").join(touched))

    def _title(self, wish: Wish, key: str | None) -> bool:
        if key is None:
            return False
        self._put(self._item(key).model_copy(update={"title": text.clip(wish.part, LINE)}))
        return self._note("change_worded", wish, key=key)

    def _role(self, wish: Wish, key: str | None) -> bool:
        role = staffing.named_in(wish.part, self.brief.team)
        if key is None or not role:
            return False
        self._put(self._item(key).model_copy(update={"role": role}))
        return self._note("change_role", wish, key=key, role=role)

    def _sources(self, wish: Wish, key: str | None) -> bool:
        targets = [self._item(key)] if key else self._last()
        line = self._say("sources_criterion", count=wish.other)
        for item in targets:
            kept = [each for each in item.acceptance if criteria.read(each).kind != "sources"]
            self._put(item.model_copy(update={"acceptance": [*kept, line]}))
        return self._note("change_sources", wish, key=self._say("listing").join(item.key for item in targets))

    def _carry(self, wish: Wish, key: str | None) -> None:
        targets = [self._item(key)] if key else (self._matching(wish.said) or self._last())[:3]
        for item in targets:
            self._put(self._with_instruction(item, wish))
        self._note("change_carried", wish, key=self._say("listing").join(item.key for item in targets))

    def _with_instruction(self, item: PlanItem, wish: Wish) -> PlanItem:
        line = self._say("comment_instruction", comment=wish.said)
        about_form = comment.style_of(wish.said) or not vocabulary.content_terms(wish.said)
        key = "comment_style" if about_form else "comment_criterion"
        criterion = text.clip(self._say(key, comment=plan_items.quotable(wish.said)), LINE)
        found = [] if about_form else [queries.keywords(wish.said)]
        return item.model_copy(
            update={
                "instructions": f"{item.instructions}\n{line}".strip()[-TEXT_LIMIT:],
                "acceptance": list(dict.fromkeys([*item.acceptance, criterion])),
                "queries": queries.tidy([*item.queries, *found], 20),
            }
        )
