"""What an English phrase or question is about."""

import re

from ai_integration.builtin import request_en_manner, vocabulary

WH = r"what|when|where|who|whom|whose|why|how|which|whether"
WH_START = re.compile(rf"^(?:{WH})\b", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(?:do|does|did|has|have|can|will|should|would)\s*$", re.IGNORECASE)
_SAYING = re.compile(
    r"^(?P<who>.+?)\s+(?:say|says|said|mention|tell us|advise|recommend|suggest|write|state|think)\s+(?:about|on|regarding|of)\b",
    re.IGNORECASE,
)
NOTE_CALLED = re.compile(
    r"(?<=[\ue000-\uf8ff])\s+(?:notes?|page|document|file)$", re.IGNORECASE
)  # a name stands before it
_CONCERNING = re.compile(
    r"\b(?:decided|agreed|settled|known|noted|recorded|reported|discussed|learn(?:ed|t)|found out|written)\s+(?:about|on|regarding|concerning|for|in|at|during)\s+(?P<topic>.+)$",
    re.IGNORECASE,
)
_RECORD = re.compile(rf"{request_en_manner.RECORD}$", re.IGNORECASE)
_CHOICE = re.compile(
    r"^(?P<what>\S+(?: \S+){0,3}?)\s+(?:should|can|could|do|did|must)\s+(?:i|we|you|one)\s+\w+(?:\s+(?:about|on|for|in)\s+(?P<topic>.+))?$",
    re.IGNORECASE,
)
# "Which films are science fiction" is about science fiction, "the to-dos for the theme" are the theme's.
_OF_CLASS = re.compile(
    r"^(?:which|what)\s+(?:(?:kind|sort|type) of\s+)?(?P<kind>[a-z][\w' -]*?)\s+(?:is|are|was|were)\s+(?P<of>\S.*)$",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"\b(?:according to|as told in|does|do)\s+(?P<note>[\ue000-\uf8ff])"
)  # a note that is named
_OF_MINE = re.compile(
    r"^(?:what|which)\s+(?P<of>[\w' -]+?)\s+(?:have|do|did)\s+(?:i|we)\s+(?:have|own|saved?|kept|keep|noted?|collect(?:ed)?|clip(?:ped)?|read|watch(?:ed)?|seen|see|play(?:ed)?|visit(?:ed)?)$",
    re.IGNORECASE,
)
_POINT_OF = re.compile(r"^(?P<point>\S+(?:\s+\S+){0,2}?)\s+(?:of|for)\s+(?P<of>.+)$", re.IGNORECASE)
_IDLE_VERBS = frozenset(
    (
        "say",
        "says",
        "said",
        "mean",
        "means",
        "matter",
        "matters",
        "work",
        "works",
        "need",
        "needs",
        "happen",
        "happened",
        "happens",
    )
)
_QUESTION_TOPIC = re.compile(
    rf"^(?:(?:{WH})\s+(?:much |many |long |often |far |old |big |kind of |sort of )?)?(?:(?:is|are|was|were|do|does|did|has|have|had|can|could|should|will|would)\s+)?(?P<rest>.+)$",
    re.IGNORECASE,
)


def asked_of_all(question: str) -> str:
    """ "what do my notes say about how to write" asks how to write."""
    found = _QUESTION_TOPIC.match(question)
    saying = _SAYING.match(found["rest"]) if found else None
    about = found["rest"][saying.end() :].strip() if found and saying and _RECORD.match(saying["who"]) else ""
    return about if WH_START.match(about) else question


def question_topic(question: str) -> str:
    """The noun phrase that a question is about: "What did the meeting with Steph decide?" → meeting with Steph."""
    plain = question.strip().rstrip("?").strip()
    source = _SOURCE.search(plain)
    if source:
        return source["note"]
    of_class = _OF_CLASS.match(plain) or _OF_MINE.match(plain)
    if of_class and own_words(of_class["of"]):
        return own_words(of_class["of"])
    found = _QUESTION_TOPIC.match(plain)
    saying = _SAYING.match(found["rest"]) if found else None
    if saying:
        return own_words(found["rest"][saying.end() :] if _RECORD.match(saying["who"]) else saying["who"])
    concerning = _CONCERNING.search(found["rest"]) if found else None
    if concerning:
        return own_words(concerning["topic"])
    chosen = _CHOICE.match(found["rest"]) if found else None
    if chosen:
        return own_words(chosen["topic"] or chosen["what"])
    words = found["rest"].split() if found else []
    asked_of_me = bool(words) and words[0].lower() in {"i", "we", "you", "one", "it", "they"}
    while words and (not _carries(words[0]) or words[0].lower() in _IDLE_VERBS):
        words.pop(0)
    if len(words) > 2 and found and not asked_of_me and _AUXILIARY.search(plain[: found.start("rest")]):
        words.pop()
    while words and (words[-1].lower() in vocabulary.grammar_words() or words[-1].lower() in _IDLE_VERBS):
        words.pop()
    return _owner(" ".join(words))


def _owner(phrase: str) -> str:
    """The theme, of "open to-dos for the theme": what is asked of it is a point of its own."""
    found = _POINT_OF.match(phrase)
    point = found["point"].split() if found else []
    named = bool(point) and (vocabulary.is_aspect(" ".join(point)) or vocabulary.is_aspect(point[-1]))
    return own_words(found["of"]) or phrase if found and named else phrase


def _carries(word: str) -> bool:
    folded = word.casefold().strip(",.;:!?'\"")
    return (
        folded not in vocabulary.grammar_words() and not vocabulary.is_request_word(folded) and bool(folded)
    )


def own_words(phrase: str) -> str:
    """A topic without the words of asking before it; nothing when there are no others."""
    words = phrase.split()
    start = next((at for at, word in enumerate(words) if _carries(word)), len(words))
    kept = words[start:]
    while kept and kept[-1].lower() in vocabulary.grammar_words():
        kept.pop()
    return NOTE_CALLED.sub("", " ".join(kept))
