"""What a Japanese noun phrase says: whose it is, what of it, and what is listed in it."""

import re

from ai_integration.builtin import text, vocabulary

_NAME = "\ue000-\uf8ff"
_SOLID = rf"一-鿿々ァ-ヴーA-Za-zＡ-Ｚａ-ｚ0-9０-９）)者{_NAME}"
_LIST = re.compile(
    rf"[、,，・／/]|(?<=[{_SOLID}])(?:と(?![のはいしきこもりく])|や(?![すらりるれろっめ])|および|及び|ならびに|並びに|かつ|vs\.?)(?=[^、。])"
    rf"|(?<=[{text.KANJI}][みりさ])と(?=[{text.KANJI}])"
    r"|(?<=とか)、?"
)
_LEADING = re.compile(
    r"^(?:また|そして|なお|あと|さらに|ただし|では|それから|まず|次に|その|この|上記の|以下の|どんな|どのような|どういった|次の|当社の|弊社の|我が社の|うちの|社内での|社内で|私たちの|今回の|、|\s)+"
)
_TRAILING = re.compile(
    rf"(?:について|に関して|に関する|の件|など|等|とか|だけ|のみ|[をはがもにで、，,：:\s]|(?<=[{text.KANJI}{text.KATAKANA}])と|(?<=こと)と|(?<=もの)と)+$"
)
_DELIVERABLE = re.compile(
    r"(?:の|に関する|についての)?(?:調査|分析|検討|比較|社内|簡単な|短い|詳しい)*"
    r"(?:報告書|報告|レポート|資料|文書|書類|ドキュメント|議事録|企画書|企画案|計画書|提案書|お知らせ|案内文?|告知文?|通知文?|下書き|原稿|文案|"
    r"(?:お礼|お詫び|御礼|依頼|催促|確認|案内)?の?(?:メール|手紙|文面|礼状)|メモ|要約|まとめ|サマリー|リスト|比較表|一覧表?|表|手順書|マニュアル|記事|企画|計画|プラン|調査|分析|比較|検討)(?:案|文)?$"
)
TIME_ONLY = re.compile(
    r"(?:先|今|来|前|毎)(?:週|月|年|回|期|日)|次回|前回|昨日|今日|明日|昨年|今年|去年|\d{4}年(?:度|\d{1,2}月)?|\d{1,2}月(?:\d{1,2}日)?|\d{1,2}[/-]\d{1,2}|最新|最近|直近|本日|本年|年度"
)
_JOINED = re.compile(rf"(?<=[{_SOLID}])(?:と|へ|に|から)$")  # 丸葉紙工との条件
# 「移転を取引先に知らせるお知らせ」 is about 移転.
_TELLING = re.compile(
    r"^(?P<of>.+)を[^を]{0,20}?(?:知らせ|伝え|説明す|案内す|報告す|紹介す|依頼す|お願いす|お詫びす|まとめ)[るた]$"
)
# 「月舟堂さんが言っていた要望」, 「モニター調査で多かった意見」: whose or where it is, and what of it.
_CLAUSED = re.compile(
    rf"^(?:(?P<topic>[{_SOLID}・ーの ]{{2,20}}?)(?:さん|様|氏)?(?:が|で|から|に|までに|まで)"
    rf"|(?P<done>[{_SOLID}][^をはがに、]{{1,11}})を(?=[^、]*(?:ための|ときの|際の|場合の)))"
    r"(?P<what>[^、。]*[^、。で]$)"
)
# 小野寺さんの来週の予定 are 小野寺's.
_WHEN = re.compile(rf"(?:さん|様|氏)?の(?:{TIME_ONLY.pattern})$")


def shared_owner(pieces: list[str]) -> tuple[str, list[str]]:
    """「新製品Aの価格、納期」 → 新製品A and its two aspects; a lone 「Xのリスク」 likewise, when リスク is an aspect."""
    if not pieces:
        return "", []
    if "ための" in pieces[0] and (topic := before_clause(pieces[0])) != pieces[0]:
        return topic, [_CLAUSED.sub(r"\g<what>", pieces[0]), *pieces[1:]]
    owner, _, last = pieces[0].rpartition("の")
    owner = _WHEN.sub("", _JOINED.sub("", owner))
    if not owner or TIME_ONLY.fullmatch(owner):
        topic = before_clause(pieces[0])
        if topic != pieces[0]:
            return topic, [_CLAUSED.sub(r"\g<what>", pieces[0]), *pieces[1:]]
        return (pieces[0], []) if len(pieces) == 1 else ("", pieces)
    if len(pieces) > 1 or is_aspect(last):
        return owner, [last, *pieces[1:]]
    return pieces[0], []


def before_clause(topic: str) -> str:
    """What a topic with a clause in it begins with: 出張 of 「出張で 1 泊 15,000 円のホテルに泊まる」."""
    claused = _CLAUSED.match(topic)
    head = (claused["topic"] or claused["done"]) if claused else ""
    return head if head and vocabulary.content_terms(head) else topic


def is_aspect(word: str) -> bool:
    """Whether a short word names a point of something."""
    return vocabulary.is_aspect(word) and len(word) <= 10


def deliver(phrase: str) -> str:
    """The phrase without the deliverables at its end: 「移転のお知らせの文案」 → 移転."""
    for _ in range(3):
        phrase = strip(_DELIVERABLE.sub("", strip(phrase)))
    telling = _TELLING.match(phrase)
    return strip(telling["of"]) if telling else phrase


def pieces(listed: str) -> list[str]:
    """The members of a list, each without the particles around it."""
    found = (strip(piece) for piece in _LIST.split(listed) if piece)
    return [piece for piece in found if piece and _names_something(piece)]


def _names_something(piece: str) -> bool:
    return (
        bool(re.search(f"[{_NAME}]", piece))
        or bool(vocabulary.content_terms(piece))
        or bool(vocabulary.asks_in(piece))
    )


def strip(phrase: str) -> str:
    """A phrase without what only joins it to others."""
    return _TRAILING.sub("", _LEADING.sub("", phrase.strip())).strip()
