"""Hints from a process that serves nothing: in order, waited for by nobody, and sent before it ends."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

pytestmark = pytest.mark.both_profiles

MANY = 300
needs_redis = pytest.mark.skipif(
    not settings.REDIS_URL, reason="SKIPPED: only the team profile sends over Redis"
)


@pytest.fixture
def frozen() -> Iterator[str]:
    """The address of a Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


async def heard(say: str) -> list[int]:
    """What arrives in the group `stream.test` after `say`, run in a process of its own, has begun."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("stream.test", channel)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PRELUDE + say)
    try:
        return [(await asyncio.wait_for(layer.receive(channel), 60))["seq"] for _ in range(MANY)]
    finally:
        await layer.group_discard("stream.test", channel)
        assert await process.wait() == 0


PRELUDE = "import django; django.setup(); from foundation.activity import live\n"


@needs_redis
def test_hints_of_a_process_without_a_loop_arrive_in_order_and_before_it_ends(monkeypatch):
    for name in ("REDIS_URL", "DATA_DIR"):
        monkeypatch.setenv(name, str(getattr(settings, name)))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    say = f"for seq in range({MANY}): live.hint('test', seq)"
    assert async_to_sync(heard)(say) == list(range(MANY))


def test_nobody_waits_for_a_redis_that_hangs(frozen, monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", frozen)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    say = (
        "[live.hint('test', seq) for seq in range(3000)]\n"
        "print('said', live._sender._waiting.qsize() <= live.MOST_WAITING, flush=True)"
    )
    # The first send alone would be waited for until REDIS_PATIENCE_SECONDS were over, 3,000 of them for hours.
    done = subprocess.run([sys.executable, "-c", PRELUDE + say], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "said True", done.stderr
    assert done.returncode == 0
