"""What an answer of each type looks like: a date answers "when", an amount answers "how much"."""

import re
from datetime import date
from functools import lru_cache

from ai_integration.builtin import display, text, vocabulary
from ai_integration.builtin.units import Unit

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_CLOCK = re.compile(
    r"\d{1,2}時(?:\d{1,2}分|半)?|\b\d{1,2}:\d{2}\b|\d+(?:日|週間|か月|ヶ月|カ月)(?:以内|後|前|間)?|\b\d+ (?:business |working )?(?:days?|weeks?|months?)\b",
    re.IGNORECASE,
)
DATE = re.compile(
    r"\b(?:19|20)\d{2}[-/.年]\s?\d{1,2}(?:[-/.月]\s?\d{1,2}日?|月)?|\d{1,2}月(?:\d{1,2}日|末|上旬|中旬|下旬|初旬|中)?|\b\d{1,2}/\d{1,2}\b(?!/)|\d{1,2}時(?:\d{1,2}分|半)?|\b\d{1,2}:\d{2}\b|"
    r"(?:今|来|先|翌)(?:週|月|年)(?:末|中|の[月火水木金土日]曜)?|[月火水木金土日]曜日?|年末|年度末|月末|週末|(?:19|20)\d{2}年|\d+営業日|\d+(?:日|週間|か月|ヶ月|カ月)(?:以内|後|前|間)?|"
    rf"\b{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\b|\b{_MONTH}\s+(?:19|20)\d{{2}}\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|"
    r"\b(?:tomorrow|today|tonight|yesterday|next (?:week|month|year|spring|summer|autumn|winter)|end of (?:the )?(?:week|month|quarter|year)|q[1-4])\b|\b(?:in|since|until|from|by) (?:19|20)\d{2}\b|"
    r"\b\d+ (?:business |working )?(?:days?|weeks?|months?)\b",
    re.IGNORECASE,
)
AMOUNT = re.compile(
    r"[¥￥$€£]\s?\d[\d,.]*|\d[\d,.]*\s*(?:億|万|千|百)?\s*(?:円|ドル|ユーロ|元|ウォン)|[一二三四五六七八九十百千万]+円|"
    r"\b\d[\d,.]*\s?(?:usd|jpy|eur|gbp|dollars?|euros?|yen|pounds?|bucks)\b|無料|無償|\bfree of charge\b|\bfor free\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"(?!(?:一|1|１)人(?!以))(?:\d[\d,.]*|[一二三四五六七八九十]+)\s*(?:人|名|個|件|台|社|回|本|枚|冊|箱|部|時間|分|秒|%|％|割|倍|キロ|kg|g|km|m|cm|mm|gb|mb|h)(?![\w])|"
    r"(?!(?:一|1|１)人(?!以))(?:\d[\d,.]*|[一二三四五六七八九十]+)\s*(?:人|名|個|件|台|社|回|本|枚|冊|時間|分|割|倍|％)|"
    r"\b\d[\d,.]*\s?(?:%|percent|people|persons?|guests?|items?|times?|hours?|minutes?|cups?|tbsp|tsp|slices?|inch(?:es)?|units?|copies|seats?)|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|hundred)\s+\w+",
    re.IGNORECASE,
)
NAME_JA = re.compile(
    rf"([{text.KANJI}{text.KATAKANA}A-Za-z]{{1,12}}(?:さん|氏|様|部長|課長|係長|主任|社長|専務|常務|リーダー|マネージャー|先生))"
)
_WHO = re.compile(
    rf"{NAME_JA.pattern}|(?:担当|責任者|幹事|出席|参加|参加者|主催|窓口|メンバー)(?:者)?\s*[:：はが]|総務|人事|経理|営業|開発|広報|情報システム|全社員|全員|[{text.KANJI}]{{2,6}}(?:部|課|チーム)(?=[がはのに、])|"
    r"(?-i:\b[A-Z][a-z]+ [A-Z][a-z]+\b)|@\w+|(?-i:\b(?:Mr|Ms|Mrs|Dr)\.? [A-Z])|\b(?:owned by|owner|responsible|led by|assigned to|organi[sz]ed by|in charge|contact|people|attendees|participants|guests|host)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(
    rf"北海道|東京都|(?:大阪|京都)府|[{text.KANJI}]{{2,3}}県(?![外内])|[{text.KANJI}]{{1,4}}[市区町村](?![場民長役立販況価])(?:[{text.KANJI}\d]|$|[、。にで（ ])|[{text.KANJI}{text.KATAKANA}A-Za-z]{{2,12}}(?:駅|ビル|ホテル|会議室|会館|ホール|センター|展示場|店(?![長員頭舗主])|神社|寺院|寺(?=で)|公園|本社|支社|オフィス)|会議室\s?[A-Z0-9]|\d+階|「[^「」]{1, 30}」で(?:行|開|実施|集)|で(?:開催|実施|出展)|場所|会場|住所|オンライン|zoom|teams|"
    r"(?-i:\b(?:in|at|to|from|near) (?:the )?[A-Z][a-z]+)|\b(?:venue|location|address|room|floor|street|remote|online|loc)\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"ため[、。に]|ためで|ので[、]?|から(?:です|だ|である|[、。])|理由|原因|背景|きっかけ|によって|おかげで|せいで|からこそ|"
    r"\b(?:because|since|due to|owing to|reason|therefore|so that|in order to|as a result|thanks to|the point is|that is why|help(?:s|ed)? (?:you|me|us)|allow(?:s|ed)?|let(?:s)? you|save you)\b",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"まず|次に|最後に|その後|手順|方法|してください|しましょう|するとよい|すると良い|ようにする|ようにします|こと。?$|必ず|(?:し|い|き|り|み|び|て)、.{0,40}(?:ます|する)。?$|(?:する|書く|使う|つける|分ける|付ける|置く|残す|作る|入れる|選ぶ|つなぐ|直す|開く|押す)。?$|"
    r"(?:^|[.;] )(?:first|second|then|next|finally)\b|\b(?:step \d|you (?:can|should|need|must|may)|should be|must be|try to|make sure|remember to|always|never|by \w+ing|in order to|so that you)\b|"
    r"(?-i:^(?:Use|Make|Add|Put|Write|Open|Click|Select|Start|Choose|Keep|Combine|Remove|Bake|Cook|Take|Set|Run|Create|Divide|Give|Ask|Begin|Check|Mix|Pour|Spread|Place|Let|Cool|Avoid|Group|Filter|Search|Press|Go)\b)",
    re.IGNORECASE,
)
_PRACTICE = re.compile(
    r"^(?:My|Our) \w+(?: \w+)? (?:have|has|are|is)\b|\bI (?:always |usually |try to )?(?:use|write|keep|make|prefer|put|add|give)\b|ようにして(?:いる|います)|ことにしている"
)
_CONTRAST = re.compile(
    r"一方|に対して|に対し|に比べ|より(?:も|高|安|早|速|遅|低|大|小|良|多|少)|違い|異な|ではなく|反面|ただし|と比べ|優れ|劣|"
    r"\b(?:than|whereas|while|unlike|however|instead|rather|compared|differ\w*|on the other hand|more|less|better|worse|cheaper|but)\b",
    re.IGNORECASE,
)
_RISK = re.compile(
    r"リスク|課題|懸念|問題|注意|恐れ|おそれ|可能性がある|危険|不足|遅れ|遅延|失敗|トラブル|不具合|困|難し|欠点|デメリット|禁止|しないで|避け|超過|不安|足り(?:ない|ません)|必要がある|"
    r"\b(?:risks?|issues?|problems?|concerns?|caution|warning|beware|danger\w*|delay\w*|fail\w*|shortage|drawbacks?|downsides?|limit\w*|avoid|careful|don.?t|cannot|hard to|difficult\w*|unfortunately|overestimate|underestimate|mistakes?)\b",
    re.IGNORECASE,
)
_DECISION = re.compile(
    r"決定|決ま(?:っ|り|る)|決め(?:た|ま)|合意|承認|採用(?:する|し|と)|ことにし|ことにな|ことで一致|とする(?:。|$|こと)|に決|見送|可決|結論|"
    r"\b(?:decid\w+|decisions?|agreed|agreement|approved|resolved|concluded|chose|chosen|settled on|signed off|will go with|adopted|rejected|voted)\b",
    re.IGNORECASE,
)
_TODO = re.compile(
    r"todo|ＴＯＤＯ|アクション|宿題|までに|次回まで|担当[:：は]|お願い(?:する|します)|対応する|準備する|手配|提出(?:する|します)|確認(?:する|します)|用意する|送る|送付する|作成(?:する|します)|依頼(?:する|します)|予約(?:する|します)|📅|⏳|"
    r"\b(?:action items?|to-?do|next steps?|follow up|follow-up|needs? to|has to|have to|due|by (?:mon|tues|wednes|thurs|fri)day|owner|assigned|will (?:send|prepare|check|write|ask|book|contact|draft|review|update))\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"未決|保留|継続(?:検討|審議)|検討中|未定|要検討|次回(?:に|へ|まで|検討)|持ち越|持越|再検討|調整中|決まっていない|決まらなかった|結論は出|先送り|"
    r"\b(?:open (?:point|question|issue)s?|pending|undecided|unresolved|tbd|to be (?:decided|determined|confirmed)|deferred|postponed|not yet|still (?:need|unclear|open)|no decision)\b",
    re.IGNORECASE,
)
_WHAT = re.compile(
    r"とは[、　 ]?|のことで|のこと。|を指し|を指す|を意味|と呼[ばび]|という(?:もの|考え|概念|手法|仕組み|方法|プロジェクト|取り組み)|です。?$|である。?$|ます。?$|ための|"
    r"\b(?:is|are|was|were) (?:an?|the|one of|about|made|built|used|called|designed)\b|\b(?:means?|refers? to|allows?|enables?|helps?|turns?|accounts? for|consists? of|defined as|known as|describes?|gives?|lets?|provides?)\b",
    re.IGNORECASE,
)
# A point of a list of roles ends with the names of those who have it.
_SHARED_OUT = re.compile(rf"^[^:：]{{1,20}}[:：]\s*[{text.KANJI}{text.KATAKANA}・、と ]{{2,24}}$")
_LEFT = re.compile(
    r"未着手|未完了|未対応|未提出|未手配|未確認|進行中|作業中|対応中|残って(?:いる|います)|終わっていない|"
    r"\b(?:not started|in progress|not (?:yet )?done|remaining|outstanding|left to do|still to do|unfinished)\b",
    re.IGNORECASE,
)
_STATE_LEFT = re.compile(
    r"未着手|未完了|未対応|未提出|未手配|進行中|作業中|対応中|予定|これから|todo|to do|open|not started|in progress|planned|pending",
    re.IGNORECASE,
)
_STATE_DONE = re.compile(r"完了|済み?|終了|done|finished|closed|completed", re.IGNORECASE)
PATTERNS: dict[str, re.Pattern[str]] = {
    "when": DATE,
    "amount": AMOUNT,
    "quantity": _QUANTITY,
    "who": _WHO,
    "where": _WHERE,
    "why": _WHY,
    "how": _HOW,
    "contrast": _CONTRAST,
    "risk": _RISK,
    "decision": _DECISION,
    "todo": _TODO,
    "open": _OPEN,
    "left": _LEFT,
    "what": _WHAT,
}
# Where a heading names one of these, what stands below it is that and none of the others.
SECTIONED = frozenset(("decision", "todo", "open"))
# What is asked as a list may stand in another note that points to the subject's own.
LISTS = frozenset(("todo", "open", "left"))
_UNKNOWN = re.compile(
    r"分からなかった|わからなかった|決まっていない|決めていない|不明な?点|未確認|what we do not know|unknowns?\b|open questions?",
    re.IGNORECASE,
)
# Frontmatter keys that hold such an answer.
PROPERTY_KEYS: dict[str, re.Pattern[str]] = {
    "when": re.compile(r"date|start|end|due|deadline|\blast\b|日|期限|時|開始|終了|year", re.IGNORECASE),
    "who": re.compile(
        r"people|author|owner|host|guest|attendee|member|担当|参加|出席|書記|著者|人", re.IGNORECASE
    ),
    "where": re.compile(r"loc|place|venue|city|address|場所|会場|住所", re.IGNORECASE),
    "amount": re.compile(r"price|cost|budget|fee|価格|予算|費用|料金", re.IGNORECASE),
    "quantity": re.compile(r"\b(?:start|end|duration|length|pages)\b|人数|数量|期間", re.IGNORECASE),
    "what": re.compile(r"summary|description|概要", re.IGNORECASE),
}


