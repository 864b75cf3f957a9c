"""Home, and what one finds."""

from django.urls import reverse

from tests import factories
from tests.factories import share
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.workflows import pages


def test_an_empty_home_teaches(owner):
    page = html(signed_in(owner), reverse("home"))
    for words in (
        "秘書チームの準備ができています。",
        "待っているものはありません。",
        "動いている作業はありません。",
        "まだ報告書はありません。",
    ):
        assert words in page
    assert reverse("delegate") in page


def test_home_answers_three_questions(owner):
    persona = factories.persona(owner)
    plan = factories.plan(owner)
    moving, back = pages.running(owner, persona=persona), pages.finished(owner, gaps=2)
    page = html(signed_in(owner), reverse("home"))
    assert reverse("approval", args=[plan.requests.get().pk]) in page
    assert moving.title in page
    assert "1/3" in page
    assert f"{persona.name}が作業中" in page
    assert back.title in page
    assert "出典 1" in page
    assert "未確認 2" in page
    assert "完了（未確認あり）" in page


def test_a_row_never_decides_unseen(owner):
    factories.plan(owner)
    page = html(signed_in(owner), reverse("home")) + html(signed_in(owner), reverse("approvals"))
    assert "plans/" not in page.replace("/approvals/", "").replace("/plans/new/", "")
    assert "decide" not in page


def test_the_feed_goes_on_from_where_the_page_was_rendered(owner):
    moving = pages.running(owner)
    page = html(signed_in(owner), reverse("home"))
    assert f"workflow:{moving.pk}" in page
    pieces = html(signed_in(owner), reverse("home"), fragment="waiting,moving,nonsense")
    assert pieces.count("data-fragment=") == 2
    assert "<html" not in pieces


def test_hostile_titles_are_text(owner):
    pages.finished(owner, title=HOSTILE)
    pages.running(owner, title=HOSTILE, persona=factories.persona(owner, name=HOSTILE[:90]))
    for name in ("home", "workflows", "approvals"):
        page = html(signed_in(owner), reverse(name))
        assert_inert(page)
    assert_shown(html(signed_in(owner), reverse("home")), HOSTILE)


def test_others_see_what_was_shared_and_no_more(owner, teammate):
    shared, own = pages.finished(owner, title="共有"), pages.finished(owner, title="内緒")
    share(shared, teammate)
    page = html(signed_in(teammate), reverse("home"))
    assert shared.title in page
    assert own.title not in page


def test_search_finds_workflows(owner):
    found, other = pages.finished(owner, title="納期の調査"), pages.finished(owner, title="別件")
    client = signed_in(owner)
    page = html(client, reverse("search"), q="納期 調査")
    assert found.title in page
    assert other.title not in page
    assert "見つかりませんでした。" in html(client, reverse("search"), q="該当なし")
    assert 'value="納期 調査"' in page
    assert_inert(html(client, reverse("search"), q=HOSTILE))
