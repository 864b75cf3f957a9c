"""A plan's canonical form, its hash, its soundness and the difference between two versions. No database."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.core.errors import Invalid
from plans.content import MAX_BYTES, canonical, check, content_hash, diff, parse
from tests.factories import content, item

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
contents = st.dictionaries(st.text(), values, max_size=5)


def shuffled(value: Any) -> Any:
    """The same value with every object's keys in the opposite order."""
    if isinstance(value, dict):
        return {key: shuffled(each) for key, each in reversed(value.items())}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


@given(contents)
def test_the_hash_knows_no_order_of_keys_and_survives_storage(given_content: dict[str, Any]) -> None:
    assert content_hash(shuffled(given_content)) == content_hash(given_content)
    assert canonical(json.loads(canonical(given_content))) == canonical(given_content)


@given(contents, contents)
def test_two_contents_have_one_hash_only_when_they_are_the_same(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (content_hash(one) == content_hash(other)) == (canonical(one) == canonical(other))


def test_the_canonical_form_is_plain() -> None:
    assert canonical({"b": [1, None], "a": "価格 “x”"}) == '{"a":"価格 “x”","b":[1,null]}'
    assert len(content_hash({})) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"items": [item("a")]},
        {"items": [item("a"), item("b", role="執筆")]},
        {"items": [item("a", acceptance=["x"]), item("b", role="執筆", depends_on=["a"])]},
        {"risks": ["One"]},
    ],
)
def test_every_change_that_matters_changes_the_hash(change: dict[str, Any]) -> None:
    before = parse(content()).model_dump(mode="json")
    after = parse(content() | change).model_dump(mode="json")
    assert content_hash(before) != content_hash(after)


UNSOUND: dict[str, tuple[Any, str]] = {
    "a cycle": (content(item("a", depends_on=["b"]), item("b", depends_on=["a"])), "a"),
    "a long cycle": (
        content(item("a", depends_on=["c"]), item("b", depends_on=["a"]), item("c", depends_on=["b"])),
        "c",
    ),
    "itself": (content(item("a", depends_on=["a"])), "a"),
    "a stranger": (content(item("a", depends_on=["x"])), "x"),
    "twice": (content(item("a"), item("a")), "a"),
    "no role": (content(item("a", role="宇宙飛行士")), "宇宙飛行士"),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_plan_is_refused_by_name(name: str) -> None:
    unsound, named = UNSOUND[name]
    with pytest.raises(Invalid) as caught:
        parse(unsound, can_do=lambda role: role in ("調査", "執筆"))
    assert caught.value.code == "plan_invalid"
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        [],
        None,
        "plan",
        {"title": "x"},
        content() | {"items": []},
        content() | {"surprise": 1},
        content() | {"title": ""},
        content() | {"items": [{"key": "A", "title": "x", "role": "y"}]},
        content() | {"items": [item("a", depends_on="a")]},
        content() | {"items": [item(f"t{number}") for number in range(501)]},
    ],
)
def test_what_is_no_plan_is_refused_with_the_places(broken: Any) -> None:
    with pytest.raises(Invalid) as caught:
        parse(broken)
    assert caught.value.code == "plan_invalid"
    assert caught.value.details


def test_a_plan_too_large_to_be_read_is_refused() -> None:
    long = [item(f"t{number}", instructions="x" * 20_000) for number in range(MAX_BYTES // 20_000 + 1)]
    with pytest.raises(Invalid):
        parse(content(*long))


def test_a_plan_of_500_items_in_one_chain_is_sound() -> None:
    chain = [item(f"t{number}", depends_on=[f"t{number - 1}"] if number else []) for number in range(500)]
    check(parse(content(*chain)))


def test_the_difference_names_what_came_went_and_changed() -> None:
    before = parse(content(item("a"), item("b"), item("c"))).model_dump(mode="json")
    after = parse(content(item("a"), item("b", role="執筆"), item("d"), title="Another"))
    found = diff(before, after.model_dump(mode="json"))
    assert found["fields"] == {"title": [before["title"], "Another"]}
    assert [each["key"] for each in found["added"]] == ["d"]
    assert [each["key"] for each in found["removed"]] == ["c"]
    assert [(each["key"], each["fields"]) for each in found["changed"]] == [("b", {"role": ["調査", "執筆"]})]


def test_nothing_differs_from_itself() -> None:
    same = parse(content()).model_dump(mode="json")
    assert diff(same, same) == {"fields": {}, "added": [], "removed": [], "changed": []}
