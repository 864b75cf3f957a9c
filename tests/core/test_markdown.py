"""Markdown by anybody: shown, linked where it may be, and otherwise without effect."""

import re

import pytest
from django.utils.html import format_html
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.core.markdown import LARGEST, Reading, body, render
from tests.pages import HOSTILE, HOSTILE_MARKDOWN, assert_inert


def reading(**fields):
    return Reading(resolve=lambda note, heading: f"/n/{note}#{heading}" if note == "known" else "", **fields)


@pytest.mark.security("S10")
def test_hostile_markup_is_shown_as_text():
    shown = render(HOSTILE_MARKDOWN)
    assert_inert(shown)
    assert "&lt;script&gt;" in shown
    assert "evil.example/y.png" in shown  # a link to where it lies, never fetched


@pytest.mark.security("S10")
@given(st.text(alphabet="<>[]()!#*_`|^:-\\ \n\"'=&/ajscriptonerror", max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_anything_act(text):
    assert_inert(render(text, reading(lines=True, footnotes={"1": format_html("<q>{}</q>", text)})))


@pytest.mark.security("S10")
def test_links_to_the_web_give_nothing_away():
    assert 'rel="noopener noreferrer nofollow"' in render("[x](https://example.org)")


@pytest.mark.security("S10")
@pytest.mark.parametrize(
    "address", ["/sign-out/", "//evil.example", "obsidian://x", "file:///etc/passwd", "ftp://x"]
)
def test_other_addresses_lead_nowhere(address):
    assert "href" not in render(f"[x]({address})")


def test_wikilinks_lead_where_the_caller_says():
    shown = render("[[known#part|name]] [[unknown]] ![[known]] [y](known.md)", reading())
    assert shown.count('href="/n/known#') == 3
    assert '<span class="missing">unknown</span>' in shown
    assert ">name</a>" in shown


def test_footnotes_are_marked_and_listed_once():
    shown = render(
        "A[^1] and again[^1], none[^2].\n\n[^1]: words\n",
        reading(footnotes={"1": format_html("{}", HOSTILE)}),
    )
    assert shown.count('href="#fn-1"') == 2
    assert shown.count('id="fn-1"') == 1
    assert len(set(re.findall(r'id="(ref-[^"]+)"', shown))) == 2
    assert "[^2]" in shown
    assert_inert(shown)


SOURCE = "para one\nline two\n\n- [ ] todo\n- [x] done\n\n```\ncode\nmore\n```\n\n| a |\n|---|\n| b |\n\n*over\nlines*\n"


def test_every_line_has_an_anchor_of_its_own():
    shown = render(SOURCE, reading(lines=True, first_line=11))
    for number, text in {
        11: "para one",
        12: "line two",
        14: "☐ todo",
        15: "☑ done",
        18: "code",
        19: "more",
    }.items():
        assert f'id="L{number}">{text}</span>' in shown
    assert 'id="L24"' in shown
    assert 'id="L26"' in shown
    assert 'id="L27"' in shown
    anchors = re.findall(r'id="(L\d+)"', shown)
    assert len(anchors) == len(set(anchors))


def test_properties_are_not_part_of_the_body():
    assert body("---\na: 1\n---\n# x\n---\n") == "# x\n---\n"
    assert body("no --- properties") == "no --- properties"


def test_a_text_beyond_measure_is_shown_as_it_is():
    text = "<b>*x*" * (LARGEST // 6 + 1)
    shown = render(text)
    assert shown.startswith("<pre>&lt;b&gt;*x*")
    assert "<em>" not in shown
