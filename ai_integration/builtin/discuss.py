"""Taking part in a discussion, and moderating one, with nothing but what stands in the passages.

A speaker quotes what its role and skills make it look for, says what it makes of the others' quotations, answers the
commander, and says plainly when it has nothing new. The moderator keeps the order and stops when that is true of all.
It never says that they agree: it cannot know.
"""

from collections.abc import Sequence

from ai_integration.builtin import answers, display, findings, language, text, vocabulary
from ai_integration.builtin.extracts import Extract, reading_order
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms.page import clean, source_of
from ai_integration.builtin.lens import Topic, View, say, views
from ai_integration.builtin.ranking import Corpus
from ai_integration.jobs import (
    Citation,
    ModerateBrief,
    Moderation,
    Passage,
    SaidCitation,
    SpeakBrief,
    Speech,
    TalkBrief,
    Turn,
)

PER_VIEW = 2
PER_SPEECH = 4
PER_QUESTION = 4
REACTIONS = 2
SHORT = 60
WHOLE = 8
CAUTIONS = ("risk", "contrast")


def do_speak(brief: SpeakBrief) -> Speech:
    """What the speaker says in this turn; every statement of fact in it is a quotation."""
    return _Speaker(brief).speech()


class _Speaker:
    def __init__(self, brief: SpeakBrief) -> None:
        self.brief = brief
        self.tongue = language.of(brief.language, brief.topic)
        self.topic = Topic(brief.topic, brief.passages)
        self.corpus = Corpus(brief.passages)
        self.lines: list[str] = []
        self.cited: list[Citation] = []
        self.quoted: list[Extract] = []
        self.reacted = False
        self.others = [
            each for each in since_redirect(brief.turns) if each.speaker not in ("", brief.speaker.name)
        ]
        self.before = [each for each in since_redirect(brief.turns) if each.speaker == brief.speaker.name]
        self.known = {squeezed(each.quote) for turn in brief.turns for each in turn.citations}

    def speech(self) -> Speech:
        answered = [self._answer(each) for each in self.brief.open if each.kind != "redirect"]
        asked = any(
            each.kind == "clarification" for each in self.brief.open
        )  # then the answer is all that is wanted
        new = [] if asked else self._single() if self.brief.kind == "ask" else self._own_views()
        if new or not answered:
            self._react(new)
        if not new and not answered:
            self._nothing()
        return Speech(
            text=text_of(self.lines),
            position=self._position(new),
            citations=list(dict.fromkeys(self.cited)),
            wants_to_stop=not new and not answered,
        )

    def _own_views(self) -> list[Extract]:
        """Quote what the topic asks, then what one's own view finds; both only as far as nobody has said it."""
        if not self.topic.has_content:
            return []
        plain = View(self.topic.needs())
        new = self._quote(self._fresh(plain, PER_VIEW), "adds" if self.others or self.before else "opening")
        for view in views(self.topic, self.brief.speaker, self.brief.kind, self.tongue):
            if len(new) < PER_SPEECH:
                found = self._fresh(view, min(PER_VIEW, PER_SPEECH - len(new)))
                new += self._quote(
                    found, view.key, role=clean(self.brief.speaker.role), label=clean(view.label)
                )
        return new or self._near()

    def _near(self) -> list[Extract]:
        """What comes close, where nothing answers and nobody has said anything yet."""
        if self.known:
            return []
        found = self._find(View(self.topic.needs()), PER_QUESTION)
        return self._quote([extract for each in found for extract in each.near], "near")

    def _single(self) -> list[Extract]:
        """The whole answer to a single question; where nothing answers, what comes close is shown as just that."""
        if not self.topic.has_content:
            return []
        found = self._find(View(self.topic.needs()), PER_QUESTION)
        new = self._quote([extract for each in found for extract in each.extracts], "opening")
        return new or self._near()

    def _find(self, view: View, limit: int) -> list[Finding]:
        found: list[Finding] = []
        for need in view.needs:
            taken = [*self.quoted, *(extract for each in found for extract in each.extracts)]
            found.append(findings.answer(self.corpus, need, taken, limit=limit))
        return found

    def _fresh(self, view: View, limit: int) -> list[Extract]:
        extracts = [
            extract for each in self._find(view, limit + len(self.known)) for extract in each.extracts
        ]
        telling = [
            each for each in extracts if each.unit.kind != "property"
        ]  # a note's date is nothing to discuss
        fresh = [each for each in telling if not self._is_known(each.quote)]
        return [each for each in fresh if not any(each.overlaps(other) for other in self.quoted)][:limit]

    def _is_known(self, quote: str) -> bool:
        """Whether somebody has quoted this, or most of it, already."""
        said = squeezed(quote)
        left = said
        for each in self.known:
            if said in each:
                return True
            left = left.replace(each, "") if len(each) >= WHOLE else left
        return len(left) < len(said) / 2

    def _quote(self, extracts: Sequence[Extract], key: str, **values: object) -> list[Extract]:
        """Write the quotations under their sentence; nothing at all when there are none."""
        if not extracts:
            return []
        values = {"topic": clean(self.topic.wording)} | values
        self.lines += ["", say(key, self.tongue, **values), ""]
        for each in reading_order(extracts):
            self.lines.append(
                vocabulary.say(
                    "bullet_from", self.tongue, quote=each.shown, ref=each.ref, source=source_of(each)
                )
            )
            self.cited.append(Citation(ref=each.ref, quote=each.quote))
        self.quoted += extracts
        return list(extracts)

    def _answer(self, turn: Turn) -> bool:
        """Answer what the commander said; True, because it deserved an answer also where nothing was found."""
        question = Topic(turn.text, self.brief.passages, about=self.topic.subject)
        shown = clean(text.clip(turn.text, SHORT))
        asked = turn.kind == "clarification"
        found = self._find(View(question.needs()), PER_QUESTION) if question.has_content else []
        extracts = [extract for each in found for extract in each.extracts]
        if self._quote(extracts[:PER_QUESTION], "answer" if asked else "heard", question=shown):
            return True
        if asked and not question.has_content and self._basis(shown):
            return True
        near = [extract for each in found for extract in each.near]
        if self._quote(near[:PER_VIEW], "answer_near", question=shown) or (asked and self._basis(shown)):
            return True
        self.lines += ["", say("answer_none" if asked else "heard_none", self.tongue, question=shown)]
        return True

    def _basis(self, question: str) -> bool:
        """The places that one's own last words rested on."""
        mine = next((each.citations for each in reversed(self.before) if each.citations), [])
        mine = [each for each in mine if _stands(each, self.brief.passages)]
        if mine:
            self.lines += ["", say("answer_basis", self.tongue, question=question), ""]
        for each in mine[:PER_QUESTION]:
            values = {
                "quote": clean(each.quote),
                "ref": each.ref,
                "note": clean(each.note),
                "line": each.line,
            }
            self.lines.append(say("place", self.tongue, **values))
            self.cited.append(Citation(ref=each.ref, quote=each.quote))
        return bool(mine)

    def _react(self, new: Sequence[Extract]) -> None:
        """Say what one makes of the others' last quotations, once for each of them."""
        since = self.before[-1].number if self.before else 0
        last = {turn.speaker: turn for turn in self.others if turn.citations and turn.number > since}
        for turn in list(last.values())[-REACTIONS:]:
            quote = clean(text.clip(display.shown(turn.citations[0].quote), SHORT))
            key = self._stance(turn, new)
            self.lines += ["", say(key, self.tongue, name=clean(turn.speaker), quote=quote)]
            self.reacted = True

    def _stance(self, turn: Turn, new: Sequence[Extract]) -> str:
        if (
            any(answers.answers(ask, each.quote) for each in new for ask in CAUTIONS)
            and self.brief.kind != "brainstorm"
        ):
            return "caution"
        theirs = {squeezed(each.quote) for each in turn.citations[:1]}
        mine = [
            extract
            for each in self._find(View(self.topic.needs()), PER_QUESTION)
            for extract in each.extracts
        ]
        return "supports" if theirs & {squeezed(each.quote) for each in mine} else "nothing_against"

    def _nothing(self) -> None:
        anybody = self.known or self.before or self.others
        key = "nothing_new" if anybody else "nothing_found"
        self.lines += ["", say(key, self.tongue, topic=clean(self.topic.wording))]

    def _position(self, new: Sequence[Extract]) -> str:
        """What one brought first: later details do not move it."""
        earlier = next((each.position for each in self.before if each.citations), "")
        own = list(new) or self.quoted
        if own and not earlier:
            values = {"quote": text.clip(own[0].shown, 160), "source": text.clip(source_of(own[0]), 80)}
            return text.clip(say("position", self.tongue, **values), 300)
        return earlier or say("position_reacted" if self.reacted else "position_none", self.tongue)


