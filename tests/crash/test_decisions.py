"""A short series of decisions and kills; `python -m tests.crash.decisions --rounds 200` is the long one."""

from pathlib import Path

import pytest

from tests.crash.decisions import AT_ONCE, decisions


@pytest.mark.slow
def test_an_approval_counts_once_whatever_dies(tmp_path: Path) -> None:
    outcome = decisions(3, folder=tmp_path, seed=11)
    assert outcome.findings == []
    assert outcome.effects == {1: 3}
    assert outcome.kills == 3
    assert sum(outcome.answers.values()) == AT_ONCE * (3 + outcome.undecided)