@lru_cache(maxsize=65_536)
def answers(ask: str, statement: str) -> bool:
    """Whether a statement looks like an answer of that type. `latest` asks for an order, not for an answer."""
    pattern = PATTERNS.get(ask)
    return pattern is not None and pattern.search(text.tight(statement)) is not None


def fit(asks: frozenset[str], unit: Unit, heading: str) -> float:
    """How well a unit's kind of statement fits the types asked, 0 to 1."""
    wanted = [ask for ask in asks if ask in PATTERNS]
    if not wanted:
        return 0.0
    return max(_fit_one(ask, unit, heading) for ask in wanted)


def _fit_one(ask: str, unit: Unit, heading: str) -> float:
    if unit.kind == "property":
        key = PROPERTY_KEYS.get(ask)
        return 0.9 if key and key.search(re.split("[:：]", unit.quote, maxsplit=1)[0]) else 0.0
    if ask == "left":
        return _fit_left(unit, heading)
    if ask == "todo" and unit.kind == "task":
        return 0.2 if unit.done else 1.0
    if ask == "when" and unit.kind == "task":
        return 0.4
    if ask == "how" and unit.kind == "step":
        return 1.0
    if unit.kind == "row" and (_in_column(ask, unit) or (ask == "todo" and _is_assigned(unit))):
        return 0.8
    said = text.tight(unit.quote)
    if ask == "who" and unit.kind == "item" and _SHARED_OUT.search(said):
        return 0.7
    if ask == "how" and _PRACTICE.search(said):
        return 0.6
    if ask == "when" and not DATE.search(_CLOCK.sub("", said)):
        return 0.4 if DATE.search(said) else 0.0
    named = sectioned(heading)
    if ask in SECTIONED and named:
        return 1.0 if ask in named else 0.0
    under = ask in vocabulary.bare_asks_in(heading) if heading else False
    if answers(ask, said):
        return 1.0 if under or ask in {"when", "amount", "quantity", "decision", "open"} else 0.8
    return 0.7 if under and unit.kind != "sentence" else 0.0


