"""A short crash loop; `python -m tests.crash.loop --rounds 50` is the long one."""

from pathlib import Path

import pytest

from tests.crash.loop import crash_loop


@pytest.mark.slow
def test_kill_nine_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    outcome = crash_loop(4, folder=tmp_path, seed=7)
    assert outcome.findings == []
    assert sum(outcome.killed_in.values()) >= 1, "nothing was under way at any kill"
    assert outcome.accepted == sum(outcome.statuses.values())
