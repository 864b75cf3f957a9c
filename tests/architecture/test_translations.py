"""Every text for people is there in Japanese: nothing untranslated, unsure or forgotten."""

import gettext
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.architecture.source import ROOT, name, tracked

CATALOGUE = ROOT / "locale" / "ja" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")
TOOLS_AND_TESTS = ("tests/", "benchmarks/", "scripts/")


def unquoted(lines: list[str]) -> str:
    text = "".join(line[line.index('"') + 1 : line.rindex('"')] for line in lines)
    return text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def entries(text: str) -> Iterator[tuple[str, list[str], bool]]:
    """`(msgid, [msgstr], fuzzy)` of each entry but the header."""
    for block in text.split("\n\n"):
        parts: dict[str, list[str]] = {}
        part = ""
        for line in block.splitlines():
            if line.startswith("msg"):
                part = line.partition(" ")[0]
                parts[part] = []
            if part and '"' in line and not line.startswith("#"):
                parts[part].append(line)
        if parts and unquoted(parts["msgid"]):
            shown = [unquoted(lines) for key, lines in parts.items() if key.startswith("msgstr")]
            yield unquoted(parts["msgid"]), shown, "#, fuzzy" in block


def test_every_entry_is_translated_and_sure() -> None:
    found = list(entries(CATALOGUE.read_text(encoding="utf-8")))
    assert len(found) > 400
    assert not [msgid for msgid, shown, fuzzy in found if fuzzy or not all(shown)]


def test_nothing_is_left_out_of_a_translation_or_made_up() -> None:
    wrong = [
        msgid
        for msgid, shown, _fuzzy in entries(CATALOGUE.read_text(encoding="utf-8"))
        if "(s)" not in msgid and len(shown) == 1 and not same_placeholders(msgid, shown[0])
    ]
    assert not wrong


def same_placeholders(msgid: str, shown: str) -> bool:
    """A plural's first form may leave its number out (`once`), the translation never does."""
    here, there = set(PLACEHOLDER.findall(msgid)), set(PLACEHOLDER.findall(shown))
    return here <= there and there - here <= {"%(number)s"}


def test_words_are_calm() -> None:
    loud = [
        shown
        for _, texts, _ in entries(CATALOGUE.read_text(encoding="utf-8"))
        for shown in texts
        if "！" in shown or "!" in shown
    ]
    assert not loud


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for block in CATALOGUE.read_text(encoding="utf-8").split("\n\n"):
        context = re.search(r'^msgctxt "(.+)"$', block, re.MULTILINE)
        for msgid, shown, _fuzzy in entries(block):
            there = compiled.pgettext(context[1], msgid) if context else compiled.gettext(msgid)
            assert shown[0] in (there, compiled.ngettext(msgid, msgid, 1)), msgid


@pytest.mark.skipif(
    not shutil.which("xgettext"), reason="GETTEXT IS NOT INSTALLED: forgotten texts were not looked for"
)
def test_makemessages_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in tracked():
        if path.suffix in (".py", ".html", ".txt") and not name(path).startswith(TOOLS_AND_TESTS):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    (tmp_path / "locale").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("django.conf.settings.LOCALE_PATHS", [str(tmp_path / "locale")])
    call_command("makemessages", locale=["ja"], no_location=True, no_wrap=True, verbosity=0)
    used = {
        msgid
        for msgid, *_ in entries((tmp_path / "locale/ja/LC_MESSAGES/django.po").read_text(encoding="utf-8"))
    }
    known = {msgid for msgid, *_ in entries(CATALOGUE.read_text(encoding="utf-8"))}
    assert used - known == set(), (
        "translate them: python manage.py makemessages -l ja --no-location --no-wrap"
    )
    assert known - used == set(), "nobody says this any more"


def test_the_catalogue_compiles() -> None:
    if shutil.which("msgfmt"):
        done = subprocess.run(
            ["msgfmt", "--check-format", "-o", "-", str(CATALOGUE)], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