def _in_column(ask: str, unit: Unit) -> bool:
    """Whether a row has something in a column that is named like the answer."""
    key = PROPERTY_KEYS.get(ask) if ask in {"who", "where"} else None
    named = zip(unit.columns, display.cells(unit.quote), strict=False)
    return key is not None and any(cell and key.search(name) for name, cell in named)


def _is_assigned(unit: Unit) -> bool:
    """Whether a row is a piece of work that is somebody's and not done yet."""
    over = any(_STATE_DONE.fullmatch(cell) for cell in display.cells(unit.quote))
    return not over and _in_column("who", unit)


def _fit_left(unit: Unit, heading: str) -> float:
    """Whether something is still to be done: an open task, a row whose state says so, a point under such a heading."""
    if unit.kind == "task":
        return 0.0 if unit.done else 1.0
    if unit.kind == "row":
        return float(any(_STATE_LEFT.fullmatch(cell) for cell in display.cells(unit.quote)))
    named = vocabulary.bare_asks_in(heading) & {"todo", "left", "open"} if heading else frozenset()
    if named and unit.kind in {"item", "step"}:
        return 0.6 if named == {"open"} else 0.8
    return 0.6 if answers("left", unit.quote) else 0.0


_WEEK = re.compile(r"(?<!\d)(20\d{2})-?W(\d{2})(?!\d)")
_YEAR_DATE = re.compile(
    r"(?<![\d,.¥$€£￥])((?:19|20)\d{2})(?![\d,円台人名件個])(?:\s?[-/.年]\s?(\d{1,2})(?!\d))?(?:\s?[-/.月]\s?(\d{1,2})(?!\d))?"
)


