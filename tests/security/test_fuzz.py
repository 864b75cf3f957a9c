"""schemathesis over the whole OpenAPI document: no answer above 499, and nothing for those who are not signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform import Platform
from tests.security.fuzzed import ROLES, fuzz, tokens

pytestmark = [pytest.mark.slow, pytest.mark.security("S6"), pytest.mark.timeout(900)]

LIMITS = ("DEFAULT", "PERSONA_CREATE", "SIGN_IN", "UPLOAD", "SEARCH", "PROVIDER_TEST")
# What must never happen. The other checks of `fuzzed.CHECKS`, and the phase `coverage`, take minutes and are run by hand.
NEVER = ("not_a_server_error", "ignored_auth")


@pytest.fixture(scope="module")
def team_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    limits = {f"RATE_LIMIT_{name}": "1000000" for name in LIMITS}
    with Platform(tmp_path_factory.mktemp("fuzz"), SIGN_IN="password", **limits) as running:
        yield running


@pytest.fixture(scope="module")
def people(team_platform: Platform) -> dict[str, str]:
    """An access token of each role, and none at all."""
    return tokens(team_platform, *ROLES) | {"nobody": ""}


@pytest.fixture(autouse=True)
def _nothing_breaks(team_platform: Platform) -> Iterator[None]:
    """What breaks behind the answers is told by the log: of this test alone."""
    before = len(team_platform.stderr())
    yield
    said = team_platform.stderr()[before:]
    assert "Traceback" not in said, said[-5000:]


def test_nothing_the_owner_sends_breaks_the_server(
    team_platform: Platform, people: dict[str, str], tmp_path: Path
) -> None:
    """Examples, random data, and calls that build on each other."""
    status, said = fuzz(
        team_platform,
        people["owner"],
        tmp_path,
        examples=1,
        phases="examples,fuzzing,stateful",
        checks=NEVER,
    )
    assert status == 0, said


@pytest.mark.parametrize("role", [*ROLES[1:], "nobody"])
def test_nothing_that_others_send_breaks_the_server(
    team_platform: Platform, people: dict[str, str], tmp_path: Path, role: str
) -> None:
    status, said = fuzz(
        team_platform, people[role], tmp_path, examples=1, phases="examples,fuzzing", checks=NEVER
    )
    assert status == 0, said
