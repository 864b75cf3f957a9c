"""The minutes of a discussion, sorted out of what was said and cited. Nobody decides in them what nobody said."""

import re
from collections.abc import Iterable

from ai_integration.builtin import answers, display, language, lens, text
from ai_integration.builtin.discuss import since_redirect, squeezed
from ai_integration.builtin.forms.page import clean
from ai_integration.builtin.lens import say
from ai_integration.jobs import ActionItem, MinutesBrief, MinutesDraft, SaidCitation, Stance, Teammate, Turn

MOST = 12
LINE = 280
SHORT = 120
# Speaks of deciding, but nothing is decided yet.
_TO_COME = re.compile(
    r"(?:決め|決まっ)てい?な|決める(?:こと)?[。）)]?$|決まっていること|承認を(?:取|得|求)|"
    r"\b(?:to be decided|to decide|will decide|not (?:yet )?decided|undecided|needs? approval)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:て|で)(?:ください|下さい|ほしい|欲しい|おいて)|お願い|\bplease\b|\b(?:should|must|needs? to|has to)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^。！!？?\n]+[。！!？?]?")
_PROPERTY = re.compile(r"[a-z_][a-z0-9_-]{0,30}::?\s*\S")
_NAME_EDGE = re.compile(r"[の\s、,・]+")
LOOKERS = ("researcher", "librarian", "analyst")


def do_minutes(brief: MinutesBrief) -> MinutesDraft:
    """Positions, decisions on record, what stayed open, and what follows from it."""
    return _Secretary(brief).draft()


