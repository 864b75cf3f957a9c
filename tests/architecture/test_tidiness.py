"""Nothing half done, nothing of one machine, one version everywhere."""

import re
import tomllib

from django.conf import settings

from tests.architecture.source import ROOT, name, tracked

CODE = {".py", ".html", ".js", ".css", ".yml", ".yaml", ".sh", ".sql"}
# Written in pieces, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
MACHINE = re.compile(
    "|".join(
        [
            "/ro" + "ot/",
            "/wo" + "rk/(main|shared)",
            "/opt/(py" + "pi|wheels)",
            "/tmp/bu" + "ild",
            "[A-Z]:\\\\Us" + "ers\\\\",
        ]
    )
)
SECRET = re.compile(
    "|".join(["sk-" + "[A-Za-z0-9]{20}", "-----BEGIN [A-Z ]*PRIVATE" + " KEY", "gh" + "p_[A-Za-z0-9]{30}"])
)


def lines_matching(pattern: re.Pattern[str], suffixes: set[str] | None = None) -> list[str]:
    found = []
    for path in tracked():
        if suffixes is None or path.suffix in suffixes:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [
                f"{name(path)}:{number}"
                for number, line in enumerate(text.splitlines(), 1)
                if pattern.search(line)
            ]
    return found


def test_nothing_is_left_unfinished() -> None:
    assert not lines_matching(UNFINISHED, CODE)


def test_no_path_of_one_machine() -> None:
    assert not lines_matching(MACHINE)


def test_no_secret() -> None:
    assert not lines_matching(SECRET)


def test_one_version_everywhere() -> None:
    """The changelog's newest heading is the source."""
    newest = re.search(
        r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert newest is not None
    assert newest[1] == project["version"] == settings.SPECTACULAR_SETTINGS["VERSION"]
