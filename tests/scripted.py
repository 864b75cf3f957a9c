"""The model server of ours as a fixture."""

from collections.abc import Callable, Iterator

import pytest

from ai_integration import providers
from ai_integration.gateway import asking
from tests.stub import Script, Stub, secretary


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stub]]:
    """`stub(script)`: a model server behind `openai:stub`; without a script it answers as the built-in secretary."""
    monkeypatch.setattr(asking, "FIRST_PAUSE_SECONDS", 0.01)
    with Stub() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "canary-key")

        def scripted(script: Script = secretary) -> Stub:
            server.script = script
            return server

        yield scripted


@pytest.fixture
def serving() -> Iterator[Stub]:
    """The model server alone: nothing leads to it yet."""
    with Stub() as server:
        yield server


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the machine's own."""
    for known in providers.specs():
        for name in filter(None, (known.key_variable, known.address_variable)):
            monkeypatch.delenv(name, raising=False)
