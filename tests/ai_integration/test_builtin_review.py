"""Review by the built-in secretary: quotations checked, criteria checked, retries only where they can help."""

import pytest

from ai_integration.builtin.review import review_work
from ai_integration.jobs import Citation, Evidence, FinishedItem, ReviewBrief, Verdict, WorkResult
from tests.ai_integration.builtin_notes import DELIVERY, PRICE, REQUIREMENT, VAULT, finished, item, work


def review(*items: FinishedItem, revision: int = 0, language: str = "ja") -> Verdict:
    return review_work(
        ReviewBrief(requirement=REQUIREMENT, language=language, revision=revision, items=list(items))
    )


def done(*labels: str, key: str = "t1", depends_on: tuple[str, ...] = ()) -> FinishedItem:
    task = item(*labels, key=key, depends_on=depends_on)
    return finished(task, work(task, passages=VAULT), VAULT)


def foreign(
    body: str, *citations: tuple[str, str], label: str = "価格", gaps: tuple[str, ...] = ()
) -> FinishedItem:
    """A result by some other model, which claims that everything is met."""
    task = item(label)
    result = WorkResult(
        body=body,
        citations=[Citation(ref=ref, quote=quote) for ref, quote in citations],
        evidence=[Evidence(criterion=line, met=True) for line in task.acceptance],
        gaps=list(gaps),
    )
    return FinishedItem(item=task, result=result, passages=[PRICE, DELIVERY])


def test_good_work_passes() -> None:
    verdict = review(done("価格"), done("納期", key="t2"))
    assert verdict.revise == []
    assert all(finding.met for finding in verdict.findings)


def test_what_was_not_found_is_searched_for_again_in_other_words() -> None:
    missing = done("売上")
    verdict = review(missing)
    finding = next(finding for finding in verdict.findings if not finding.met)
    assert verdict.revise == ["t1"]
    assert finding.queries
    assert not set(finding.queries) & set(missing.item.queries)
    assert any("収益" in query for query in finding.queries)


def test_what_builds_on_it_is_done_again_too() -> None:
    later = item(form="結論を先に", depends_on=["t1"], key="t2")
    missing = done("売上")
    report = finished(later, work(later, inputs=[missing]), VAULT)
    assert review(missing, report).revise == ["t1", "t2"]


def test_after_one_revision_it_passes_with_the_gap_stated() -> None:
    verdict = review(done("売上"), revision=1)
    assert verdict.revise == []
    assert not all(finding.met for finding in verdict.findings)
    assert "見つからなかった点" in verdict.summary


@pytest.mark.parametrize("revision", [0, 1, 5])
@pytest.mark.parametrize(
    "broken",
    [
        foreign("価格は10円です [t1-1]", ("t1-1", "希望小売価格：10円")),
        foreign("価格です [t7-7]", ("t7-7", "希望小売価格：39,800円（税別）")),
        foreign("価格は39,800円、納期は3日 [t8-1]", ("t1-1", "希望小売価格：39,800円（税別）")),
        foreign("価格 [t1-1]", ("t1-1", "")),
        foreign(""),
    ],
    ids=["altered quote", "invented source", "loose reference", "empty quote", "no text"],
)
def test_bad_quotes_and_invented_sources_always_fail(broken: FinishedItem, revision: int) -> None:
    verdict = review(broken, revision=revision)
    assert verdict.revise == ["t1"]
    assert not verdict.findings[0].met


def test_a_true_quotation_that_answers_something_else_does_not_meet_the_criterion() -> None:
    verdict = review(foreign("価格：[t1-2]", ("t1-2", "金型は10月に完成した。")))
    assert [finding.met for finding in verdict.findings] == [True, False]


def test_a_claim_without_a_source_is_named() -> None:
    claim = "この製品は市場で最も売れている空気清浄機であり、来年は倍になります。"
    task = item(form="結論を先に", depends_on=["t0"])
    result = WorkResult(body=f"## 結論\n\n{claim}")
    verdict = review(FinishedItem(item=task, result=result))
    finding = verdict.findings[-1]
    assert not finding.met
    assert "最も売れている" in finding.comment


def test_a_hidden_gap_is_named() -> None:
    hidden = foreign("何も書いていません。", label="保証")
    shown = foreign("保証は未確認です。", label="保証", gaps=("「保証」は見つかりませんでした。",))
    told = [review(each, revision=1).findings[-1].comment for each in (hidden, shown)]
    assert "どこにも" in told[0]
    assert "未確認として" in told[1]


def test_it_speaks_the_language_asked_for() -> None:
    assert review(done("価格"), language="en").summary.isascii()
    assert not review(done("価格"), language="ja").summary.isascii()


def test_nothing_to_review_passes() -> None:
    assert review().revise == []
