"""Reading a Japanese requirement: 「Xについて、AとBを調べて」 and its relatives."""

import re
from dataclasses import replace
from itertools import pairwise

from ai_integration.builtin import request_ja_manner
from ai_integration.builtin import request_ja_phrase as phrases
from ai_integration.builtin.reading import Reading

SENTENCE_LIMIT = 300
_SENTENCE = re.compile(r"[^。！？!?\n]+[！？!?]?")
_ASKED = (
    r"調べ|調査|まとめ|整理|比較|比べ|洗い出|教え|確認|リストアップ|書い|書き出|作成|作っ|作り|分析|検討|報告|抽出|集め|収集|探し|要約|紹介|説明|"
    r"抜き出|一覧|開き|開催|実施|行い|行う|したい|含め|入れ|明記|記載|示し|提案|企画|計画|準備し|知りたい|把握|評価|お願い|用意|起案|作れ|挙げ|盛り込|箇条書き|並べ|選ん|選び|知らせた|知らせて|伝えた|伝えて"
)
# What stands before the last を before the request: in 「価格を決めた理由を整理して」 the first one belongs to the reason.
_OBJECT = re.compile(
    rf"^(?P<object>.+?)(?:を|(?<![ぁ-ん])も|の(?=(?:{_ASKED})(?:[をしすに、。案]|お願い|依頼|$)))(?=[^を]{{0,30}}?(?:{_ASKED}))"
)
_ABOUT = re.compile(
    r"^(?P<topic>.+?)(?:について|につき|に関して|に関する|に関し|をテーマに|に向けて|に向けた|のための)(?:の|、|は|も)?(?P<rest>.*)$"
)
_HEAD = re.compile(r"^(?P<topic>[^、]+?)(?:の件|に関する件)?(?:は|、|：|:)(?P<rest>.*)$")
_COLON = re.compile(r"^(?P<topic>[^：:]{2,60})[：:]\s*(?P<list>.+)$")
_WHICH = r"何|なに|なん|いつ|どこ|誰|だれ|なぜ|何故|どうして|どうやって|どのよう|どう|いくら|どの|どれ|どんな|どちら"
_QUESTION = re.compile(
    rf"(?:{_WHICH}).*(?:か|か[、，]|のか|ますか|ですか|の)?[？?]?$|[？?]$|(?:です|ます|でしょう|のでしょう|ました|ません|る|た|ない)か$"
)
# 「取引先への説明案」 says for whom something is written, and not what about.
_ADDRESSEE = re.compile(r"(?:へ|宛て?|あて|向け)$")
_QUESTION_PARTS = re.compile(
    rf"(?<=か)[、,，と](?=[^、]*(?:{_WHICH}))|(?<=いくら)で、|(?<=いつ)で、|(?<=どこ)で、|(?<=何)で、|(?<=誰)で、|(?<=か)(?=を|について|教え|調べ|まとめ)|(?<=のか)[、,](?=[^、]{{1,6}}$)"
)
_ASKED_TOPIC = (
    re.compile(rf"^(?P<topic>.+?)(?:とは|って|では|には|からは|は)(?=.{{0,20}}(?:{_WHICH}))"),
    re.compile(rf"^(?P<topic>.+?)(?:で|が|を|に|、)(?=[^、]{{0,12}}(?:{_WHICH}))"),
    re.compile(rf"^(?P<topic>.+?)の(?=[^、]{{0,6}}(?:{_WHICH}))"),
    re.compile(r"^(?P<topic>.+?)(?:とは|って|では|には|は|が)"),
)
# 「締切と、なくしたときの手順は？」 asks by naming.
_NAMED_ONLY = re.compile(rf"^(?P<listed>(?:(?!{_WHICH})[^？?])+?)は[？?]?$")
_AMONG = re.compile(r"^(?P<of>.{2,40}?)の(?:うち|中で|中から|なかで|なかから)、?(?P<what>.+)$")
_ALSO = re.compile(r"^(?P<what>[^、。をはが]{1,20})も$")  # 「成約は何件でしたか。売上も。」
_COUNT_ONLY = re.compile(r"[0-9０-９一二三四五六七八九十]+(?:点|つ|項目|件)")
_WHY = re.compile(r"^(?:なぜ|何故|どうして|どうやって|いつ)、?")
_HAPPENED = re.compile(
    r"^(?P<topic>.+?)(?:において|で)、?(?P<what>(?:決ま|決め|合意|決定|議論|話し|話題|報告|指摘|出た)[^、]*)$"
)
# 「要約して、決定事項と宿題を一覧に」 asks twice.
_THEN = re.compile(rf"(?:{_ASKED})[^、。]{{0,5}}[てで]、(?=[^。]*[をも][^。]*(?:{_ASKED}))")
# What a sentence says about the report itself is no point to look into.
_FORMAT = re.compile(r"^(?:出典|引用元?|結論|要点|要旨|表|図|見出し|箇条書き|目次|脚注|根拠|全体|以上)$")
_SERIES = re.compile(r"(いつ|どこ|誰|だれ|いくら|なぜ|どうやって)[がをでにと]?、?")
_IN_A_ROW = re.compile(
    r"(?:(?:いつ|どこ|誰|だれ|なぜ|どうやって)[がをでにと]?[、,・]?|いくら(?!で)[、,・]?){2,}"
)
_SERIES_LABEL = {
    "いつ": "日時",
    "どこ": "場所",
    "誰": "担当・参加者",
    "だれ": "担当・参加者",
    "いくら": "金額",
    "なぜ": "理由",
    "どうやって": "方法",
}
_COMPARE = re.compile(r"比較|比べ|違い|優劣|どちら|\bvs\b")
_COMPARED = (
    re.compile(
        r"^(?P<things>.+?)を、?(?P<aspects>.+?)(?:の(?:観点|面|点|項目|軸))?(?:で|から|について)(?:、|表で|簡単に)*(?:比較|比べ)"
    ),
    re.compile(r"^(?P<things>.+?)の(?P<aspects>[^の]+?)(?:の違い)?を.{0,6}?(?:比較|比べ)"),
    re.compile(r"^(?P<things>.+?)(?:を|の).{0,6}?(?:比較|比べ)"),
    re.compile(r"^(?P<things>.+?)の(?P<aspects>[^の]*?)の?(?:違い|優劣)"),
    re.compile(r"^(?P<things>.+?)(?:では|で|の|は|のうち)?、?どちら"),
)
_BY = re.compile(r"を、?(?P<aspects>[^をで]+?)(?:の(?:観点|面|点|項目|軸))?で.{0,8}(?:比較|比べ)")
_PARTED = re.compile(r"[を、](?P<aspects>[^を、。]+?)(?:の[一-鿿]{1,2}つ)?に分けて")


