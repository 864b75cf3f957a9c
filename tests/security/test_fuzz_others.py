"""The same as test_fuzz.py, as those who may do less, and as nobody."""

from pathlib import Path

import pytest

from tests.security.fuzzed import check_all_phases

pytestmark = [pytest.mark.slow, pytest.mark.security("S6"), pytest.mark.timeout(1800)]


@pytest.mark.parametrize("role", ["member", "viewer", "auditor", "nobody"])
def test_nothing_that_others_send_breaks_the_server(tmp_path: Path, role: str) -> None:
    check_all_phases(role, tmp_path)