def do_moderate(brief: ModerateBrief) -> Moderation:
    """The next in line, or the end when everybody's last word was that there is nothing new."""
    tongue = language.of(brief.language, brief.topic)
    if not _says_anything(brief):
        topic = clean(text.clip(brief.topic, SHORT))
        return Moderation(
            stop="needs_commander",
            reason=say("moderator_question_reason", tongue),
            question=say("moderator_question", tongue, topic=topic),
        )
    if _exhausted(brief):
        cited = any(turn.citations for turn in since_redirect(brief.turns))
        key = "moderator_nothing_new" if cited else "moderator_nothing_found"
        return Moderation(stop="nothing_new", reason=say(key, tongue))
    names = brief.waiting or [each.name for each in brief.participants]
    return Moderation(next=names[0] if names else "", reason=say("moderator_next", tongue))


def _says_anything(brief: TalkBrief) -> bool:
    said = [
        brief.topic,
        *(turn.text for turn in brief.turns if not turn.speaker and turn.kind == "interjection"),
    ]
    return any(vocabulary.content_terms(each[:2000]) for each in said)


def _exhausted(brief: ModerateBrief) -> bool:
    last = {turn.speaker: turn for turn in since_redirect(brief.turns) if turn.kind in ("speech", "system")}
    spoken = [last.get(each.name) for each in brief.participants]
    return bool(spoken) and all(turn is not None and (turn.done or turn.kind == "system") for turn in spoken)


def since_redirect(turns: Sequence[Turn]) -> list[Turn]:
    """What was said on the present topic."""
    start = max((at for at, turn in enumerate(turns, 1) if turn.kind == "redirect"), default=0)
    return list(turns[start:])


def squeezed(quote: str) -> str:
    """By what two quotations are known to be the same."""
    return "".join(char for char in text.fold(quote) if char.isalnum())


def text_of(lines: Sequence[str]) -> str:
    """Lines as Markdown, without empty ones at the edges and never two in a row."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()[:20_000]


def _stands(citation: SaidCitation, passages: Sequence[Passage]) -> bool:
    return any(passage.ref == citation.ref and citation.quote in passage.text for passage in passages)