def read(lead: str) -> Reading:
    """Read the prose of a requirement, names swapped for private characters."""
    said = [each.strip()[:SENTENCE_LIMIT] for each in _SENTENCE.findall(lead) if each.strip()]
    said = [each for each in said if not request_ja_manner.is_manner(each)] or said
    found = _read([request_ja_manner.bare(each) for each in said])
    named = found.topic or found.things or found.aspects or found.questions
    found = found if named else _read(said)
    return replace(found, topic="") if _COUNT_ONLY.fullmatch(found.topic) else found


def _read(sentences: list[str]) -> Reading:
    comparing = any(_COMPARE.search(sentence) for sentence in sentences)
    topic = ""
    things: tuple[str, ...] = ()
    aspects: list[str] = []
    questions: list[str] = []
    place = 0
    for sentence in sentences[:40]:
        compared = _compared(sentence)
        if compared and not things:
            things, found = compared
            aspects += found
            continue
        also = _ALSO.match(sentence)
        if also and topic:
            aspects += phrases.pieces(also["what"])
            continue
        aspects += _yardstick(sentence)
        for clause in _clauses(sentence):
            part = _question(clause) or _statement(clause)
            aspects += _further(clause, part) if topic and part.topic not in {"", topic} else part.aspects
            topic = topic or part.topic.removesuffix("へ")
            questions += part.questions
            if len(questions) == 1 and part.questions:
                place = len(aspects)
    if len(questions) == 1:
        aspects, questions = [*aspects[:place], *questions, *aspects[place:]], []
    aspects = [aspect for aspect in dict.fromkeys(aspects) if aspect != topic]
    asking = bool(sentences) and all(_question(each) is not None or _ALSO.match(each) for each in sentences)
    return Reading(topic, things, tuple(aspects), tuple(dict.fromkeys(questions)), comparing, asking)


def _clauses(sentence: str) -> list[str]:
    cuts = [found.end() for found in _THEN.finditer(sentence)]
    return [sentence[start:end] for start, end in pairwise([0, *cuts, len(sentence)])]


def _further(clause: str, part: Reading) -> list[str]:
    """The points of a clause with a subject of its own: 「申請の期限、領収書も」 after 「経費精算について」."""
    if _ADDRESSEE.search(part.topic):
        return part.aspects
    if not part.aspects:
        named = _OBJECT.match(clause) is not None and not _FORMAT.match(part.topic)
        return [part.topic] if named and not part.questions else []
    first, *rest = part.aspects
    shared = all(phrases.is_aspect(aspect) for aspect in part.aspects)
    return [f"{part.topic}の{first}", *(f"{part.topic}の{each}" if shared else each for each in rest)]


