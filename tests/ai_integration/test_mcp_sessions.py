"""Sessions with real servers: the protocol, faults in the middle of it, and what is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from ai_integration.gateway import loop
from ai_integration.mcp import manager, sessions
from ai_integration.mcp.faults import Fault
from ai_integration.mcp.results import Result
from ai_integration.mcp.sessions import Changed, Interrupted
from ai_integration.mcp.targets import Target
from tests.tool_servers import close_all, hostile_command, npm_command

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def hostile(tmp_path: Path) -> Target:
    return at(hostile_command(), EFFECT_LOG=str(tmp_path / "effects"), TOKEN="canary-token")


def at(command: list[str], *, timeout: float = 30.0, **environment: str) -> Target:
    return Target(uuid4(), "tools", "stdio", tuple(command), environment, timeout=timeout)


def call(target: Target, name: str, *, tell: Any = None, digest: str = "", **arguments: Any) -> Result:
    return loop.run(manager.call(target, name, arguments, digest=digest, fresh=0.0, tell=tell))


def descendants() -> set[int]:
    return {each.pid for each in psutil.Process().children(recursive=True)}


def until_gone(*pids: int) -> None:
    ends = time.monotonic() + 10
    while any(_runs(pid) for pid in pids) and time.monotonic() < ends:
        time.sleep(0.02)
    assert not [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_real_server_lists_its_tools_and_answers() -> None:
    everything = at(npm_command("everything"))
    listing = loop.run(manager.tools(everything))
    assert listing["get-sum"].schema["required"] == ["a", "b"]
    assert len(listing["get-sum"].digest) == 64
    assert "5" in call(everything, "get-sum", a=2, b=3).text
    steps: list[tuple[float, float | None, str]] = []
    call(
        everything,
        "trigger-long-running-operation",
        tell=lambda *step: steps.append(step),
        duration=0.2,
        steps=2,
    )
    assert [step[:2] for step in steps] == [(1, 2), (2, 2)]
    assert call(everything, "get-structured-content", location="New York").structured["temperature"]
    picture = call(everything, "get-tiny-image").text
    assert "[image/png, " in picture
    assert len(picture) < 500


def test_a_folder_server_stays_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.txt").write_text("secret")
    files = at(npm_command("filesystem", str(tmp_path / "in")))
    call(files, "write_file", path=str(tmp_path / "in" / "a.txt"), content="hello")
    assert (tmp_path / "in" / "a.txt").read_text() == "hello"
    refused = call(files, "read_text_file", path=str(tmp_path / "out.txt"))
    assert refused.is_error
    assert "secret" not in refused.text


@pytest.mark.security("S13")
def test_a_server_sees_nothing_of_ours(hostile: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary-secret")
    monkeypatch.setenv("DATABASE_URL", "postgres://canary")
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    seen = call(hostile, "environment").text
    assert "canary-token" in seen
    assert "SECRET_KEY" not in seen
    assert "DATABASE_URL" not in seen
    assert "canary-key" not in seen


@pytest.mark.security("S13")
def test_arguments_pass_through_no_shell(tmp_path: Path) -> None:
    target = at(["/bin/echo", f"$(touch {tmp_path}/owned)", f"; touch {tmp_path}/owned"])
    with pytest.raises(Fault):
        loop.run(manager.tools(target))
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["/nowhere/at/all"], "not_found"),
        (["/bin/false"], "ended_silent"),
        (["/bin/sh", "-c", "echo broken $TOKEN >&2; exit 3"], "ended"),
        (["/bin/sleep", "600"], "silent"),
        (["/usr/bin/yes", "{"], "silent"),
    ],
)
def test_what_is_no_server_is_said(command: list[str], code: str, settings: Any) -> None:
    settings.MCP_CONNECT_SECONDS = 1
    before = descendants()
    with pytest.raises(Fault) as fault:
        loop.run(manager.tools(at(command, TOKEN="canary-token")))
    assert fault.value.code == code
    assert "canary-token" not in str(fault.value)
    until_gone(*(descendants() - before))


def test_a_call_that_hangs_ends_at_its_time_and_the_session_goes_on(hostile: Target) -> None:
    slow = Target(**hostile.__dict__ | {"timeout": 0.5})
    with pytest.raises(Interrupted) as cut:
        call(slow, "hang")
    assert cut.value.fault.code == "silent"
    assert call(hostile, "read").text.startswith("IMPORTANT")


def test_a_server_that_dies_is_started_again_and_says_no_secret(hostile: Target) -> None:
    with pytest.raises(Interrupted) as cut:
        call(hostile, "die")
    assert cut.value.fault.code in ("ended", "ended_silent")
    assert "canary-token" not in str(cut.value)
    assert call(hostile, "read").text.startswith("IMPORTANT")


def test_a_server_killed_between_calls_is_not_noticed_by_the_next(hostile: Target) -> None:
    call(hostile, "read")
    for pid in descendants():
        if "hostile.py" in " ".join(psutil.Process(pid).cmdline()) and "warden" not in " ".join(
            psutil.Process(pid).cmdline()
        ):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while manager.health(hostile.server_id).state == sessions.READY and time.monotonic() < deadline:
        time.sleep(0.02)
    assert call(hostile, "read").text.startswith("IMPORTANT")


def test_a_server_that_keeps_failing_is_asked_less_and_less(settings: Any) -> None:
    settings.MCP_CONNECT_SECONDS = 5
    broken = at(["/bin/false"])
    codes = []
    for _time in range(6):
        with pytest.raises(Fault) as fault:
            loop.run(manager.tools(broken))
        codes.append(fault.value.code)
    assert codes[0] == "ended_silent"
    assert codes[-1] == "waiting"


def test_a_line_without_an_end_ends_the_server_not_us(hostile: Target) -> None:
    with pytest.raises(Interrupted) as cut:
        call(hostile, "flood")
    assert cut.value.fault.code in ("flooded", "ended", "ended_silent")
    assert call(hostile, "read").text.startswith("IMPORTANT")


def test_lines_that_are_no_messages_go_nowhere(hostile: Target) -> None:
    slow = Target(**hostile.__dict__ | {"timeout": 1.0})
    with pytest.raises(Interrupted):
        call(slow, "flood", kind="lines")


def test_an_answer_is_cut_to_what_is_kept(hostile: Target) -> None:
    answer = call(hostile, "large", size=100_000)
    assert len(answer.text) == 60_000
    assert answer.left_out == 40_000


@pytest.mark.security("S12")
@pytest.mark.parametrize("fresh", [0.0, 30.0])
def test_a_tool_that_changes_is_not_called(hostile: Target, fresh: float) -> None:
    digest = loop.run(manager.tools(hostile))["read"].digest
    assert call(hostile, "read", digest=digest).text
    call(hostile, "turn")
    loop.run(manager.tools(hostile))  # a page or a health check looks
    with pytest.raises(Changed) as changed:
        loop.run(manager.call(hostile, "read", {}, digest=digest, fresh=fresh))
    assert changed.value.listing["read"].digest != digest


def test_calls_go_side_by_side(hostile: Target) -> None:
    import asyncio

    async def both() -> list[Any]:
        slow = manager.call(hostile, "append", {"then_sleep": 0.5}, digest="", fresh=30.0)
        quick = manager.call(hostile, "read", {}, digest="", fresh=30.0)
        first = asyncio.ensure_future(slow)
        answer = await quick
        return [answer.text, first.done(), (await first).text]

    text, slow_was_done, appended = loop.run(both())
    assert text.startswith("IMPORTANT")
    assert not slow_was_done
    assert appended == "appended"


@pytest.mark.skipif(
    sys.platform != "linux", reason="what moved into a session of its own is found on Linux alone"
)
def test_a_helper_that_does_not_listen_goes_with_its_server(hostile: Target) -> None:
    helper = int(call(hostile, "leave").text)
    assert _runs(helper)
    close_all()
    until_gone(helper)


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_twenty_rounds_of_start_hang_and_kill_leave_nothing() -> None:
    """The platform is killed while a server hangs in its start and in a call; all that they started is gone."""
    gone = []
    with (
        subprocess.Popen(
            [sys.executable, "-m", "tests.hanging", *hostile_command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as parent,
        closing(parent.stdin),
    ):
        for number in range(20):
            parent.stdin.write("start\n" if number % 4 else "call\n")
            parent.stdin.flush()
            worker = psutil.Process(int(parent.stdout.readline()))
            ends = time.monotonic() + 30
            while len(family := worker.children(recursive=True)) < 3:
                assert time.monotonic() < ends
                time.sleep(0.02)
            worker.kill()
            gone += [each.pid for each in family]
        until_gone(*gone)
    assert len(set(gone)) >= 60


@pytest.mark.skipif(sys.platform == "win32", reason="there is no warden")
def test_what_outlives_its_warden_is_swept(hostile: Target) -> None:
    call(hostile, "read")
    warden = next(pid for pid in descendants() if "warden.py" in " ".join(psutil.Process(pid).cmdline()))
    server = psutil.Process(warden).children()[0].pid
    os.kill(server, signal.SIGSTOP)  # so that it does not hear that its input has ended
    os.kill(warden, signal.SIGKILL)
    until_gone(warden)
    assert _runs(server)
    assert manager.sweep() == 1
    until_gone(server)
