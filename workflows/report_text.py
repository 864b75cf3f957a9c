"""The report as Markdown, composed from the results; nothing in it is invented here. Pure.

Body markers `[ref]` become footnotes; each footnote names note, heading, line and the words relied on, and links to the
place in Obsidian.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

REF = re.compile(r"\[([a-z][a-z0-9_-]{0,39}-\d+)\]")
HEADING = re.compile(r"^(#{1,6})(?= )", re.MULTILINE)
MAX_QUOTE = 160
KNOWN_BY = 40  # so many letters of a quote tell it from its neighbours

WORDS = {
    "ja": {
        "requirement": "要件",
        "by": "担当",
        "with": "モデル",
        "gaps": "未確認",
        "sources": "出典",
        "record": "作業の記録",
        "line": "{line}行目",
        "done": "完了",
        "failed": "失敗",
        "cancelled": "中止",
        "revised": "修正{n}回",
        "no_sources": "この報告書に出典はありません。",
        "empty": "書ける結果がありませんでした。",
        "colon": "：",
    },
    "en": {
        "requirement": "Requirement",
        "by": "By",
        "with": "Model",
        "gaps": "Not confirmed",
        "sources": "Sources",
        "record": "Record of the work",
        "line": "line {line}",
        "done": "done",
        "failed": "failed",
        "cancelled": "cancelled",
        "revised": "revised ×{n}",
        "no_sources": "This report cites no sources.",
        "empty": "There was no result to write about.",
        "colon": ": ",
    },
}


@dataclass(frozen=True)
class Part:
    """One task with its latest result. `citations` are TaskResult's; a task without a result has an empty body."""

    key: str
    title: str
    status: str
    depends_on: Sequence[str]
    revision: int = 0
    persona: str = ""
    model: str = ""
    body: str = ""
    citations: Sequence[dict[str, Any]] = ()
    gaps: Sequence[str] = ()
    reason: str = ""


@dataclass(frozen=True)
class Composed:
    title: str
    markdown: str
    citations: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


def compose(
    *,
    title: str,
    requirement: str,
    language: str,
    workflow_id: str,
    when: datetime,
    parts: Sequence[Part],
    unmet: Sequence[str],
) -> Composed:
    """The report. Its text is what the last tasks of the DAG wrote; `unmet` are criteria that the review left open."""
    words = WORDS[language]
    leading = _leading(parts)
    notes = _Footnotes([each for part in parts for each in part.citations])
    sections = [_section(part, alone=len(leading) == 1, notes=notes) for part in leading] or [words["empty"]]
    gaps = _gaps(leading, parts, unmet, words)
    blocks = [
        _properties(title, workflow_id, when, bool(gaps)),
        f"# {one_line(title)}",
        _byline(parts, requirement, words),
        *sections,
        *([_list(words["gaps"], gaps)] if gaps else []),
        f"## {words['sources']}\n\n{notes.text(words)}",
        _record(parts, words),
    ]
    return Composed(title, "\n\n".join(blocks) + "\n", notes.used, gaps)


class _Footnotes:
    def __init__(self, citations: Sequence[dict[str, Any]]) -> None:
        self.known: dict[str, list[dict[str, Any]]] = {}
        for each in citations:
            self.known.setdefault(each["ref"], []).append(each)
        self.used: list[dict[str, Any]] = []
        self._numbers: dict[tuple[Any, ...], int] = {}

    def mark(self, match: re.Match[str]) -> str:
        if match[1] not in self.known:
            return ""
        citation = self._meant(match)
        place = (citation["note"], citation["line"], citation["quote"])
        if place not in self._numbers:
            self._numbers[place] = len(self.used) + 1
            self.used.append({"number": self._numbers[place]} | citation)
        return f"[^{self._numbers[place]}]"

    def _meant(self, match: re.Match[str]) -> dict[str, Any]:
        """Of several quotes from one passage, the one that stands last before the marker, in its own line, or else most."""
        line = _letters(match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()])
        return max(self.known[match[1]], key=lambda each: _begun(line, _letters(each["quote"])[:KNOWN_BY]))

    def text(self, words: dict[str, str]) -> str:
        lines = [f"[^{each['number']}]: {place(each, words)}" for each in self.used]
        return "\n".join(lines) or words["no_sources"]


