"""What a question asks for: its words, cut into grams, each with a weight.

Particles, endings and the verbs of a request ("please summarise") say nothing about the subject, so they weigh little
or nothing; names, compounds and numbers weigh most.
"""

import re
from dataclasses import dataclass

from knowledge.grams import WORD_LIMIT, Term, fold, terms

MAX_FEATURES = 48

_TOKEN = re.compile(r"[一-鿿㐀-䶿豈-﫿々〆\U00020000-\U0003fffd]+|[ァ-ヺー]+|[ぁ-ゖゝゞ]+|[a-z0-9]+|[^\W_]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STOP_KANA = re.compile(
    "について|における|に関する|に対する|として|という|ください|下さい|ありますか|ですか|ますか|でしょうか|"
    "まとめて|しています|してある|している|された|される|したい|します|しました|して|した|する|され|せよ|しろ|なさい|"
    "です|ます|ました|ません|から|まで|より|など|ほど|だけ|これ|それ|あれ|どの|どれ|どう|なに|いつ|どこ|だれ|"
    "ための|ため|こと|もの|とき|ところ|ある|いる|ない|なる|られる|れる|および|または|かつ|その|この|また|ごとに|ごと|"
    "[をはがのにへとでもやかねよ]"
)
_PARTICLES = frozenset("をはがのにへとでもやかねよ")
_REQUEST = _words(
    "調査 報告 報告書 作成 資料 整理 検討 確認 分析 要約 内容 関連 関係 情報 依頼 検索 抽出 出典 必要 以下 方法 一覧 本文 文書 "
    "research report summary summarize summarise write create prepare document list find tell show explain describe "
    "make draft collect gather information notes note based"
)
_STOP_WORDS = _words(
    "a an and are as at be been but by can could did do does for from give had has have how i if in into is it its let "
    "me my of on or our please shall should so some than that the their them then there these they this those to us was "
    "we were what when where which who whom whose why will with would you your about any all each per via not no"
)
_SUFFIXES = (("ies", 4), ("ing", 4), ("ed", 4), ("es", 4), ("s", 3))


@dataclass(frozen=True)
class Feature:
    """One gram to look for, what a match is worth, and the word of the question that it comes from."""

    term: Term
    weight: float
    word: str


def features(question: str) -> list[Feature]:
    """The features of a question, the weightiest first, at most MAX_FEATURES. Empty when it holds no word."""
    tokens = list(_TOKEN.finditer(fold(question)))
    found: dict[Term, Feature] = {}
    for position, token in enumerate(tokens):
        before, after = _neighbours(tokens, position)
        for feature in _of_token(before, token.group(), after):
            if feature.term not in found or found[feature.term].weight < feature.weight:
                found[feature.term] = feature
    ranked = sorted(found.values(), key=lambda feature: -feature.weight)
    return ranked[:MAX_FEATURES] or _bare(question)


def _neighbours(tokens: list[re.Match[str]], position: int) -> tuple[str, str]:
    """The tokens that touch this one on its left and on its right, or empty."""
    token = tokens[position]
    before = tokens[position - 1] if position else None
    after = tokens[position + 1] if position + 1 < len(tokens) else None
    return (
        before.group() if before and before.end() == token.start() else "",
        after.group() if after and token.end() == after.start() else "",
    )


def _of_token(before: str, token: str, after: str) -> list[Feature]:
    if token.isascii():
        return _of_latin(token)
    if _is_kana(token):
        pieces = _STOP_KANA.split(token)
        ending = 1 if before and not before.isascii() else 0  # 調「べて」 belongs to its kanji
        return [feature for piece in pieces[ending:] if len(piece) > 1 for feature in _bigrams(piece, 0.5)]
    bridge = _bridge(token, after)
    return [*_bigrams(token, 0.3 if token in _REQUEST else 1.0), *([bridge] if bridge else [])]


def _is_kana(token: str) -> bool:
    return "ぁ" <= token[0] <= "ゞ"


def _of_latin(token: str) -> list[Feature]:
    if token in _STOP_WORDS:
        return []
    if token.isdigit():
        return [Feature(Term(token, (token,)), 0.7 if len(token) > 2 else 0.2, token)]
    if len(token) == 1:
        return [Feature(Term(token, (token,)), 0.2, token)]
    stem = _stem(token)[:WORD_LIMIT]
    return [Feature(Term(stem, (stem,), prefix=len(stem) > 3), 0.3 if token in _REQUEST else 1.0, token)]


def _stem(word: str) -> str:
    for suffix, least in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= least and not word.endswith("ss"):
            return word.removesuffix(suffix)
    return word


def _bigrams(word: str, weight: float) -> list[Feature]:
    pairs = (word[i : i + 2] for i in range(len(word) - 1))
    return [Feature(Term(pair, (pair,)), weight, word) for pair in pairs]


def _bridge(token: str, following: str) -> Feature | None:
    """The bigram over a change of script: part of a word (安い, 展示会ブース) unless a particle follows.

    A single kanji before の has no other: 春の文具展 is more than 文具展.
    """
    if len(token) == 1 and following == "の":
        return Feature(Term(f"{token}の", (f"{token}の",)), 0.4, token)
    if not following or following.isascii() or following[0] in _PARTICLES:
        return None
    pair = token[-1] + following[0]
    is_ending = _is_kana(following)
    return Feature(Term(pair, (pair,)), 0.4 if is_ending else 0.6, token if is_ending else token + following)


def _bare(question: str) -> list[Feature]:
    """For a question of a single character or of nothing but small words: everything it has."""
    return [Feature(term, 1.0, term.text) for term in terms(question)[:MAX_FEATURES]]
