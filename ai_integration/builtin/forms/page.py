"""A Markdown page being written: quotations with their sources, and the secretary's own sentences."""

from collections.abc import Iterable, Sequence

from ai_integration.builtin import display, text, vocabulary
from ai_integration.builtin.extracts import Extract, reading_order, same_table
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.request import Request
from ai_integration.builtin.statements import last_heading, title_of

BODY_LIMIT = 19_000
LABEL_LIMIT = 80
LISTED = frozenset(("item", "step", "task"))


class Page:
    """Lines of a body. Every extract that is written is kept, so that exactly what is shown gets cited."""

    def __init__(self, language: str, asked: Request, kind: str) -> None:
        self.language, self.asked, self.kind = language, asked, kind
        self.cited: list[Extract] = []
        self._lines: list[str] = []
        self._length = 0
        self.full = False

    @property
    def topic(self) -> str:
        listed = vocabulary.say("listing", self.language).join(self.asked.things)
        return text.clip(self.asked.topic or listed, LABEL_LIMIT) or self.say("request")

    def say(self, key: str, /, **values: object) -> str:
        return vocabulary.say(key, self.language, **values)

    def line(self, written: str = "") -> bool:
        """Write one line unless the page is full; whether it was written."""
        if self._length + len(written) > BODY_LIMIT:
            self.full = True
            return False
        self._lines.append(written)
        self._length += len(written) + 1
        return True

    def tell(self, key: str, /, **values: object) -> None:
        self.line(self.say(key, **values))

    def heading(self, level: int, title: str) -> None:
        """A heading with blank lines around it."""
        if self._lines and self._lines[-1]:
            self.line()
        self.line(f"{'#' * level} {clean(title)}")
        self.line()

    def gap(self) -> None:
        if self._lines and self._lines[-1]:
            self.line()

    def bullets(self, extracts: Iterable[Extract]) -> None:
        """Quotations in reading order, each new source named once, lists under their introduction, rows as a table."""
        source, introduced = "", ""
        for run in _runs(reading_order(extracts)):
            where = source_of(run[0])
            if len(run) > 1:
                self._table(run, where)
                source, introduced = "", ""
                continue
            introduced = self._bullet(run[0], where, where == source, introduced)
            source = where

    def _bullet(self, extract: Extract, where: str, known: bool, introduced: str) -> str:
        """Write one quotation; the introduction that the next one may stand under is returned."""
        opens = extract.quote.rstrip().endswith((":", "："))
        listed = extract.unit.kind in LISTED and bool(introduced) and extract.unit.intro == introduced
        written = self.say(
            "bullet" if known else "bullet_from", quote=extract.shown, ref=extract.ref, source=where
        )
        if self.line(f"  {written}" if listed else written):
            self.cited.append(extract)
        return extract.quote.rstrip() if opens else introduced if listed else ""

    def _table(self, rows: Sequence[Extract], where: str) -> None:
        """Rows of one table as a table again, each with its source."""
        self.gap()
        self.tell("table_from", source=where)
        self.gap()
        columns = [clean(name) for name in rows[0].unit.columns]
        self.line(f"| {' | '.join(columns)} | {self.say('source')} |")
        self.line("|---" * (len(columns) + 1) + "|")
        for row in rows:
            cells = [display.shown(cell) for cell in display.cells(row.quote)][: len(columns)]
            cells += [""] * (len(columns) - len(cells))
            if self.line(f"| {' | '.join(cells)} | [{row.ref}] |"):
                self.cited.append(row)
        self.gap()

    def statements(self, extracts: Iterable[Extract]) -> None:
        """Quotations as running text of a draft, lists as lists."""
        for run in _runs(reading_order(extracts)):
            if len(run) > 1:
                self._table(run, source_of(run[0]))
            else:
                self._statement(run[0])

    def _statement(self, extract: Extract) -> None:
        written = self.say("statement", quote=extract.shown, ref=extract.ref)
        listed = extract.unit.kind in LISTED
        if not listed:
            self.gap()
        if self.line(f"- {written}" if listed else written):
            self.cited.append(extract)

    def near(self, found: Finding) -> None:
        """What is no answer, said to be so: earlier records, statements on the subject."""
        for key, extracts in (("past_intro", found.past), ("near_intro", found.near)):
            if extracts:
                self.gap()
                self.tell(key)
                self.gap()
                self.bullets(extracts)

    def value(self, extracts: Sequence[Extract], key: str = "statement", *, bare: bool = False) -> str:
        """Quotations on one line, each with its source; `bare` leaves the keys of properties out."""
        self.cited += extracts
        return " ／ ".join(
            self.say(key, quote=extract.value if bare else extract.shown, ref=extract.ref)
            for extract in extracts
        )

    def text(self) -> str:
        return "\n".join(self._lines).strip() + "\n"


def _runs(ordered: Sequence[Extract]) -> list[list[Extract]]:
    """Rows of one table together, everything else alone."""
    runs: list[list[Extract]] = []
    for extract in ordered:
        if runs and same_table(runs[-1][0].unit, extract.unit):
            runs[-1].append(extract)
        else:
            runs.append([extract])
    return runs


def source_of(extract: Extract) -> str:
    """Note and heading, as a reader would name them."""
    passage = extract.unit.passage
    title = title_of(passage)
    heading = extract.unit.section or last_heading(passage.heading)
    return clean(f"{title} › {heading}" if heading and not heading.startswith(title) else title)


def clean(label: str) -> str:
    """A label or title that cannot break the line it stands in or pass for a citation."""
    plain = (
        label.replace("[", "(")
        .replace("]", ")")
        .replace("|", "／")
        .replace("<", "＜")
        .replace(">", "＞")
        .replace("*", "")
    )
    return text.clip(plain.strip("# \n"), LABEL_LIMIT)


def name_of(page: Page, found: Finding) -> str:
    """The label of a finding, with the thing it is asked of."""
    label = clean(found.label)
    return page.say("about_thing", thing=clean(found.need.thing), label=label) if found.need.thing else label
