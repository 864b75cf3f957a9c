"""Streams over the real socket: gapless, in order, through cuts, stalls and lost history."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.platform import Platform, frames, hear, say

PUBLISH = """
from django.db import transaction
from foundation.activity.services import append
for number in range({count}):
    with transaction.atomic():
        append("{stream}", {{"type": "test.happened", "number": number}}, "{priority}")
"""


def publish(platform: Platform, count: int, stream: str = "system", priority: str = "normal") -> None:
    """From another process, so that nothing but the rows tells the server."""
    platform.python(PUBLISH.format(count=count, stream=stream, priority=priority))


def head(platform: Platform, stream: str = "system") -> int:
    code = f"from foundation.activity.selectors import stream_position; print(stream_position('{stream}')[1])"
    return int(platform.python(code))


def subscribe(socket: ClientConnection, **frame: Any) -> dict[str, Any]:
    say(socket, type="subscribe", **({"stream": "system"} | frame))
    return hear(socket, "subscribed")


def events(socket: ClientConnection, count: int) -> list[int]:
    return [hear(socket, "event")["seq"] for _ in range(count)]


@pytest.fixture
def socket(server: Platform) -> Iterator[ClientConnection]:
    with server.socket(ticket=server.ticket()) as opened:
        yield opened


def test_what_another_process_did_arrives(server: Platform, socket: ClientConnection) -> None:
    answer = subscribe(socket)
    assert answer["recovered"] is False
    publish(server, 3)
    assert events(socket, 3) == [answer["seq"] + 1, answer["seq"] + 2, answer["seq"] + 3]


def test_an_event_frame_has_the_contracts_shape(server: Platform, socket: ClientConnection) -> None:
    subscribe(socket)
    publish(server, 1, priority="high")
    frame = hear(socket, "event")
    assert frame.keys() == {"type", "stream", "seq", "priority", "event"}
    assert (frame["stream"], frame["priority"]) == ("system", "high")
    assert frame["event"] == {"type": "test.happened", "number": 0}


def test_twenty_cuts_lose_and_repeat_nothing(server: Platform) -> None:
    start = head(server)
    writer = threading.Thread(target=publish, args=(server, 1000))
    seen: list[int] = []
    epoch = None
    writer.start()
    for cut in range(20):
        with server.socket(ticket=_ticket_of(server)) as socket:
            answer = subscribe(
                socket, after=seen[-1] if seen else start, **({"epoch": epoch} if epoch else {})
            )
            assert answer["recovered"] is True
            epoch = answer["epoch"]
            seen += events(socket, 50) if cut % 2 else events(socket, 25)
            socket.socket.close()
    writer.join()
    with server.socket(ticket=_ticket_of(server)) as socket:
        assert subscribe(socket, after=seen[-1], epoch=epoch)["recovered"] is True
        seen += events(socket, 1000 - len(seen))
    assert seen == list(range(start + 1, start + 1001))


_scripts: dict[str, Any] = {}


def _ticket_of(server: Platform) -> str:
    """Tickets from one script: the process beside the server is busy writing."""
    if server.base not in _scripts:
        _scripts[server.base] = server.script()
    return server.ticket(_scripts[server.base])


def test_five_hundred_events_wait_for_a_stalled_reader(server: Platform, socket: ClientConnection) -> None:
    start = subscribe(socket)["seq"]
    publish(server, 500)
    time.sleep(5)  # the reader's own queue holds 16 frames; the rest has to wait on the way
    assert events(socket, 500) == list(range(start + 1, start + 501))


def test_history_of_another_epoch_is_not_recovered(server: Platform, socket: ClientConnection) -> None:
    publish(server, 2)
    answer = subscribe(socket, epoch="00000000-0000-0000-0000-000000000000", after=1)
    assert (answer["recovered"], answer["seq"]) == (False, head(server))
    publish(server, 1)
    assert events(socket, 1) == [answer["seq"] + 1]


def test_a_position_ahead_of_the_stream_is_not_recovered(server: Platform, socket: ClientConnection) -> None:
    now = head(server)
    assert subscribe(socket, after=now + 1000)["recovered"] is False
    publish(server, 1)
    assert events(socket, 1) == [now + 1]


def test_history_that_was_cleared_is_not_recovered_but_what_is_kept_comes(
    server: Platform, socket: ClientConnection
) -> None:
    publish(server, 5)
    last = head(server)
    server.python(
        f"from foundation.activity.models import Event; Event.objects.filter(seq__lt={last - 1}).delete()"
    )
    assert subscribe(socket, after=0)["recovered"] is False
    assert events(socket, 2) == [last - 1, last]


def test_losing_history_while_following_is_told(server: Platform, socket: ClientConnection) -> None:
    before = subscribe(socket)["epoch"]
    server.python(
        "import uuid; from foundation.activity.models import Stream;"
        "Stream.objects.filter(name='system').update(epoch=uuid.uuid4())"
    )
    told = hear(socket, "subscribed")
    assert told["recovered"] is False
    assert told["epoch"] != before


def test_the_urgent_stream_goes_first_and_each_keeps_its_order(
    server: Platform, socket: ClientConnection
) -> None:
    me = server.python("from foundation.accounts.services import local_user; print(local_user().pk)").strip()
    publish(server, 150, priority="low")
    publish(server, 20, stream=f"inbox:{me}", priority="high")
    low, high = head(server) - 150, head(server, f"inbox:{me}") - 20
    say(socket, type="subscribe", stream="system", after=low)
    say(socket, type="subscribe", stream="inbox", after=high)
    order = [frame for frame in _until(socket, 170) if frame["type"] == "event"]
    by_stream = {
        name: [frame["seq"] for frame in order if frame["stream"] == name] for name in ("system", "inbox")
    }
    assert by_stream == {"system": list(range(low + 1, low + 151)), "inbox": list(range(high + 1, high + 21))}
    first_high = next(place for place, frame in enumerate(order) if frame["stream"] == "inbox")
    assert {frame["stream"] for frame in order[first_high : first_high + 20]} == {"inbox"}


def _until(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    for frame in frames(socket, timeout=60):
        heard.append(frame)
        if sum(each["type"] == "event" for each in heard) == count:
            break
    return heard


def test_after_unsubscribing_nothing_comes(server: Platform, socket: ClientConnection) -> None:
    subscribe(socket)
    say(socket, type="unsubscribe", stream="system")
    say(socket, type="nonsense")
    assert hear(socket, "error")["code"] == "unknown_type"
    publish(server, 2)
    with pytest.raises(TimeoutError):
        socket.recv(timeout=2.5)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "bad_json"),
        ("[]", "bad_json"),
        ("{}", "bad_json"),
        ('{"type": 1}', "bad_json"),
        ("[" * 30_000, "bad_json"),
        (b"\x00\x01", "bad_json"),
        ('{"type": "__init__"}', "unknown_type"),
        ('{"type": "subscribe"}', "bad_frame"),
        ('{"type": "subscribe", "stream": 5}', "bad_frame"),
        ('{"type": "subscribe", "stream": "workflow:1 OR 1=1"}', "bad_frame"),
        ('{"type": "subscribe", "stream": "inbox", "after": -1}', "bad_frame"),
        ('{"type": "subscribe", "stream": "inbox", "after": true}', "bad_frame"),
        ('{"type": "subscribe", "stream": "inbox", "after": 1e99}', "bad_frame"),
        ('{"type": "subscribe", "stream": "inbox", "epoch": {}}', "bad_frame"),
        ('{"type": "subscribe", "stream": "nothing:11111111-1111-1111-1111-111111111111"}', "not_found"),
        ('{"type": "subscribe", "stream": "inbox:11111111-1111-1111-1111-111111111111"}', "not_found"),
        ('{"type": "ai_discussion", "stream": "x", "client_msg_id": "1", "text": "?"}', "bad_frame"),
        ('{"type": "ui_update", "stream": "x", "focus": null}', "bad_frame"),
    ],
)
def test_nonsense_gets_an_error_frame_and_the_socket_lives(
    socket: ClientConnection, text: str | bytes, code: str
) -> None:
    socket.send(text)
    assert hear(socket, "error")["code"] == code
    assert subscribe(socket, stream="inbox")["stream"] == "inbox"


def test_a_frame_above_the_limit_ends_the_socket(socket: ClientConnection) -> None:
    socket.send("x" * 70_000)
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=10)
    assert socket.close_code == 1009


def test_a_flood_is_answered_and_survived(socket: ClientConnection) -> None:
    for _ in range(400):
        say(socket, type="pong")
    assert hear(socket, "error")["code"] == "rate_limited"
