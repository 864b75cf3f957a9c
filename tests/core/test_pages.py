"""Small things that every page uses: times, cursors, forms."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from foundation.core import times
from foundation.core.pages import back_or
from foundation.core.paging import paged
from knowledge.models import Source
from tests.pages import signed_in

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "ja", "en"),
    [
        (timedelta(seconds=20), "たった今", "just now"),
        (timedelta(minutes=1), "1 分前", "1 minute ago"),
        (timedelta(minutes=59), "59 分前", "59 minutes ago"),
        (timedelta(hours=3), "3 時間前", "3 hours ago"),
        (timedelta(days=1), "11月22日", "22 Nov"),
        (timedelta(days=400), "2025年10月19日", "19 Oct 2025"),
    ],
)
def test_relative_within_a_day_and_a_date_beyond(ago, ja, en):
    with translation.override("ja"):
        assert times.relative(NOON - ago, NOON) == ja
    with translation.override("en"):
        assert times.relative(NOON - ago, NOON) == en


def test_exact_times_are_whole():
    moment = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
    with translation.override("ja"):
        assert times.exact(moment) == "2026年11月23日（月）14:05"
    with translation.override("en"):
        assert times.exact(moment) == "Mon 23 Nov 2026, 14:05"


def sources(owner, count):
    made = [Source(owner=owner, title=f"s{n}", text="x", sha256="0" * 64, size=1) for n in range(count)]
    Source.objects.bulk_create(made)
    Source.objects.update(created_at=NOON)  # all at once: the id decides
    return Source.objects.all()


def test_a_cursor_visits_every_row_once_and_comes_back(owner):
    rows = sources(owner, 25)
    pages, cursor = [], ""
    while True:
        page = paged(rows, cursor, size=10)
        pages.append([row.pk for row in page])
        if not page.older:
            break
        cursor = page.older
    seen = [pk for page in pages for pk in page]
    assert len(seen) == len(set(seen)) == 25
    back = paged(rows, page.newer, size=10)
    assert [row.pk for row in back] == pages[1]
    first = paged(rows, back.newer, size=10)
    assert [row.pk for row in first] == pages[0]
    assert first.newer == ""


def test_the_oldest_may_come_first(owner):
    rows = sources(owner, 25)
    oldest_first = sorted(row.pk for row in rows)
    pages, cursor = [], ""
    while True:
        page = paged(rows, cursor, size=10, oldest_first=True)
        pages.append([row.pk for row in page])
        if not page.newer:
            break
        cursor = page.newer
    assert [pk for page in pages for pk in page] == oldest_first
    back = paged(rows, page.older, size=10, oldest_first=True)
    assert [row.pk for row in back] == pages[1]
    assert paged(rows, back.older, size=10, oldest_first=True).older == ""


@pytest.mark.parametrize("cursor", ["x", "é", "bm90aGluZw==", "b3wxfDI="])
def test_a_broken_cursor_is_the_first_page(owner, cursor):
    assert len(paged(sources(owner, 3), cursor, size=2)) == 2


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "evil", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere(rf, wanted):
    assert back_or(rf.post("/", {"next": wanted}), "/home/") == "/home/"
    assert back_or(rf.post("/", {"next": "/workflows/?q=1"}), "/home/") == "/workflows/?q=1"


def test_the_language_is_kept_and_the_page_stays(owner):
    client = signed_in(owner, "ja")
    answer = client.post("/language/", {"language": "en", "next": "/settings/"})
    assert (answer.status_code, answer.url) == (303, "/settings/")
    assert "Settings" in client.get("/settings/").content.decode()
    owner.refresh_from_db()
    assert owner.language == "en"
    elsewhere = signed_in(owner, "ja")  # another browser of the same person
    assert "Settings" in elsewhere.get("/settings/").content.decode()
    client.post("/language/", {"language": "xx"})
    assert "Settings" in client.get("/settings/").content.decode()


def test_the_browser_is_asked_when_nobody_has_chosen(owner):
    assert "設定" in signed_in(owner, "ja").get("/settings/").content.decode()
    assert "Settings" in signed_in(owner, "en-GB").get("/settings/").content.decode()
    assert "設定" in signed_in(owner, "fr").get("/settings/").content.decode()