class _Secretary:
    def __init__(self, brief: MinutesBrief) -> None:
        self.brief = brief
        self.tongue = language.of(brief.language, brief.topic)
        self.topic = clean(text.clip(brief.topic, SHORT))
        self.speeches = [turn for turn in brief.turns if turn.kind == "speech"]
        self.commander = [turn for turn in brief.turns if not turn.speaker and turn.kind == "interjection"]
        self.citations = _whole([each for turn in self.speeches for each in turn.citations])

    def draft(self) -> MinutesDraft:
        decisions = self._decisions()
        unanswered, missing = self._unanswered(), self._missing(decisions)
        asked = [say("open_unanswered", self.tongue, quote=each) for each in unanswered]
        left_open = self._on_record("open", "open_on_record")
        follow_up = {say("action_look", self.tongue, label=each): each for each in unanswered}
        follow_up |= dict.fromkeys(missing, self.topic)
        actions = [*self._asked_for(), *self._from_record(), *self._follow_up(follow_up)]
        return MinutesDraft(
            summary=self._summary(),
            positions=self._positions(),
            decisions=decisions,
            open_questions=_lines([*asked, *left_open, *missing.values()]),
            actions=_distinct(actions)[:MOST],
        )

    def _summary(self) -> str:
        told = say(
            "summary",
            self.tongue,
            topic=self.topic,
            people=len({turn.speaker for turn in self.speeches}),
            speeches=len(self.speeches),
            notes=len({each.note for each in self.citations}),
            quotes=len(self.citations),
            stop=self.brief.stop_reason.rstrip("。."),
        )
        return f"{told}\n\n{say('summary_label', self.tongue)}"

    def _positions(self) -> list[Stance]:
        last = {each.name: each.position for each in self.brief.earlier if each.name}
        last |= {turn.speaker: turn.position for turn in self.speeches if turn.position}
        return [Stance(name=name, position=text.clip(position, LINE)) for name, position in last.items()]

    def _decisions(self) -> list[str]:
        """What the commander said that decides, then decisions that the cited notes record."""
        said = [
            say("decided_by_commander", self.tongue, quote=clean(text.clip(turn.text, SHORT)))
            for turn in self.commander
            if answers.answers("decision", turn.text)
        ]
        return _lines([*said, *self._on_record("decision", "decided_on_record")])

    def _on_record(self, ask: str, key: str) -> list[str]:
        return [
            say(key, self.tongue, quote=_shown(each), note=clean(each.note))
            for each in self.citations
            if answers.answers(ask, text.fold(each.quote)) and _one_sided(ask, each)
        ]

    def _unanswered(self) -> list[str]:
        """Questions of the commander that nobody with a citation answered."""
        asked = [turn for turn in self.brief.turns if turn.kind == "clarification" and not turn.speaker]
        return [clean(text.clip(turn.text, SHORT)) for turn in asked if not self._answer_to(turn)]

    def _answer_to(self, question: Turn) -> bool:
        after = [
            turn for turn in self.speeches if turn.number > question.number and turn.speaker == question.to
        ]
        return bool(after) and bool(after[0].citations)

    def _missing(self, decisions: list[str]) -> dict[str, str]:
        """What the topic wanted and did not get: `{title of the action: the open question}`."""
        if not any(turn.citations for turn in since_redirect(self.brief.turns)):
            look = say("action_look", self.tongue, label=self.topic)
            return {look: say("open_nothing_found", self.tongue, topic=self.topic)}
        if decisions:
            return {}
        conclude = say("action_conclude", self.tongue, label=self.topic)
        return {conclude: say("open_no_decision", self.tongue, topic=self.topic)}

    def _asked_for(self) -> list[ActionItem]:
        """What the commander told somebody to do."""
        sentences = (each for turn in self.commander for each in _SENTENCE.findall(turn.text[:4000]))
        wanted = (
            each for each in sentences if _REQUEST.search(each) or answers.answers("todo", text.fold(each))
        )
        return [
            ActionItem(title=clean(text.clip(each, SHORT)), owner=self._named_in(each)) for each in wanted
        ]

    def _from_record(self) -> list[ActionItem]:
        """What the cited notes say is still to be done; the one who brought it up keeps an eye on it."""
        found = []
        for turn in self.speeches:
            for each in turn.citations:
                if _PROPERTY.match(each.quote):
                    continue
                if answers.answers("todo", text.fold(each.quote)) and not answers.answers(
                    "decision", each.quote
                ):
                    owner = self._named_in(each.quote) or turn.speaker
                    found.append(ActionItem(title=text.clip(_shown(each), SHORT), owner=owner))
        return found

    def _follow_up(self, titles: dict[str, str]) -> list[ActionItem]:
        """`{title: what it is about}` as work for whoever finds things out."""
        owner = self._looker()
        criterion = {
            title: say("action_criterion", self.tongue, label=label) for title, label in titles.items()
        }
        return [ActionItem(title=title, owner=owner, acceptance=[criterion[title]]) for title in titles]

    def _looker(self) -> str:
        """Who finds things out: by the kind of role, else the first."""
        people = self.brief.participants
        ranked = sorted(people, key=_place)
        return ranked[0].name if ranked else ""

    def _named_in(self, statement: str) -> str:
        """Who is named, by name, by a part of it, or by role."""
        folded = text.fold(statement)
        people = self.brief.participants
        by_name = [mate for mate in people if any(part in folded for part in _name_parts(mate))]
        by_role = [mate for mate in people if mate.role and text.fold(mate.role) in folded]
        return next((mate.name for mate in [*by_name, *by_role]), "")


def _name_parts(mate: Teammate) -> list[str]:
    """The parts of a name that are no role: 水野 of 調査の水野, Mizuno of "Mizuno, research"."""
    parts = _NAME_EDGE.split(text.fold(mate.name))
    return [part for part in parts if len(part) > 1 and part not in text.fold(mate.role)]


def _place(mate: Teammate) -> int:
    function = lens.function_of(mate)
    return LOOKERS.index(function) if function in LOOKERS else len(LOOKERS)


def _whole(citations: list[SaidCitation]) -> list[SaidCitation]:
    """Each statement once; of one that stands in a longer one, the longer."""
    known = {squeezed(each.quote): each for each in citations}
    return [
        each for quote, each in known.items() if not any(quote != other and quote in other for other in known)
    ]


def _one_sided(ask: str, citation: SaidCitation) -> bool:
    """An open point is no decision, even if it speaks of deciding."""
    around = f"{citation.heading} {citation.quote}"
    return ask == "open" or not (
        answers.answers("open", text.fold(citation.quote)) or _TO_COME.search(around)
    )


def _shown(citation: SaidCitation) -> str:
    return clean(text.clip(display.shown(citation.quote), SHORT))


def _lines(lines: Iterable[str]) -> list[str]:
    return [text.clip(each, LINE) for each in dict.fromkeys(lines)][:MOST]


def _distinct(actions: Iterable[ActionItem]) -> list[ActionItem]:
    return list({squeezed(each.title): each for each in actions if squeezed(each.title)}.values())
