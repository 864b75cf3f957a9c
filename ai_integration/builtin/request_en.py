"""Reading an English requirement: "Write a report on X: a, b and c", "Compare A and B on c" and their relatives."""

import re

from ai_integration.builtin import request_en_manner, vocabulary
from ai_integration.builtin.reading import Reading
from ai_integration.builtin.request_en_topic import (
    NOTE_CALLED,
    WH,
    WH_START,
    asked_of_all,
    own_words,
    question_topic,
)

SENTENCE_LIMIT = 300
_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?!\s|$)[^.!?\n]+)*[!?]?")
_LIST = re.compile(
    r"\s*(?:,\s*(?:and|or|as well as)\s+|,|;|\s+and\s+|\s+as well as\s+|\s+plus\s+|\s*&\s*)\s*", re.IGNORECASE
)
_PAIR = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|with|to|vs\.?|versus|against|or)\s+", re.IGNORECASE)
_POLITE = re.compile(
    r"^(?:(?:hi|hello|dear)[^,]{0,30},\s*)?(?:(?:and|also|then|please|kindly|could you|can you|would you|will you|i(?:['’]d| would) like(?: you)?(?: to)?|i want(?: you)?(?: to)?|"
    r"i(?: also)? need(?: you to)?|we need(?: to)?|help (?:me|us)(?: to)?|let's|finally|next)\s+)+",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    rf"^(?:{WH}|is|are|was|were|do|does|did|has|have|had|can|could|should|will|would)\b.*|.*\?$",
    re.IGNORECASE,
)
_DELIVERABLE = (
    r"(?:report|summary|overview|document|documentation|memo|paper|article|note|notes|brief|briefing|research|announcement|notice|plan|proposal|"
    r"minutes|draft|checklist|list|guide|manual|page|comparison|analysis|table|invitation|agenda|email|handout|policy|one-pager|review|presentation)"
)
_DO = (
    r"(?:write(?: up)?|draft|prepare|create|make|produce|compile|summari[sz]e|research|investigate|study|find(?: out)?|look (?:into|up)|check|list|tell (?:me|us)|give (?:me|us)|"
    r"show(?: me)?|explain|describe|collect|gather|read|plan|organi[sz]e|announce|analy[sz]e|review|report(?: on)?|document|put together|outline|identify|examine|explore|work out|state)"
)
_ABOUT = re.compile(
    rf"^(?:{_DO}\s+(?:(?:me|us)\s+)?)?(?:(?:a|an|the|our|my|some|short|brief|detailed|research|project|one-page|full|meeting|internal|status)\s+)*{_DELIVERABLE}\s+"
    r"(?:on|about|of|for|regarding|concerning|covering|from|to announce|into|explaining|describing|showing|(?<=guide )to)\s+(?P<topic>.+)$",
    re.IGNORECASE,
)
_VERB = re.compile(rf"^{_DO}\s+(?:about\s+|on\s+|into\s+)?(?P<topic>.+)$", re.IGNORECASE)
_TAIL_DELIVERABLE = re.compile(
    r"\s+(?:(?:research|status|meeting|short|written)\s+)?(?:report|summary|overview|announcement|minutes|checklist|memo|briefing|comparison|document|plan|draft)$",
    re.IGNORECASE,
)
_COLON = re.compile(r"^(?P<head>[^:]{2,160}):\s+(?P<list>.+)$")
_WITH = re.compile(
    r"^(?P<head>.+?),?\s+(?:including|covering|focus(?:ing|sed)? on|with (?:a )?focus on|in terms of|with respect to|with regard to|paying attention to|and cover|and include|such as|listing|stating|with details (?:on|of)|and (?=(?:who|what|when|where|why|how)\b))\s*(?P<list>.+)$",
    re.IGNORECASE,
)
_OF = re.compile(
    r"^(?P<list>.+?)\s+(?P<by>of|for|in|about|from|regarding|with|on)\s+(?P<topic>.+)$", re.IGNORECASE
)
_NUMBERS = re.compile(r"\s+(?:for|with|of)\s+(?:about\s+|around\s+)?\d.*$", re.IGNORECASE)
_HAPPENED = re.compile(r"what (?:happen(?:ed|s)|went on|took place)\b", re.IGNORECASE)
_COMPARE = re.compile(
    r"\b(?:compare|comparison|comparing|versus|vs\.?|difference|differences|differ|better|contrast)\b",
    re.IGNORECASE,
)
_ON = r"(?:on|in terms of|with respect to|regarding|by|for|concerning|about|according to|as to)"
_COMPARED = (
    re.compile(
        rf"\b(?:compare|contrast|comparing)\s+(?P<things>.+?)(?:\s+{_ON}\s+(?P<aspects>.+))?$", re.IGNORECASE
    ),
    re.compile(
        rf"\b(?:differences?|comparison)\s+(?:between|of)\s+(?P<things>.+?)(?:\s+(?:{_ON}|in)\s+(?P<aspects>.+))?$",
        re.IGNORECASE,
    ),
    re.compile(
        r"\bhow\s+(?:do|does)\s+(?P<things>.+?)\s+(?:differ|compare)(?:\s+(?:in|on)\s+(?P<aspects>.+))?$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:.*?\b(?:is better|should we (?:choose|use|buy|pick)|do we want)\b[,:]?\s*)?(?P<things>.+?\s+(?:vs\.?|versus|or)\s+.+?)(?:\s+(?:on|in terms of|for)\s+(?P<aspects>.+))?$",
        re.IGNORECASE,
    ),
)
_SHARED = re.compile(
    r"^(?:the |their |our )?(?P<common>[a-z][a-z ]{1,40}?) (?:in|of|from|by|given by|between)\s+(?P<thing>\S.*)$"
)
_LEADING = re.compile(
    r"^(?:(?:the|a|an|our|my|their|its|this|that|these|those|some|all|any|both|each|on|about|of|for|in|and|or|to|also|then|following)\s+)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:\s+(?:please|in (?:a|one) (?:table|page|report)|as a table|in english|for (?:me|us)|and|or|of|for|on|with|the|a|it))+$|[\s,;:.?!]+$",
    re.IGNORECASE,
)
_TASK_CLAUSE = re.compile(rf"(?:,|\s+and)\s+(?:then\s+)?(?={_DO}\b)", re.IGNORECASE)
_READ = re.compile(r"^(?:read|go through|look (?:at|through))\b", re.IGNORECASE)
_TO_DO = re.compile(rf"^{_DO}\b", re.IGNORECASE)
_OWNED = re.compile(r"^(?P<topic>[^'’]{2,60})['’]s (?P<list>.+)$")
_PRONOUN = re.compile(r"\b(?:them|they|it|these|this)\b", re.IGNORECASE)


