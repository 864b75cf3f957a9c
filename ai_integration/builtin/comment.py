"""What a comment on a plan wants: something added, dropped, reworded, given to someone else, or kept in mind."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ai_integration.builtin import criteria, text
from ai_integration.builtin.vocabulary import Strict, load

COMMENT_LIMIT = 2_000
_SENTENCE = re.compile(r"[^。！!\n;；.?？]+(?:\.(?=\S)[^。！!\n;；.?？]*)*[?？]?")
_JOINED = re.compile(
    r"(?<=不要)(?:で|です)、|(?<=て)、(?!も)|,?\s+(?:and|but)\s+(?=(?:also|add|remove|drop|include|check|skip|delete)\b)",
    re.IGNORECASE,
)
_NAMED = r"[「“\"']([^「」“”\"']{1,120})[」”\"']"
_REWORD: tuple[re.Pattern[str], ...] = (
    re.compile(
        rf"{_NAMED}(?:という言葉|という表現|という部分)?(?:を|は|ではなく、?|でなく、?|より、?){_NAMED}(?:に|と|へ|を|で)?"
    ),
    re.compile(
        rf"(?:change|replace|reword|rename|correct)\s+{_NAMED}\s+(?:to|with|by|as|into)\s+{_NAMED}",
        re.IGNORECASE,
    ),
    re.compile(rf"{_NAMED}\s+(?:should (?:be|read)|instead of)\s+{_NAMED}", re.IGNORECASE),
)
_TITLE: tuple[re.Pattern[str], ...] = (
    re.compile(rf"(?:タイトル|題名|題|名前|項目名)(?:を|は){_NAMED}に"),
    re.compile(
        rf"(?:rename (?:it|this|the item|the task)?\s*(?:to|as)?|(?:the )?title (?:to|should be)|call it)\s*{_NAMED}",
        re.IGNORECASE,
    ),
)
_ROLE: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"(?:担当者?|役割)(?:は|を)(?P<who>[^、。]{1,30}?)(?:さん)?(?:に|へ|で)(?:変|し|替|お願|任|してください)"
    ),
    re.compile(r"(?P<who>[^、。はをが]{1,30}?)(?:さん)?(?:に|が)(?:担当|任せ|やって|やらせ)"),
    re.compile(r"\b(?:assign|give|hand)\s+.{0,80}?\s*\bto\s+(?:the\s+)?(?P<who>[^,.]{1,40})$", re.IGNORECASE),
    re.compile(
        r"\bshould be (?:done|written|carried out) by\s+(?:the\s+)?(?P<who>[^,.]{1,40})$", re.IGNORECASE
    ),
)
_DROP: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"^(?P<part>.*?)(?:の(?:部分|項目|タスク|調査|件))?(?:は|を|については?|も|って)?、?(?:もう|特に|今回は)?(?:不要|要らない|いらない|いりません|要りません|必要ない|必要ありません|必要なし|"
        r"削除|消して|外して|はずして|やめて|除いて|省いて|除外|取り下げ|なしで|無しで|カット|削って)"
    ),
    re.compile(
        r"^(?:please\s+)?(?:remove|drop|delete|skip|leave out|omit|cut|exclude|take out|get rid of|forget about|no need (?:for|to)|(?:we |i |you )?(?:do not|don['’]t) need(?: to)?)(?:\s+(?P<part>.+))?$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?P<part>.+?)\s+(?:is|are)\s+(?:not needed|unnecessary|not necessary|not required|irrelevant|out of scope|superfluous)$",
        re.IGNORECASE,
    ),
)
_ADD: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"^(?P<part>.+?)(?:について|に関して|のこと)?も、?(?:.{0,12}?)(?:調べ|追加|確認|入れ|含め|書い|加え|比較|見て|知りたい|お願い|ほしい|欲しい|まとめ|教え|載せ|必要|扱|検討|示|比べ|足して|分析)"
    ),
    re.compile(r"^(?P<part>.+?)を、?(?:.{0,8}?)(?:追加|加え|足して|含め|入れて|盛り込|調べ|確認)"),
    re.compile(r"^(?P<part>.+?)が(?:足りな|足りません|抜けて|ない$|ありません|欠けて|漏れて|不足)"),
    re.compile(
        r"^(?:please\s+)?(?:(?:also|and)\s+)?(?:please\s+)?(?:add|include|cover|check|research|look (?:at|into|up)|find(?: out)?|investigate|mention|compare|consider|explain|tell (?:us|me))\s+(?:also\s+)?(?P<part>.+?)(?:\s+(?:too|as well))?$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?P<part>.+?)\s+(?:is|are)\s+(?:also\s+)?(?:missing|needed|required)(?:\s+too)?$", re.IGNORECASE
    ),
    re.compile(r"^(?:and\s+)?(?:what|how) about\s+(?P<part>.+?)\??$", re.IGNORECASE),
)
_PART_EDGES = re.compile(
    r"^(?:また|あと|さらに|それと|できれば|この項目|この|その|、|the|a|an|any|our|this|that|part on|part about|also|please|item|task|section on|section about|about|on|for)\s*(?=\S)|"
    r"(?:の部分|の項目|のタスク|という項目|\s+(?:part|section|item|task|research|please|point|bit|aspect)s?|[、,。.\s]+|の|など|等)$",
    re.IGNORECASE,
)


class Words(Strict):
    ja: list[str]
    en: list[str]


@dataclass(frozen=True)
class Wish:
    """One thing wanted. `kind` is add, drop, reword, title, role, sources or carry; `said` is the comment as written."""

    kind: str
    said: str
    part: str = ""
    other: str = ""


@cache
def _styles() -> dict[str, Words]:
    return load("style.toml", dict[str, Words])


def style_of(wording: str) -> str:
    """The wish about form that a text holds: short, long, table, other, or nothing."""
    folded = text.fold(wording)
    spaced = f" {' '.join(text.words(folded))} "
    for name, words in _styles().items():
        if any(word in folded for word in words.ja) or any(f" {word} " in spaced for word in words.en):
            return name
    return ""


def wishes(comment: str) -> list[Wish]:
    """The wishes of a comment, one per clause; a clause that fits no pattern is one to keep in mind."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(comment[:COMMENT_LIMIT])]
    clauses = [clause.strip(" 、,") for sentence in sentences for clause in _JOINED.split(sentence)]
    return [_wish(clause) for clause in clauses if len(clause) > 1][:20]


def _wish(clause: str) -> Wish:
    said = text.clip(clause, 200)
    for kind, patterns in (("title", _TITLE), ("reword", _REWORD)):
        found = _search(patterns, clause)
        if found:
            return Wish(kind, said, found[1], found[2] if kind == "reword" else "")
    if criteria.read(clause).kind == "sources":
        return Wish("sources", said, other=str(criteria.read(clause).count))
    role = _search(_ROLE, clause)
    if role:
        return Wish("role", said, role["who"].strip())
    for kind, patterns in (("drop", _DROP), ("add", _ADD)):
        found = _search(patterns, clause)
        if found and (kind == "drop" or style_of(clause) not in {"table", "other"}):
            return Wish(kind, said, _part(found["part"] or ""))
    return Wish("carry", said)


def _search(patterns: Sequence[re.Pattern[str]], clause: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.search(clause))), None)


def _part(phrase: str) -> str:
    previous = ""
    part = phrase.strip("「」“”\"' 　")
    while part != previous:
        previous, part = part, _PART_EDGES.sub("", part).strip("「」“”\"' 　")
    return text.clip(part, 100)
