"""What an English requirement says of where to look and of how to write. Nothing is to be found out about that, so it is taken
out before the rest is read."""

import re

_WHOSE = r"(?:(?:only|all|all of|just|the|my|our|your|this|that|these|those|his|her|their)\s+)*"
_KEPT = r"(?:obsidian\s+)?(?:notes?|vault|records?|documents?|sources?|files?|knowledge base|material|(?:web )?clippings?|journals?|diary|highlights|bookmarks|archive)"
RECORD = rf"{_WHOSE}{_KEPT}(?:\s+(?:in|of|from)\s+{_WHOSE}{_KEPT})?"
"""What the notes are called as a whole."""

_END = r"(?=\s*(?:[,.;:?!]|$))"
_SOURCED = (
    r"(?:according to|based (?:only |solely )?on|using(?: only)?|going by|drawing (?:only )?on|relying on)"
)
_FIRST = re.compile(
    rf"^(?:{_SOURCED}\s+{RECORD}\s*,?|(?:from|in|with|out of)\s+{RECORD}\s*,)\s*", re.IGNORECASE
)
_LOOK = re.compile(
    rf"^(?:go|look|read|search|dig|scan|check)(?:\s+(?:through|in|into|across|over|up))?\s+{RECORD}\s*(?:,?\s+and(?:\s+then)?|,|;)\s+",
    re.IGNORECASE,
)
_LAST = re.compile(
    rf",?\s+(?:{_SOURCED}|from|in|out of|as (?:told|stated|written|said) in)\s+{RECORD}(?=\s*(?:[,.;:?!]|$)|\s+(?:and|with)\b)",
    re.IGNORECASE,
)
_HELD = re.compile(  # "what advice about X do my notes give" asks for the advice
    rf"^(?P<asked>(?:what|which)\s+.+?)\s+(?:do|does|did|can|could)\s+{RECORD}\s+(?:give|have|contain|offer|hold|keep|include|make|provide|record|list|say|mention)\b",
    re.IGNORECASE,
)
_MENTIONED = re.compile(
    rf"^(?:do|does|did|is|are|has|have)\s+(?:(?:any|anything|some|something)\s+(?:of|in)\s+)?{RECORD}\s+(?:mention|mentions|contain|cover|say anything about|talk about|know about|hold anything on)\s+(?P<of>[^?]+)\??$",
    re.IGNORECASE,
)
_OWN = r"(?:(?:all|all of)\s+)?(?:my|our|your|this|the)\s+"
_IN_BETWEEN = re.compile(
    rf"\s+(?:in|from|of|across|among)\s+{_OWN}{_KEPT}(?=\s+(?:is|are|was|were|have|has|do|does|did|that|which|about|on)\b)",
    re.IGNORECASE,
)
_ATTACHED = r"(?:(?:a|an|the|its|their|all|any|full|clear|exact|proper|inline|short|relevant|some|your)\s+)*(?:sources?|citations?|references?|quotes?|quotations?|links?|footnotes?|tables?|evidence|bullet points?|(?:page|line) numbers?|the notes?)"
_FURNISHED = re.compile(
    rf",?\s+(?:and\s+)?(?:with|including|plus|citing|quoting|cite|that (?:has|have|includes?|cites?|quotes?|shows?|uses?))\s+{_ATTACHED}"
    rf"(?:\s*(?:,|,?\s+and|or)\s+{_ATTACHED})*(?:\s+(?:for|to|of)\s+(?:each|every|all)(?:\s+\w+)?)?{_END}",
    re.IGNORECASE,
)
_WRITTEN_UP = re.compile(
    r",?\s+(?:and\s+)?(?:then\s+)?(?:write|put|sum|type)\s+(?:it|this|that|them|everything)(?:\s+all)?\s+(?:up|down|together|out)\b[^,.;?!]*",
    re.IGNORECASE,
)
_TONGUE = re.compile(
    r"\s+in\s+(?:(?:plain|simple|clear)\s+)?(?:english|japanese|words|terms|language)\b", re.IGNORECASE
)
_ADDRESSEE = re.compile(
    r"\s+(?:for|to)\s+(?i:mr|mrs|ms|dr|prof)\.?\s+[A-Z]\w+"
    r"|\s+(?:for|to)\s+(?:a|an|the|our|my|some)\s+(?:new\s+|whole\s+)?(?:colleague|team|boss|manager|client|customer|retailer|partner|beginner|newcomer|hire|employee|reader|audience|friend|board)s?\b"
    r"|(?<=announcement)\s+(?:for|to)\s+(?:retailers|customers|clients|partners|staff|employees|everyone|the press)(?=\s+(?:about|on|of)\b)"
)
_ALL_OF_IT = re.compile(
    rf"\b(?:everything|anything|all|whatever)\s+(?:that\s+)?(?:(?:we|i|you|they|there|{RECORD})\s+(?:know|have|has|say|says|hold|wrote|is)\s+)?(?:about|on)\s+",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\b(Mr|Mrs|Ms|Dr|Prof|St|No)\.\s")
_OUTRIGHT = re.compile(
    r"^(?:please\s+)?(?:cite\b|quote (?:each|every|them|it|sources?|exact)|reference (?:each|every|all)|keep (?:it|this|the)|make (?:it|sure|this)\b|be\s|"
    r"use (?:only|just|nothing but)|do not\b|don't\b|avoid\b|limit\b|stick to|answer (?:in|only|with)|write (?:it|this|in|for)\b|(?:no|not) more than|at most|"
    r"one page|format\b|(?:add|include|give|name|list|mention|state) (?:all |the |your |its )*(?:sources?|citations?|references?|quotes?|links?)\b|(?:say|mention|note) where)",
    re.IGNORECASE,
)


def whole(lead: str) -> str:
    """The prose with its abbreviations written so that no sentence seems to end there."""
    return _TITLE.sub(r"\1 ", lead)


def is_manner(sentence: str) -> bool:
    """Whether a sentence only says how to write."""
    return _OUTRIGHT.match(sentence.strip()) is not None


def bare(sentence: str) -> str:
    """A sentence without what it says of the notes as a whole and of the form of the answer."""
    plain = _LOOK.sub("", _FIRST.sub("", sentence.strip()))
    plain = _IN_BETWEEN.sub("", _HELD.sub(r"\g<asked>", plain))
    plain = _MENTIONED.sub(r"tell me about \g<of>", plain)
    for each in (_WRITTEN_UP, _LAST, _FURNISHED, _TONGUE, _ADDRESSEE):
        plain = each.sub("", plain)
    return _ALL_OF_IT.sub("", plain)
