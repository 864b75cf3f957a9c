"""The minutes of a discussion as Markdown. Nothing in them is invented here. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ai_integration.jobs import ActionItem, MinutesDraft
from workflows.report_text import inert, one_line, place

WORDS = {
    "ja": {
        "title": "議事録：{topic}",
        "topic": "議題",
        "participants": "参加者",
        "moderator": "進行役",
        "rounds": "発言 {n}件",
        "stop": "終了の理由",
        "with": "議事録の作成",
        "summary": "まとめ",
        "positions": "各自の立場",
        "decisions": "決定事項",
        "open": "未決事項",
        "actions": "アクション",
        "owner": "担当",
        "nobody": "未定",
        "acceptance": "完了条件",
        "sources": "出典",
        "none": "なし",
        "line": "{line}行目",
        "colon": "：",
        "tag": "AI秘書/議事録",
    },
    "en": {
        "title": "Minutes: {topic}",
        "topic": "Topic",
        "participants": "Participants",
        "moderator": "Moderator",
        "rounds": "{n} speeches",
        "stop": "Why it ended",
        "with": "Minutes written by",
        "summary": "Summary",
        "positions": "Positions",
        "decisions": "Decisions",
        "open": "Open questions",
        "actions": "Actions",
        "owner": "Owner",
        "nobody": "nobody yet",
        "acceptance": "Done when",
        "sources": "Sources",
        "none": "None",
        "line": "line {line}",
        "colon": ": ",
        "tag": "AI秘書/議事録",
    },
}


@dataclass(frozen=True)
class Held:
    """The facts of a discussion that its minutes state. `topics` are the first one and those it was redirected to."""

    id: str
    language: str
    when: datetime
    topics: Sequence[str]
    participants: Sequence[str]
    moderator: str
    speeches: int
    stop_reason: str
    model: str
    citations: Sequence[dict[str, Any]]


def title_of(held: Held) -> str:
    return WORDS[held.language]["title"].format(topic=one_line(held.topics[0])[:100])


def compose(held: Held, draft: MinutesDraft) -> str:
    """The whole note, with properties, a footer of sources, and every heading, also where there is nothing to say."""
    words = WORDS[held.language]
    stances = [
        f"**{inert(one_line(each.name))}**{words['colon']}{one_line(each.position)}"
        for each in draft.positions
    ]
    blocks = [
        _properties(held, words),
        f"# {inert(title_of(held))}",
        _facts(held, words),
        f"## {words['summary']}\n\n{draft.summary.strip() or words['none']}",
        _list(words["positions"], stances, words),
        _list(words["decisions"], [one_line(each) for each in draft.decisions], words),
        _list(words["open"], [one_line(each) for each in draft.open_questions], words),
        _list(words["actions"], [_action(each, words) for each in draft.actions], words, mark="- [ ] "),
        _list(words["sources"], [place(each, words) for each in held.citations], words),
    ]
    return "\n\n".join(blocks) + "\n"


def _properties(held: Held, words: dict[str, str]) -> str:
    rows = {
        "title": title_of(held),
        "created": held.when.strftime("%Y-%m-%dT%H:%M:%S"),
        "discussion": held.id,
        "tags": [words["tag"]],
    }
    # A JSON string is a valid YAML scalar whatever the title holds.
    return "\n".join(
        ["---", *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in rows.items()), "---"]
    )


def _facts(held: Held, words: dict[str, str]) -> str:
    rows = {
        "topic": " → ".join(_short(each) for each in held.topics),
        "participants": ", ".join(held.participants) or words["none"],
        "moderator": f"{held.moderator} · {words['rounds'].format(n=held.speeches)}",
        "stop": held.stop_reason,
        "with": held.model,
    }
    return "\n".join(
        f"> {words[name]}{words['colon']}{inert(one_line(value))}  " for name, value in rows.items()
    )


def _action(action: ActionItem, words: dict[str, str]) -> str:
    owner = f"{words['owner']}{words['colon']}{inert(action.owner) or words['nobody']}"
    criteria = "".join(
        f"\n    - {words['acceptance']}{words['colon']}{one_line(each)}" for each in action.acceptance
    )
    return f"{one_line(action.title)} ({owner}){criteria}"


def _list(heading: str, rows: Sequence[str], words: dict[str, str], mark: str = "- ") -> str:
    return f"## {heading}\n\n" + ("\n".join(f"{mark}{row}" for row in rows) or words["none"])


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= 300 else line[:299] + "…"
