"""Pasted text and uploaded files that a workflow may cite."""

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, Protocol

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Invalid
from foundation.core.permissions import require, require_permission
from knowledge.files.reading import decode
from knowledge.index import document
from knowledge.models import Passage, Source
from knowledge.parsing import parse_note
from knowledge.parsing.frontmatter import clean
from knowledge.parsing.passages import ParsedPassage
from knowledge.reasons import sentence
from knowledge.states import Zone

MAX_BYTES = 2_000_000
SUFFIXES = (".md", ".txt", ".csv")

TEXT_OR_FILE = _("Give either a text or a file.")
EMPTY = _("There is no text in it.")
TOO_LARGE = _("It is larger than 2 MB. Split it, or register the folder it lies in as a vault.")
WRONG_KIND = _("Only .md, .txt and .csv files can be sources.")
NO_TITLE = _("Give the source a title of up to 200 characters.")
BROKEN_CSV = _("This is not a readable CSV file (line %(line)s): %(problem)s")


class Upload(Protocol):
    """An uploaded file, as Django hands it over."""

    name: str
    size: int
    file: BinaryIO

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class _Given:
    text: str
    size: int
    file_name: str = ""
    encoding: str = "utf-8"

    @property
    def suffix(self) -> str:
        return PurePath(self.file_name).suffix.lower() or ".md"


@transaction.atomic
def source_create(
    actor: Actor, *, title: str = "", text: str | None = None, file: Upload | None = None
) -> Source:
    """Keep a text, or an uploaded .md, .txt or .csv file, and index it. A file lends its name as the title.

    Raises Invalid for anything that is not plain, readable text of at most 2 MB.
    """
    require_permission(actor, "source:create")
    if (text is None) == (file is None):
        raise Invalid(TEXT_OR_FILE, code="text_or_file")
    given = _pasted(text) if file is None else _uploaded(file)
    _check_text(given)
    source = Source.objects.create(
        owner_id=actor.pk,
        title=_checked_title(title, given),
        text=given.text,
        file_name=given.file_name,
        encoding=given.encoding,
        sha256=hashlib.sha256(given.text.encode()).hexdigest(),
        size=given.size,
    )
    passages = Passage.objects.bulk_create(_passages(source, given.suffix))
    source.passage_total = len(passages)
    source.save(update_fields=["passage_total", "updated_at"])
    record(
        actor, "source.created", source, streams=[f"inbox:{source.owner_id}"], data={"title": source.title}
    )
    return source


@transaction.atomic
def source_delete(actor: Actor, source: Source) -> None:
    """Forget a source and its passages. Raises Forbidden."""
    source = require(actor, "delete", source)
    record(
        actor, "source.deleted", source, streams=[f"inbox:{source.owner_id}"], data={"title": source.title}
    )
    Source.objects.filter(pk=source.pk).delete()


def _pasted(text: str | None) -> _Given:
    cleaned = _lines(clean(text or ""))
    return _Given(cleaned, len(cleaned.encode()))


def _uploaded(file: Upload) -> _Given:
    name = PurePath(file.name.replace("\\", "/")).name[-255:]
    if not name.lower().endswith(SUFFIXES):
        raise Invalid(WRONG_KIND, code="file_kind", details={"file": name})
    if file.size > MAX_BYTES:
        raise Invalid(TOO_LARGE, code="too_large")
    data = file.read(MAX_BYTES + 1)
    try:
        text, encoding = decode(data)
    except ValueError as error:
        raise Invalid(sentence(str(error)), code=str(error), details={"file": name}) from error
    return _Given(_lines(clean(text)), len(data), name, encoding)


def _lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _check_text(given: _Given) -> None:
    if given.size > MAX_BYTES:
        raise Invalid(TOO_LARGE, code="too_large")
    if not given.text.strip():
        raise Invalid(EMPTY, code="empty")
    if given.suffix == ".csv":
        _check_csv(given.text)


def _check_csv(text: str) -> None:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for _row in rows:
            pass
    except csv.Error as error:
        words = {"line": rows.line_num, "problem": str(error)}
        raise Invalid(BROKEN_CSV % words, code="broken_csv", details=words) from error


def _checked_title(title: str, given: _Given) -> str:
    name = " ".join(clean(title).split()) or PurePath(given.file_name).stem
    if not 0 < len(name) <= 200:
        raise Invalid(NO_TITLE, code="title_not_valid")
    return name


def _passages(source: Source, suffix: str) -> list[Passage]:
    pieces = parse_note(source.text).passages
    if suffix == ".csv":
        pieces = _with_header(pieces, source.text)
    return [
        Passage(
            source=source,
            zone=Zone.EVIDENCE,
            ordinal=ordinal,
            heading=piece.heading,
            line=piece.line,
            text=piece.text,
            grams=document(
                source.pk, Zone.EVIDENCE, title=source.title, heading=piece.heading, text=piece.text
            ),
        )
        for ordinal, piece in enumerate(pieces)
    ]


def _with_header(pieces: list[ParsedPassage], text: str) -> list[ParsedPassage]:
    """Rows of a table mean little without its first line, so that line is their heading."""
    header = ", ".join(next(csv.reader(io.StringIO(text, newline=""))))[:300]
    return [ParsedPassage(header, piece.line, piece.text) for piece in pieces]
