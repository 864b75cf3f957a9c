"""From the rows of a discussion to what its speakers, its moderator and its secretary are told."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from ai_integration.jobs import (
    MinutesBrief,
    ModerateBrief,
    SaidCitation,
    SpeakBrief,
    Stance,
    Teammate,
    Turn,
)
from knowledge.selectors import find_passages
from workflows.floor import Floor, Word
from workflows.graphs.briefs import passage_of, place_of, readable
from workflows.models import Discussion, DiscussionMessage, Participant
from workflows.selectors import passages_cited
from workflows.states import MessageKind
from workflows.talk_words import why

PASSAGES_FOR_SPEECH = 10
PASSAGES_OF_OTHERS = 12
MESSAGES_CITING = 12
TURNS_WHOLE = 24
LETTERS_WHOLE = 24_000
LETTERS_OF_ONE = 6_000
EARLIER = 40
SKILLS_SEARCHED = 5


def speak_brief(discussion: Discussion, floor: Floor, word: Word) -> tuple[SpeakBrief, list[dict[str, Any]]]:
    """The brief, and every passage that the speech may cite, as `{ref, note, note_id, source_id, …}`."""
    open_now = _open(floor, word)
    cited = {_words(place): place for place in passages_cited(discussion, last=MESSAGES_CITING)}
    found = [cited.pop(_words(place), place) for place in _found(discussion, word.seat, open_now)]
    shown = found + readable(word.seat.persona, list(cited.values()))[:PASSAGES_OF_OTHERS]
    brief = SpeakBrief(
        **_common(discussion, floor),
        speaker=_teammate(word.seat),
        passages=[passage_of(place) for place in shown],
        open=[_turn(each, _names(floor)) for each in open_now],
    )
    return brief, shown


def moderate_brief(discussion: Discussion, floor: Floor) -> ModerateBrief:
    return ModerateBrief(
        **_common(discussion, floor),
        round=floor.round,
        max_rounds=floor.max_rounds,
        waiting=[seat.name for seat in floor.waiting()],
    )


def minutes_brief(discussion: Discussion, floor: Floor) -> MinutesBrief:
    reason = discussion.reason or why(discussion.stop, discussion.language)
    return MinutesBrief(**_common(discussion, floor), stop_reason=reason)


def _common(discussion: Discussion, floor: Floor) -> dict[str, Any]:
    names = _names(floor)
    whole = _newest(floor.messages)
    older = floor.messages[: len(floor.messages) - len(whole)]
    return {
        "topic": discussion.topic,
        "kind": discussion.kind,
        "language": discussion.language,
        "today": timezone.localdate().isoformat(),
        "participants": [_teammate(seat) for seat in floor.seats],
        "turns": [_turn(each, names) for each in whole],
        "earlier": [
            Stance(name=names.get(each.persona_id, ""), position=each.position or each.text[:200])
            for each in older[-EARLIER:]
            if each.position or each.user_id
        ],
    }


def _newest(messages: Sequence[DiscussionMessage]) -> list[DiscussionMessage]:
    """The newest messages that together are short enough to be told whole; at least one."""
    letters, kept = 0, 0
    for each in reversed(messages[-TURNS_WHOLE:]):
        letters += min(len(each.text), LETTERS_OF_ONE)
        if kept and letters > LETTERS_WHOLE:
            break
        kept += 1
    return list(messages[len(messages) - kept :])


def _turn(message: DiscussionMessage, names: dict[Any, str]) -> Turn:
    places = [
        SaidCitation(**{name: each[name] for name in ("ref", "quote", "note", "heading", "line")})
        for each in message.citations
    ]
    return Turn(
        number=message.number,
        speaker="" if message.user_id else names.get(message.persona_id, message.author),
        kind=message.kind,
        text=message.text[:LETTERS_OF_ONE],
        position=message.position,
        citations=places,
        to=names.get(message.asked_id, "") if message.asked_id else "",
        done=message.done,
    )


def _names(floor: Floor) -> dict[Any, str]:
    """How each persona is called here, those that have left included."""
    gone = {each.persona_id: each.author for each in floor.messages if each.persona_id}
    return gone | {seat.persona_id: seat.name for seat in floor.seats}


def _teammate(seat: Participant) -> Teammate:
    return Teammate(role=seat.persona.role, name=seat.name, skills=seat.persona.skills)


def _open(floor: Floor, word: Word) -> list[DiscussionMessage]:
    """What this speaker is to answer: its clarification, and what the commander said to all since somebody last heard."""
    to_all = [each for each in floor.unheard() if each.kind != MessageKind.CLARIFICATION]
    return ([word.reply_to] if word.reply_to else []) + to_all


def _found(
    discussion: Discussion, seat: Participant, asked: Sequence[DiscussionMessage]
) -> list[dict[str, Any]]:
    vaults = [discussion.vault_id] if discussion.vault_id else []
    sources = list(discussion.sources.values_list("pk", flat=True))
    if not (vaults or sources):
        return []
    found = find_passages(
        discussion.owner,
        vault_ids=vaults,
        source_ids=sources,
        folders=seat.persona.folders if seat.persona else (),
        queries=[*(each.text[:1000] for each in asked), *_queries(discussion.topic, seat)],
        limit=PASSAGES_FOR_SPEECH,
    )
    return [place_of(f"t{discussion.turn + 1}-{number}", each) for number, each in enumerate(found, 1)]


def _queries(topic: str, seat: Participant) -> list[str]:
    """What this speaker looks for: the topic, and the topic as its role and skills see it."""
    seen_as = [seat.persona.role, *seat.persona.skills[:SKILLS_SEARCHED]]
    short = topic[:200]
    return [topic[:1000], *(f"{short} {word}" for word in seen_as if word)]


def _words(place: dict[str, Any]) -> tuple[str, int, str]:
    """What makes two passages the same one: it keeps its `ref` through the whole discussion."""
    return place["note"], place["line"], place["text"]
