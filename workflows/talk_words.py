"""The platform's own words in a discussion, in the language in which it is held. They are stored, so they are data."""

from workflows.states import Stop

MODERATOR = {"ja": "進行役", "en": "Moderator"}
FAILED_SPEECH = {
    "ja": "{name}は発言できませんでした（{reason}）。",
    "en": "{name} could not speak ({reason}).",
}
STOPS = {
    Stop.AGREED: {"ja": "全員が一致しました", "en": "all agreed"},
    Stop.NOTHING_NEW: {
        "ja": "全員に、新しく付け加えることがありませんでした",
        "en": "no one had anything new",
    },
    Stop.ROUNDS_USED: {"ja": "決められた回数の発言が終わりました", "en": "the rounds were used up"},
    Stop.NEEDS_COMMANDER: {"ja": "司令塔の答えが必要です", "en": "the commander's answer is needed"},
    Stop.COMMANDER: {"ja": "司令塔が終了しました", "en": "the commander ended it"},
    Stop.NOBODY_LEFT: {"ja": "発言できる参加者がいなくなりました", "en": "no participant was left"},
    Stop.ANSWERED: {"ja": "回答しました", "en": "answered"},
}


def why(stop: str, language: str) -> str:
    """Why a discussion stopped, as a sentence without its end; a dash when it did not."""
    return STOPS[Stop(stop)][language] if stop else "-"
