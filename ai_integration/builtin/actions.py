"""An action as it was written down: who does it, what it is, by when, and whether it is done."""

import re
from dataclasses import dataclass

from ai_integration.builtin import answers, display, text
from ai_integration.builtin.extracts import Extract

_OWNER_COLUMN = re.compile(r"担当|誰|責任|owner|who|assignee", re.IGNORECASE)
_WHAT_COLUMN = re.compile(r"すること|内容|作業|タスク|項目|何|段階|action|task|what|item", re.IGNORECASE)
_DUE = re.compile(r"(?:📅|⏳|due:?|期限[:：]?)\s*(\d{4}-\d{2}-\d{2})")
_DONE = re.compile(r"\s*✅\s*(?:\d{4}-\d{2}-\d{2})?")
_MARKS = re.compile(
    r"\s*[📅📆🗓⏳⌛🛫➕🔺⏫🔼🔽⏬🔁]\ufe0f?\s*(?:\d{4}-\d{2}-\d{2})?|\s*[\[(](?:due|scheduled|start|created|priority|repeat|id|dependsOn)::[^\])]*[\])]"
)
_ASIDE = re.compile(r"\s*[（(]([^（()）、。\d:：]{2,12})[)）]\s*$")
_SAID = re.compile(
    r"(?:担当|責任者)\s*[:：はが]\s*([^\s、。,（()）／]{1,12})|\b(?:[Oo]wner|[Aa]ssigned to)\s*:?\s*([A-Z]\w{1,20})|@(\w{1,30})|^([A-Z][a-z]{1,20}) (?:will|to|has to|needs to)\b"
)
_LEADING = re.compile(r"^([^\s、。：:]{1,8}?)(?:さん)?(?:が|は|：|:)")
_NAME = re.compile(rf"[{text.KANJI}{text.KATAKANA}]{{1,8}}|[A-Z][a-z]{{1,20}}")
_NOBODY = re.compile(r"次回|前回|今回|未定|済|完了|予定|各自")


@dataclass(frozen=True)
class Action:
    """`owner` and `due` are empty where the statement names none."""

    what: str
    owner: str = ""
    due: str = ""
    done: bool = False


def names_in(said: str) -> list[str]:
    """The words of a list of people that can be names."""
    return _NAME.findall(display.shown_value(said))


def read(extract: Extract, people: frozenset[str] = frozenset()) -> Action:
    """The action an extract states. `people` are known names: only they may stand bare at its beginning."""
    if extract.unit.kind == "row":
        return _of_row(extract)
    shown = extract.shown
    plain = _MARKS.sub("", _DONE.sub("", shown)).strip()
    aside = _ASIDE.search(plain)
    owner = aside[1] if aside and not _NOBODY.search(aside[1]) else _owner(plain, people)
    due = _DUE.search(shown) or answers.DATE.search(text.tight(plain))
    return Action(
        what=_ASIDE.sub("", plain) if aside and owner == aside[1] else plain,
        owner=owner,
        due=due[due.lastindex or 0] if due else "",
        done=extract.unit.done,
    )


def _owner(plain: str, people: frozenset[str]) -> str:
    said = _SAID.search(plain)
    if said:
        return next(group for group in said.groups() if group)
    named = answers.NAME_JA.search(plain)
    if named:
        return named[1]
    leading = _LEADING.match(plain)
    return leading[1] if leading and leading[1] in people else ""


def _of_row(extract: Extract) -> Action:
    named = list(zip(extract.unit.columns, display.cells(extract.quote), strict=False))
    owner = next((cell for name, cell in named if _OWNER_COLUMN.search(name)), "")
    what = next((cell for name, cell in named if _WHAT_COLUMN.search(name)), "")
    due = answers.DATE.search(text.tight(extract.shown))
    return Action(
        what=display.shown(what) or extract.shown, owner=display.shown(owner), due=due[0] if due else ""
    )
