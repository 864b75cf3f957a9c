"""Every attack of PROMISES.md is tried by a test, or said not to be."""

from tests.security import rows


def test_the_page_says_what_the_tests_say() -> None:
    written = rows.PAGE.read_text(encoding="utf-8")
    assert written == rows.page(), "run `python -m tests.security.rows`"


def test_every_row_is_tried_or_said_to_come_later() -> None:
    tried = set(rows.tests())
    assert not tried - set(rows.ATTACKS), "a mark names a row that there is not"
    assert not set(rows.ATTACKS) - tried - set(rows.NOT_YET)


def test_what_comes_later_is_not_there_yet() -> None:
    assert not set(rows.NOT_YET) & set(rows.tests()), "take it off the list"
