"""The warden alone: told to end more than once, and started by somebody who is gone."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from ai_integration.mcp.lines import WARDEN
from tests.ai_integration.test_mcp_sessions import until_gone

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="what a process has open is looked up on Linux"
)


def test_a_warden_that_is_told_many_times_ends_once() -> None:
    """A process with many threads tells its children of its death more than once, and within one another."""
    for _round in range(12):
        warden = started_warden(os.getpid())
        server = until_child(warden)
        ends = time.monotonic() + 20
        while warden.poll() is None and time.monotonic() < ends:  # also while its Python ends
            warden.send_signal(signal.SIGTERM)
        assert warden.wait(20) == 0
        until_gone(server)


def test_a_warden_whose_platform_died_before_it_began_leaves_nothing() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    warden = started_warden(gone.pid)
    assert warden.wait(20) == 0


def started_warden(parent: int) -> "subprocess.Popen[bytes]":
    """Over a server that only waits."""
    command = [sys.executable, "-I", str(WARDEN), str(parent), "1000", "sleep", "600"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def until_child(warden: "subprocess.Popen[bytes]") -> int:
    """The server's number, once the warden watches over it: its own input has gone to the server."""
    process = psutil.Process(warden.pid)
    ends = time.monotonic() + 20
    while not process.children() or os.readlink(f"/proc/{warden.pid}/fd/0") != os.devnull:
        assert time.monotonic() < ends
        time.sleep(0.01)
    return process.children()[0].pid