def _leading(parts: Sequence[Part]) -> list[Part]:
    """The parts that no other finished part builds on: what the reader came for."""
    done = [part for part in parts if part.body]
    used = {key for part in done for key in part.depends_on}
    return [part for part in done if part.key not in used]


def _section(part: Part, *, alone: bool, notes: _Footnotes) -> str:
    text = REF.sub(notes.mark, part.body.strip())
    shift = max(0, (2 if alone else 3) - min((len(found) for found in HEADING.findall(text)), default=6))
    text = HEADING.sub(lambda match: "#" * min(6, len(match[1]) + shift), text)
    return text if alone else f"## {one_line(part.title)}\n\n{text}"


def _gaps(
    leading: Sequence[Part], parts: Sequence[Part], unmet: Sequence[str], words: dict[str, str]
) -> list[str]:
    colon = words["colon"]
    told = [gap for part in leading for gap in part.gaps]
    failed = [
        f"{one_line(part.title)}{colon}{words[part.status]}{f' ({part.reason})' if part.reason else ''}"
        for part in parts
        if part.status in ("failed", "cancelled")
    ]
    return list(dict.fromkeys(one_line(gap) for gap in [*told, *failed, *unmet]))


def _properties(title: str, workflow_id: str, when: datetime, gaps: bool) -> str:
    rows = {
        "title": title,
        "created": when.strftime("%Y-%m-%dT%H:%M:%S"),
        "workflow": workflow_id,
        "status": "completed_with_gaps" if gaps else "completed",
        "tags": ["AI秘書/報告書"],
    }
    # A JSON string is a valid YAML scalar whatever the title holds.
    return "\n".join(
        ["---", *(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in rows.items()), "---"]
    )


def _byline(parts: Sequence[Part], requirement: str, words: dict[str, str]) -> str:
    colon = words["colon"]
    people = ", ".join(dict.fromkeys(part.persona for part in parts if part.persona and part.body))
    models = ", ".join(dict.fromkeys(part.model for part in parts if part.model))
    short = one_line(requirement)
    rows = [
        f"{words['requirement']}{colon}{short if len(short) <= 300 else short[:299] + '…'}",
        f"{words['by']}{colon}{people or '—'}",
        f"{words['with']}{colon}{models or '—'}",
    ]
    return "\n".join(f"> {row}  " for row in rows)


def _record(parts: Sequence[Part], words: dict[str, str]) -> str:
    rows = []
    for part in parts:
        revised = f" · {words['revised'].format(n=part.revision)}" if part.revision and part.body else ""
        rows.append(
            f"{part.key} {one_line(part.title)} — {part.persona or '—'} · {words.get(part.status, part.status)}{revised}"
        )
    return _list(words["record"], rows)


def _list(heading: str, rows: Sequence[str]) -> str:
    return f"## {heading}\n\n" + "\n".join(f"- {row}" for row in rows)


def place(citation: dict[str, Any], words: dict[str, str]) -> str:
    where = one_line(citation["note"])
    if citation.get("note_id"):
        where = _wikilink(citation["note"], citation["heading"])
    quote = one_line(citation["quote"])
    short = quote if len(quote) <= MAX_QUOTE else quote[: MAX_QUOTE - 1] + "…"
    return f"{where} {words['line'].format(line=citation['line'])} 「{inert(short)}」"


def _wikilink(path: str, heading: str) -> str:
    target = path.removesuffix(".md")
    last = heading.rsplit(" > ", 1)[-1]
    shown = re.sub(
        r"[|\[\]#^]", " ", f"{target.rsplit('/', 1)[-1]} › {last}" if last else target.rsplit("/", 1)[-1]
    )
    anchor = f"#{re.sub(r'[|#^\[\]]', ' ', last).strip()}" if last else ""
    return f"[[{target}{anchor}|{shown.strip()}]]"


def inert(text: str) -> str:
    """Quoted words as plain text: their own links, footnotes and markup must not act in the report."""
    return re.sub(r"([\\`*_\[\]<>!~])", r"\\\1", text)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _begun(line: str, quote: str) -> tuple[bool, int]:
    """Whether `quote` stands in `line`, and where last; else how many letters of its beginning do."""
    least, most = 0, len(quote)
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if quote[:middle] in line else (least, middle - 1)
    whole = bool(quote) and least == len(quote)
    return whole, line.rfind(quote) if whole else least


def one_line(text: str) -> str:
    return " ".join(text.split())
