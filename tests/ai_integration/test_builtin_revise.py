"""Plans revised on request: every comment is visibly answered, untouched items stay as they were."""

from tests.ai_integration.builtin_notes import REQUIREMENT, plan, revised
from tests.ai_integration.test_builtin_plan import is_sound

COMPARE = "Compare Alpha phone and Beta phone on price and battery"


def test_what_is_missing_is_added_and_the_report_waits_for_it() -> None:
    before = plan(REQUIREMENT)
    after = revised(before, (None, "サポート体制も調べてください"))
    added = next(item for item in after.items if item.key == "t5")
    is_sound(after)
    assert added.title == "サポート体制を調べる"
    assert "t5" in after.items[-1].depends_on
    assert after.items[:3] == before.items[:3]
    assert "サポート体制も調べてください" in after.scope


def test_what_is_refused_is_dropped_by_key_and_by_name() -> None:
    before = plan(REQUIREMENT)
    for remark in (
        (None, "t2は不要"),
        ("t2", "不要です"),
        (None, "納期の部分は要りません"),
        ("t2", "remove"),
    ):
        after = revised(before, remark)
        is_sound(after)
        assert [item.key for item in after.items] == ["t1", "t3", "t4"], remark
        assert after.items[-1].depends_on == ["t1", "t3"]


def test_one_point_of_several_is_dropped_from_every_item_that_has_it() -> None:
    after = revised(
        plan(COMPARE, "en"), (None, "remove the battery part"), requirement=COMPARE, language="en"
    )
    assert not any("battery" in line for item in after.items for line in item.acceptance)
    assert not any("battery" in query for item in after.items for query in item.queries)
    assert len(after.items) == 3


def test_an_aspect_asked_of_a_comparison_is_asked_of_everything_compared() -> None:
    after = revised(
        plan(COMPARE, "en"), (None, "Also check the warranty"), requirement=COMPARE, language="en"
    )
    assert all("warranty" in item.acceptance[-1] for item in after.items[:2])


def test_a_comment_at_an_item_extends_that_item() -> None:
    before = plan(REQUIREMENT)
    after = revised(before, ("t3", "ベータ社も含めて"))
    assert [item.key for item in after.items] == ["t1", "t2", "t3", "t4"]
    assert "「ベータ社」" in after.items[2].acceptance[-1]
    untouched = (0, 1, 3)
    assert [after.items[at] for at in untouched] == [before.items[at] for at in untouched]


def test_wording_title_role_and_number_of_sources() -> None:
    after = revised(
        plan(REQUIREMENT),
        (None, "「競合」を「ライバル」に変えて"),
        ("t1", "タイトルを「販売価格を確認する」にして"),
        ("t2", "担当は分析にしてください"),
        (None, "出典を3件以上にして"),
    )
    assert after.items[2].title == "ライバルを調べる"
    assert after.items[0].title == "販売価格を確認する"
    assert after.items[1].role == "分析"
    assert "出典が3件以上ある" in after.items[-1].acceptance


def test_any_other_comment_is_carried_into_instructions_and_criteria() -> None:
    after = revised(plan(REQUIREMENT), ("t1", "税込みの金額で"), (None, "社長が読むので前提も書くこと"))
    assert "税込みの金額で" in after.items[0].instructions
    assert "税込みの金額で" in after.items[0].acceptance[-1]
    assert "社長が読むので前提も書くこと" in after.items[-1].instructions


def test_something_always_remains() -> None:
    before = plan("What did the meeting with Steph decide?", "en")
    after = revised(before, ("t1", "drop"), ("t2", "drop"), requirement="What did the meeting decide?")
    is_sound(after)


def test_no_comment_no_change_and_a_second_round_keeps_the_first_answers() -> None:
    first = revised(plan(REQUIREMENT), (None, "保証も調べて"))
    second = revised(first, (None, "t5は不要"))
    assert revised(first) == first
    assert [item.key for item in second.items] == ["t1", "t2", "t3", "t4"]
    assert "保証も調べて" in second.scope
    assert "t5は不要" in second.scope


def test_hostile_and_huge_comments_leave_a_sane_plan() -> None:
    huge = "あ" * 100_000
    remarks = [
        ("nowhere", "不要"),
        ("t1", huge),
        (None, "{topic} [[x]] </script>"),
        (None, ""),
        (None, "🎉"),
    ]
    is_sound(revised(plan(REQUIREMENT), *remarks))