def contradicted(asks: frozenset[str], heading: str) -> bool:
    """Whether a heading says that what stands below it is another kind of statement: an open point is no decision."""
    named = sectioned(heading) if asks & SECTIONED else frozenset()
    return bool(named) and not named & asks


def unknown(heading: str) -> bool:
    """Whether a heading says that what stands below it is not known."""
    return _UNKNOWN.search(heading) is not None


def sectioned(heading: str) -> frozenset[str]:
    """The kinds of statement that a heading says stand below it."""
    return vocabulary.bare_asks_in(heading) & SECTIONED if heading else frozenset()


def latest_date(statement: str) -> str:
    """The last date in a text as YYYY-MM-DD, 00 for a month or day not said, or nothing; dates sort as text."""
    found = _YEAR_DATE.findall(text.fold(statement))
    weeks = [_friday_of(int(year), int(week)) for year, week in _WEEK.findall(statement)]
    dates = [
        f"{year}-{int(month or 0):02d}-{int(day or 0):02d}"
        for year, month, day in found
        if int(month or 0) <= 12
    ]
    return max([*dates, *weeks], default="")


def _friday_of(year: int, week: int) -> str:
    """The last working day of a week of the year (ISO 8601), or nothing."""
    try:
        return date.fromisocalendar(year, week, 5).isoformat()
    except ValueError:
        return ""
