"""What a Japanese requirement says of where to look, for whom and how to write: 「保管庫のノートをもとに、…」「出典も付けて」. Nothing is
to be found out about that, so it is taken out before the rest is read."""

import re

_KEPT = r"(?:保管庫|ノート|メモ|記録|資料|文書|書類|ファイル|ナレッジ|ボルト|議事録|日報|Vault|vault)"
_RECORD = (
    r"(?:(?:私|わたし|自分|僕|うち|当社|弊社|社内|手元|過去|これまで|今まで|会議|打ち合わせ|この|これらの|その|上記の|すべての|全ての|Obsidian|オブシディアン)の?)*"
    rf"{_KEPT}(?:の(?:中の|内の)?{_KEPT})?(?:全部|全体|一式|類)?(?:の(?:内容|中身|記載|中|情報))?"
)
_WRITTEN = r"(?:に(?:書いて(?:ある|いる)|書かれ(?:た|ている)|記載(?:の|された|されている)|ある|載っている|残っている)(?:こと|内容|情報|もの)?)?(?:だけ|のみ)?"
_THROUGH = (
    r"(?:(?:をもと|を元|を基)に(?:して)?|に(?:基づ|もとづ)(?:いて|き)|の?中?から|によ(?:ると|れば)|では|を(?:踏まえ|ふまえ)て|"
    r"を?(?:全部|すべて|全て|ひととおり|一通り|よく)?(?:使って|使い|用いて|参照して|参考に(?:して)?|見て|読んで|読み|調べて|確認して|検索して|探して))"
)
_FIRST = re.compile(rf"^{_RECORD}{_WRITTEN}{_THROUGH}[、,]?")
_WHAT_IS_THERE = re.compile(
    rf"[、,]?{_RECORD}に(?:は)?(?:何が|なにが|何と|どう|どのように)(?:書いて(?:ある|いる)|書かれている|載っている|残っている)の?か(?:を)?(?:調べて|確認して|見て|探して)[、,]?"
)
_PEOPLE = r"(?:部長|課長|係長|社長|専務|常務|役員|上司|さん|様|先生|経営陣|取引先|お客様|顧客|社員|メンバー|チーム|担当者)"
_FOR_WHOM = re.compile(
    rf"(?:^|(?<=、))[^、。をはが]{{0,10}}{_PEOPLE}(?:に|へ)(?:提出|説明|報告|送付|共有|配布|送る|見せる|渡す|出す)(?:する|できる|るための)?(?:ための)?、"
    r"|(?:^|(?<=[、をは]))[^、。をはがの]{1,10}向けに"
    r"|(?:^|(?<=[、をは])|(?<=について))[一-鿿ァ-ヴー]{1,8}向けの(?=お知らせ|案内|資料|文書|文面|メール|説明)"
)
_FOR_WHAT = re.compile(
    r"^[^、。を]{2,25}(?:で|に)(?:使う|使用する|配る|用いる|出す|配布する)(?:資料|文書|書類|もの)(?:として|に|用に)、?"
    r"|^[^、。を]{1,15}(?:向け|へ|用|宛て?)の(?:お知らせ|案内文?|資料|報告書?|文書|メール|説明)として、"
)
_SOUGHT = re.compile(rf"[、,]?{_RECORD}(?:から|で|を)(?:探して|調べて|確認して|拾って|見つけて|検索して)")
_COUNTED = re.compile(r"^(?:次|以下|下記)の[^、。]{0,4}(?:点|つ|項目|件|こと|内容)(?:を|について)")
_LENGTH = r"(?:A4(?:で|用紙)?\s?)?[0-9０-９一二三]+(?:字|文字|枚|ページ|行)(?:以内|程度|くらい|ぐらい|ほど)?"
_FORM = re.compile(
    rf"(?:^|(?<=[、をは]))(?:箇条書き(?!にして)|表形式|表|一覧表|時系列|日付順|期限順|優先順|優先順位順|(?:引用|出典|図表|根拠)(?:つき|付き|入り)|{_LENGTH}|簡潔|手短|丁寧|(?:わかり|分かり)やすく|詳しく|短く)"
    r"(?:で|に|の形で)?(?:、|(?=[^、。のをとや]{1,3}[てくし]|説明|教え|報告|整理|回答))"
)
_TO_SEND = r"[^、。を]{1,12}(?:に|へ)(?:送る|出す|渡す|見せる|配る|提出する)[^、。を]{0,6}(?:メール|文面|手紙|案内状?|お知らせ|資料|文書|報告書)(?:の(?:文面|下書き|案|原稿))?を(?:考え|書い|作っ|作成し|用意し)て"
_OUTRIGHT = re.compile(
    rf"^{_TO_SEND}|^(?:なお|また|あと|それと|できれば|、)*(?:"
    r"(?:出典|引用|根拠|参照元|情報源|表|図|グラフ|リンク|ノート名)[^。、]{0,12}(?:付け|つけ|入れ|示し|添え|明記|記載|書い|含め|載せ)"
    rf"|{_LENGTH}|簡潔|短く|手短|(?:わかり|分かり)やすく|丁寧に|箇条書き|日本語で|英語で|敬語|です・ます|推測|憶測|想像|(?:ノート|書いて)[^。、]{{0,6}}ないことは)"
)
_KNOWN = re.compile(
    r"(?<=について)(?:わか|分か|知)って(?:いる|る)(?:こと|内容|情報)(?:を|は)?(?:すべて|全部)?"
)
_TAKEN_FROM = re.compile(
    r"^(?P<of>[^、。を]{2,40}?)(?:の(?:メモ|ノート|記録))?から、?(?P<what>[^、。]{1,40}?)(?:だけ|のみ)?を?(?:[0-9０-９一二三四五]+(?:つ|点|件))?(?=抜き出|抜粋|抽出|拾い|拾って|書き出)"
)
_LEFT_OVER = re.compile(r"をして(?=$|くだ|ほし|もら|いただ)")  # of 「価格と重さを表にして」
# 「日本旅行の記録から、場所をまとめて」
_OUT_OF = re.compile(
    r"^(?P<of>[^、。を]{2,40}?)の(?:記録|ノート|メモ|議事録|資料|報告)から、?(?=[^、。]{2,}を)"
)
# 「反省点を踏まえて、気をつけることを」: both are to be found.
_GROUNDS = re.compile(
    r"^(?P<of>[^、。]{2,40}?)(?:を(?:踏まえ|ふまえ|もとに|元に|基に|参考に)(?:して|て)?|に(?:基づ|もとづ)(?:いて|き))、?(?=[^、。])"
)
# 「競合と比べたオリノの強み」 asks for the strengths.
_AGAINST = re.compile(
    r"^[^、。をはがの]{1,20}と(?:比べ|比較し|くらべ)(?:た(?:とき|場合)?の?|て(?:の)?)、?(?=[^、。]{2,}の[^、。]+を)"
)
LONGEST = 40  # characters of a sentence that says nothing else


def is_manner(sentence: str) -> bool:
    """Whether a sentence only says how to write."""
    return len(sentence) <= LONGEST and _OUTRIGHT.match(sentence) is not None


def bare(sentence: str) -> str:
    """A sentence without what it says of the notes as a whole, of the reader and of the form of the answer."""
    plain = _FIRST.sub("", sentence, count=1)
    for each in (_WHAT_IS_THERE, _SOUGHT, _COUNTED, _FOR_WHAT, _FOR_WHOM, _FORM, _KNOWN):
        plain = each.sub("", plain)
    plain = _TAKEN_FROM.sub(r"\g<of>について、\g<what>を", plain)
    plain = _LEFT_OVER.sub("をまとめて", plain)
    plain = _OUT_OF.sub(r"\g<of>について、", plain)
    plain = _AGAINST.sub("", plain)
    plain = _GROUNDS.sub(r"\g<of>、", plain)
    return plain.strip("、,") if plain.strip("、, ") else sentence