def read(lead: str) -> Reading:
    """Read the prose of a requirement, names swapped for private characters."""
    said = [each for each in _SENTENCE.findall(request_en_manner.whole(lead))[:40] if each.strip()]
    said = [each for each in said if not request_en_manner.is_manner(each)] or said
    clauses = [numbered for sentence in said for numbered in enumerate(_clauses(sentence))]
    comparing = any(_COMPARE.search(clause) for _number, clause in clauses)
    topic = ""
    things: tuple[str, ...] = ()
    aspects: list[str] = []
    questions: list[str] = []
    for number, sentence in clauses:
        compared = _compared(sentence)
        if compared and not things:
            things, found = compared
            aspects += found
            continue
        part = _question(sentence) if _QUESTION.match(sentence) else _statement(sentence)
        if number and topic and _READ.match(clauses[0][1]) and not (part.aspects or part.questions):
            aspects += [part.topic] if part.topic else []  # "read the notes on X and list the open tasks"
        topic = topic or part.topic
        questions += part.questions
        aspects += part.aspects
    aspects = [
        _resolved(aspect, topic) for aspect in dict.fromkeys(aspects) if aspect.casefold() != topic.casefold()
    ]
    if len(questions) == 1:
        aspects, questions = [*aspects, *questions], []
    asking = bool(said) and all(_QUESTION.match(each.strip()) is not None for each in said)
    return Reading(topic, things, tuple(aspects), tuple(dict.fromkeys(questions)), comparing, asking)


def _clauses(sentence: str) -> list[str]:
    plain = request_en_manner.bare(_POLITE.sub("", sentence.strip()[:SENTENCE_LIMIT]))
    plain = _POLITE.sub("", plain).strip()
    plain = plain.rstrip("? ") if _TO_DO.match(plain) else plain
    return [clause.strip() for clause in _TASK_CLAUSE.split(plain) if clause.strip()]


def _resolved(aspect: str, topic: str) -> str:
    """ "how to write them" after the topic "evergreen notes" → "how to write evergreen notes"."""
    return _PRONOUN.sub(lambda _: topic, aspect, count=1) if topic and WH_START.match(aspect) else aspect


def _compared(sentence: str) -> tuple[tuple[str, ...], list[str]] | None:
    for pattern in _COMPARED if _COMPARE.search(sentence) else ():
        found = pattern.search(sentence.rstrip("?. "))
        things = [_strip(thing) for thing in _PAIR.split(found["things"])] if found else []
        things = [thing for thing in things if thing]
        if found and len(things) >= 2:
            return _without_common(things, _pieces(found["aspects"] or ""))
    return None


