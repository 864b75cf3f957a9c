"""Answers told while they are written."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_integration import gateway, jobs
from ai_integration.gateway.streaming import StringField
from ai_integration.models import CallRecord
from ai_integration.services import Purpose

texts = st.text(max_size=60)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.just("text"), inner, max_size=3),
    max_leaves=8,
)
answers = st.dictionaries(texts, values, max_size=4)


def fed(pieces: list[str]) -> str:
    reader = StringField("text")
    return "".join(reader.feed(piece) for piece in pieces)


def cut(whole: str, places: list[int]) -> list[str]:
    edges = sorted({0, len(whole), *(place % (len(whole) + 1) for place in places)})
    return [whole[start:end] for start, end in pairwise(edges)]


@given(
    before=answers, after=answers, text=texts, ascii=st.booleans(), places=st.lists(st.integers(0, 10_000))
)
def test_every_cut_gives_the_same_characters(
    before: dict[str, Any], after: dict[str, Any], text: str, ascii: bool, places: list[int]
) -> None:
    rest = {key: value for key, value in after.items() if key != "text"}
    whole = {key: value for key, value in before.items() if key != "text"} | {"text": text} | rest
    written = json.dumps(whole, ensure_ascii=ascii)
    assert fed(cut(written, places)) == text


@given(st.lists(st.text(alphabet='{}[]":,\\u0dtex', max_size=8), max_size=30))
def test_nonsense_is_survived(pieces: list[str]) -> None:
    fed(pieces)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('```json\n{"text": "はい"}\n```', "はい"),
        ('{"position": {"text": "inner"}, "text": "outer"}', "outer"),
        ('{"items": ["text", "x"], "text": "y"}', "y"),
        ('{"text": "\\ud83d\\ude00 \\ud83d!"}', "😀 \ufffd!"),
        ('{"text": 5, "text2": "no"}', ""),
        ("no json at all", ""),
        ('{"text": "cut off', "cut off"),
    ],
)
def test_what_is_told_of(written: str, read: str) -> None:
    assert fed(list(written)) == read


def test_a_long_string_before_it_is_passed_over() -> None:
    assert fed(['{"other": "', *(["abcd"] * 100_000), '", "text": "', "x", '"}']) == "x"


def purpose(key: str) -> Purpose:
    return Purpose(key=key, job="plan", owner_id=None)


def test_a_stream_tells_the_text_once_and_a_repeat_tells_nothing(transactional_db: None) -> None:
    brief = jobs.WorkBrief(
        requirement="納期を調べてください。",
        language="ja",
        today="2026-11-23",
        item=jobs.PlanItem(key="a", title="納期", role="調査"),
        passages=[jobs.Passage(ref="a-1", note="納期.md", line=3, text="新製品の納期は3週間です。")],
    )
    messages = [{"role": "user", "content": brief.model_dump_json()}]
    told: list[gateway.Delta] = []
    asked = {"model": "builtin", "messages": messages, "shape": jobs.WorkResult, "on_delta": told.append}

    first = gateway.stream(purpose("streamed"), **asked)
    again = gateway.stream(purpose("streamed"), **asked)

    assert told == []  # a WorkResult has no field `text`
    assert (first.replayed, again.replayed) == (False, True)
    assert again.answer == first.answer
    assert CallRecord.objects.get(key="streamed").attempts == 1