def _compared(sentence: str) -> tuple[tuple[str, ...], list[str]] | None:
    for pattern in _COMPARED if _COMPARE.search(sentence) else ():
        found = pattern.match(sentence)
        things = phrases.pieces(found["things"]) if found else []
        if (
            found
            and len(things) >= 2
            and (pattern is _COMPARED[0] or not all(phrases.is_aspect(thing) for thing in things[1:]))
        ):
            aspects = phrases.pieces(found.groupdict().get("aspects") or "")
            return _own_parts(things, aspects)
    return None


def _yardstick(sentence: str) -> list[str]:
    """What to compare by, when the things themselves are listed elsewhere."""
    found = _BY.search(sentence) or _PARTED.search(sentence)
    return phrases.pieces(found["aspects"]) if found else []


def _own_parts(things: list[str], aspects: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """「A社とB社のサービス」 compares A社 and B社; what both have in common joins the aspects when there is none."""
    head, _, common = things[-1].partition("の")
    if common and all("の" not in thing for thing in things[:-1]):
        things = [*things[:-1], head]
        aspects = aspects or [common]
    return tuple(dict.fromkeys(things)), aspects


def _question(sentence: str) -> Reading | None:
    body = re.sub(
        r"(?:を|について|も)?(?:教えて|知りたい|調べて|まとめて|答えて|説明して|報告書に|整理して).*$",
        "",
        sentence,
    )
    if not _QUESTION.search(body):
        return None
    parts = [clean for part in _QUESTION_PARTS.split(body) if part and (clean := phrases.strip(part))]
    topics = [_asked_topic(part) for part in parts]
    topic = next((found for found in topics if found), "")
    listed = _NAMED_ONLY.match(body)
    if listed and len(phrases.pieces(listed["listed"])) >= 2:
        return _object("", listed["listed"])
    row = _IN_A_ROW.search(body)
    if row:
        series = _SERIES.findall(row[0])
        return Reading(topic, aspects=tuple(dict.fromkeys(_SERIES_LABEL[word] for word in series)))
    return Reading(topic, questions=tuple(parts))


def _asked_topic(question: str) -> str:
    question = _WHY.sub("", question)
    found = next((match for pattern in _ASKED_TOPIC if (match := pattern.match(question))), None)
    topic = phrases.strip(found["topic"]) if found else ""
    topic = phrases.before_clause(topic)
    owner, _, last = topic.rpartition("の")
    return owner if owner and phrases.is_aspect(last) and not phrases.TIME_ONLY.fullmatch(owner) else topic


def _statement(sentence: str) -> Reading:
    colon = _COLON.match(sentence)
    if colon and len(phrases.pieces(colon["list"])) >= 2:
        return Reading(phrases.deliver(colon["topic"]), aspects=tuple(phrases.pieces(colon["list"])))
    about = _ABOUT.match(sentence)
    rest = about["rest"] if about else sentence
    topic = phrases.strip(about["topic"]) if about else ""
    if topic and len(phrases.pieces(topic)) >= 2 and "の" in topic:
        topic, listed = phrases.shared_owner(phrases.pieces(topic))
        return Reading(topic, aspects=tuple(listed))
    target = _OBJECT.match(rest)
    return _object(topic, target["object"] if target else ("" if about else _bare(rest)))


def asked_for(point: str) -> str:
    """A point without the request that follows it: 「納期を表にまとめて」 is 納期."""
    about = _ABOUT.match(point)
    target = _OBJECT.match(point)
    return about["topic"] if about else target["object"] if target else point


def _bare(rest: str) -> str:
    """A noun phrase without a verb: 「新製品Aの調査報告」, or the head before は."""
    head = _HEAD.match(rest)
    phrase = head["topic"] if head else re.sub(rf"(?:を)?(?:{_ASKED}).*$", "", rest) or rest
    return phrase if len(phrase) <= 120 else phrase[:120]


def _object(topic: str, target: str) -> Reading:
    if not topic and "、" in target:
        head, _, tail = target.partition("、")
        if re.search(r"(?:では|には|は|に|で)$", head) and tail:
            topic, target = phrases.strip(head), tail
    among = _AMONG.match(target) if not topic else None
    if among:
        inner = _object("", among["of"])
        return replace(inner, aspects=(phrases.strip(among["what"]),))
    happened = _HAPPENED.match(target)
    if happened and not topic:
        return Reading(phrases.strip(happened["topic"]), aspects=(phrases.strip(happened["what"]),))
    pieces = phrases.pieces(phrases.deliver(target))
    if not topic:
        topic, pieces = phrases.shared_owner(pieces)
    return Reading(topic, aspects=tuple(piece for piece in pieces if piece != topic))
