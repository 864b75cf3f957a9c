"""Whether a requirement asks for what is still to be done, as a whole: "what should I do this week?"."""

import re

from ai_integration.builtin import text

LONGEST = 120
_TASK = re.compile(
    r"(?:やる|やっておく|す)べき(?:こと|事)?|(?:やる|する|やった方がいい)(?:こと|事)|"
    r"(?:未完了|未着手|未対応|未処理|手つかず|やり残し|積み残し|残り|残って(?:い)?る|終わって(?:い)?ない|済んで(?:い)?ない)(?:の|な)?"
    r"(?:タスク|作業|仕事|to-?do|宿題|もの|こと)?|残(?:タスク|作業)|タスク|to-?do|宿題|やり残し|期限切れ|"
    r"何を(?:す(?:れば|る|べき)|や(?:れば|る|ったら))|何から(?:や|手を)"
)
_WHEN = re.compile(r"本日|今日|明日|今週|来週|今月|来月|週末|月末|直近|当面|日")
_ASKING = re.compile(
    r"私|僕|俺|自分|わたし|ノート|保管庫|一覧|リスト|期限|締め?切り?|近い|順|早い|全部|全て|優先|度|高い|整理|作成|作|確認|教|知|洗い?出|"
    r"書き?出|並べ|見|何|件|表|中|内|分|付|手|今|次|以内|迄"
)
_SOLID = re.compile(rf"[{text.KANJI}{text.KATAKANA}a-z0-9]")
_TASK_EN = re.compile(
    r"\b(?:to-?dos?|to do|(?:open|outstanding|unfinished|remaining|pending|overdue) (?:tasks?|items?|work)|tasks?|overdue|unfinished|"
    r"what (?:should|must|do|shall) (?:i|we)(?: (?:have|need))?(?: to)? (?:do|finish|work on)|what(?: is|'s|’s)? (?:still )?(?:left|due|outstanding))\b"
)
_FILL_EN = frozenset(
    text.words(
        "a an and any are by date deadline deadlines do due everything finish first for from give have i in is it left list me month my need next "
        "note notes now of on open order our outstanding please priority s show soon sort sorted still tell that the there this to today tomorrow up us "
        "vault we week weekend what what's what’s which whole work yet all"
    )
)


def is_asked(requirement: str) -> bool:
    """Whether a requirement asks for what is to be done, and for nothing else: a task *of something* is another question."""
    folded = text.fold(requirement[: LONGEST + 1]).strip()
    if len(folded) > LONGEST:
        return False
    if text.is_japanese(requirement):
        rest = _ASKING.sub("", _WHEN.sub("", _TASK.sub("", folded)))
        return _TASK.search(folded) is not None and not _SOLID.search(rest)
    rest = _TASK_EN.sub(" ", folded)
    return _TASK_EN.search(folded) is not None and set(text.words(rest)) <= _FILL_EN
