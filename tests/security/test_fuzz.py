"""schemathesis over the whole OpenAPI document: no answer above 499, and nothing for those who are not signed in.

The roles stand in two files, so that two test processes can take them.
"""

from pathlib import Path

import pytest

from tests.security.fuzzed import check_all_phases

pytestmark = [pytest.mark.slow, pytest.mark.security("S6"), pytest.mark.timeout(1800)]


@pytest.mark.parametrize("role", ["owner", "manager", "approver"])
def test_nothing_that_those_who_decide_send_breaks_the_server(tmp_path: Path, role: str) -> None:
    check_all_phases(role, tmp_path)