def _without_common(things: list[str], aspects: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """ "the advice in A and B" compares A and B; what they share is the aspect when none is named."""
    shared = _SHARED.match(things[0])
    if shared:
        things = [_strip(shared["thing"]), *things[1:]]
        aspects = aspects or [shared["common"].strip()]
    return tuple(dict.fromkeys(things)), aspects


def _statement(sentence: str) -> Reading:
    head, listed = _head_and_list(sentence.rstrip(". "))
    about = _ABOUT.match(head) or _VERB.match(head)
    phrase = _strip(_TAIL_DELIVERABLE.sub("", _strip(about["topic"] if about else head)))
    if listed:
        owner = _indirect(phrase) if WH_START.match(phrase) else _noun_phrase(phrase)
        named = () if _HAPPENED.match(phrase) else owner.aspects  # the list says what of it is meant
        return Reading(owner.topic, aspects=(*named, *_pieces(listed)))
    if WH_START.match(phrase):
        return _indirect(phrase)
    return _noun_phrase(phrase)


def _head_and_list(sentence: str) -> tuple[str, str]:
    for pattern in (_COLON, _WITH):
        found = pattern.match(sentence)
        if found and (pattern is _WITH or len(_pieces(found["list"])) >= 2):
            return found["head"], found["list"]
    return sentence, ""


def _indirect(phrase: str) -> Reading:
    """ "what X are and how to write them": one aspect per clause that begins with a question word."""
    parts = re.split(rf",?\s+(?:and|or)\s+(?=(?:{WH})\b)|,\s+(?=(?:{WH})\b)", phrase, flags=re.IGNORECASE)
    topic = next((found for part in parts if (found := question_topic(part))), "")
    return Reading(topic, aspects=tuple(part.strip() for part in parts))


def _noun_phrase(phrase: str) -> Reading:
    possessed = _OWNED.match(phrase)
    wanted = _pieces(possessed["list"]) if possessed else []
    if possessed and wanted and all(_is_aspect(each) for each in wanted):
        return Reading(own_words(possessed["topic"]), aspects=tuple(wanted))
    owned = _OF.match(phrase)
    return (_owned(owned) if owned else None) or _listed(phrase)


def _owned(owned: re.Match[str]) -> Reading | None:
    """ "the price and delivery of X" has the topic X; "X's advice about money and work" has the topic X's advice."""
    before, after = _pieces(owned["list"]), _pieces(owned["topic"])
    if owned["by"].lower() in {"about", "on"} and len(before) == 1 and len(after) >= 2:
        return Reading(own_words(before[0]), aspects=tuple(after))
    if owned["by"].lower() in {"with", "on"}:
        return None
    if len(before) >= 2 or (before and owned["by"].lower() == "of" and _is_aspect(before[0])):
        return Reading(own_words(owned["topic"]), aspects=tuple(before))
    return None


def _listed(phrase: str) -> Reading:
    pieces = _pieces(phrase)
    names = len(pieces) == 2 and all(piece[0].isupper() or piece[0] >= "\ue000" for piece in pieces)
    if len(pieces) >= 3 or names:
        return Reading(aspects=tuple(pieces))
    return Reading(own_words(_NUMBERS.sub("", phrase.split(",")[0])))


def _is_aspect(word: str) -> bool:
    return len(word.split()) <= 3 and (vocabulary.is_aspect(word) or vocabulary.is_aspect(word.split()[-1]))


def _question(sentence: str) -> Reading:
    listing = _COLON.match(sentence.rstrip("?. "))
    if listing and len(_pieces(listing["list"])) >= 2:
        return Reading(question_topic(listing["head"]), aspects=tuple(_pieces(listing["list"])))
    parts = re.split(rf",?\s+and\s+(?=(?:{WH})\b)|,\s+(?=(?:{WH})\b)", sentence.strip(), flags=re.IGNORECASE)
    topic = next((found for part in parts if (found := question_topic(part))), "")
    clean = tuple(asked_of_all(part.strip(" ?")) for part in parts if part.strip(" ?"))
    return Reading(topic, questions=clean)


def _pieces(listed: str) -> list[str]:
    pieces = (_strip(piece) for piece in _LIST.split(listed) if piece)
    return [piece for piece in pieces if piece and re.search(r"\w|[\ue000-\uf8ff]", piece)][:40]


def _strip(phrase: str) -> str:
    phrase, previous = NOTE_CALLED.sub("", phrase), ""
    while phrase != previous:
        previous, phrase = phrase, _TRAILING.sub("", _LEADING.sub("", phrase.strip())).strip()
    return phrase
