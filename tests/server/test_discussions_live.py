"""A discussion as a page sees it, over the real socket of the real server: live text, acknowledgements, presence."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.sync.client import ClientConnection

from tests.platform import Platform, frames, hear, hear_among, say

TOPIC = "オリノの価格と納期"
PATIENCE = 40


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A server whose built-in secretary takes its time."""
    with Platform(
        Path(tmp_path_factory.mktemp("talking")), BUILTIN_DELAY_MS="100", BUILTIN_PACE_MS="5"
    ) as platform:
        yield platform


@pytest.fixture(scope="module")
def script(slow: Platform) -> Iterator[httpx.Client]:
    with slow.script() as client:
        yield client


def begin(client: httpx.Client, seats: int = 2, **fields: Any) -> str:
    """The stream of a new discussion of the starter team over the sample vault."""
    people = [each["id"] for each in client.get("/api/v1/personas/").json()["results"]][:seats]
    vault = client.get("/api/v1/vaults/").json()["results"][0]["id"]
    body = {"topic": TOPIC, "participants": people, "max_rounds": 1, "vault": vault} | fields
    answer = client.post("/api/v1/discussions/", json=body)
    assert answer.status_code == 201, answer.text
    return f"discussion:{answer.json()['id']}"


def path(stream: str, rest: str = "") -> str:
    return f"/api/v1/discussions/{stream.partition(':')[2]}/{rest}"


@contextmanager
def following(platform: Platform, client: httpx.Client, stream: str) -> Iterator[ClientConnection]:
    with platform.socket(ticket=platform.ticket(client)) as socket:
        say(socket, type="subscribe", stream=stream, after=0)
        hear(socket, "subscribed")
        yield socket


def frames_until_end(socket: ClientConnection) -> list[dict[str, Any]]:
    heard = []
    for frame in frames(socket, timeout=PATIENCE):
        heard.append(frame)
        event = frame.get("event", {})
        if event.get("type") == "discussion.status_changed" and event["to"] == "ended":
            break
    return heard


def events(frames: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each["event"] for each in frames if each["type"] == "event" and each["event"]["type"] == kind]


def test_text_grows_and_the_finished_message_follows(slow: Platform, script: httpx.Client) -> None:
    stream = begin(script)
    with following(slow, script, stream) as socket:
        frames = frames_until_end(socket)

    posted = {
        each["object"]["id"]: each["data"]["text"] for each in events(frames, "discussion.message_posted")
    }
    given = [each["data"]["message_id"] for each in events(frames, "discussion.turn_given")]
    assert list(posted) == given, "who has the word is told first, under the id of what comes"
    grown: dict[str, str] = {}
    finished: set[str] = set()
    for frame in frames:
        if frame["type"] == "delta":
            assert frame.keys() == {"type", "stream", "message_id", "offset", "text"}
            assert frame["offset"] == len(grown.get(frame["message_id"], ""))
            assert frame["message_id"] not in finished
            grown[frame["message_id"]] = grown.get(frame["message_id"], "") + frame["text"]
        elif frame["type"] == "event" and frame["event"]["type"] == "discussion.message_posted":
            finished.add(frame["event"]["object"]["id"])
    assert len([frame for frame in frames if frame["type"] == "delta"]) > 2 * len(grown) > 0, "piece by piece"
    assert all(posted[message] == text for message, text in grown.items())
    seqs = [frame["seq"] for frame in frames if frame["type"] == "event"]
    assert seqs == list(range(1, len(seqs) + 1))


def test_what_is_said_is_acknowledged_once_and_stored_once(slow: Platform, script: httpx.Client) -> None:
    stream, mark = begin(script), str(uuid4())
    with following(slow, script, stream) as socket, following(slow, script, stream) as other:
        sent = {"type": "ai_discussion", "stream": stream, "client_msg_id": mark, "text": "急いでください。"}
        for each in (socket, other, socket):
            say(each, **sent)
        acks = [hear_among(each, "ack", timeout=PATIENCE) for each in (socket, other, socket)]
        frames_until_end(socket)

    assert acks[0] == {"type": "ack", "client_msg_id": mark, "seq": acks[0]["seq"]}
    assert acks[1:] == acks[:1] * 2
    messages = script.get(path(stream, "messages/")).json()["results"]
    mine = [each for each in messages if each["client_msg_id"] == mark]
    assert [each["seq"] for each in mine] == [acks[0]["seq"]]
    assert [each["number"] for each in messages] == list(range(1, len(messages) + 1))
    heard = next(each for each in messages if each["number"] > mine[0]["number"] + 1)
    assert "急いでください" in heard["text"] or "急いでください" in messages[mine[0]["number"]]["text"]


def test_who_may_not_speak_is_told_so(slow: Platform, script: httpx.Client) -> None:
    stream = begin(script)
    with following(slow, script, stream) as socket:
        mark = str(uuid4())
        for name, text, code in (
            (f"discussion:{uuid4()}", "はい", "not_found"),
            ("inbox", "はい", "not_found"),
            (stream, "", "bad_frame"),
            (stream, " ", "invalid"),
            (stream, 5, "bad_frame"),
            (stream, "x" * 8001, "invalid"),
        ):
            say(socket, type="ai_discussion", stream=name, client_msg_id=mark, text=text)
            assert hear_among(socket, "error", timeout=PATIENCE)["code"] == code
        say(socket, type="ai_discussion", stream=stream, client_msg_id="1", text="はい")
        assert hear_among(socket, "error", timeout=PATIENCE)["field"] == "client_msg_id"
        say(socket, type="ai_discussion", stream=stream, client_msg_id=mark, text="\ud800")
        assert hear_among(socket, "error", timeout=PATIENCE)["code"] == "bad_frame"
        frames_until_end(socket)
        say(socket, type="ai_discussion", stream=stream, client_msg_id=mark, text="zu spät")
        late = hear_among(socket, "error", timeout=PATIENCE)
    assert (late["code"], late["client_msg_id"], late["stream"]) == ("discussion_over", mark, stream)
    assert not [each for each in script.get(path(stream, "messages/")).json()["results"] if each["user"]]


ANOTHER = """
from foundation.accounts.models import Role, User
from foundation.accounts.services import access_token_create, roles_seed
from guardian.shortcuts import assign_perm
from workflows.models import Discussion
from datetime import timedelta
user, _ = User.objects.get_or_create(username="{name}", defaults={{"display_name": "{name}"}})
if {sees}:
    assign_perm("view_discussion", user, Discussion.objects.get(pk="{discussion}"))
print(access_token_create(user, user=user, lifetime=timedelta(hours=1)))
"""


def somebody(platform: Platform, stream: str, name: str, *, sees: bool) -> httpx.Client:
    code = ANOTHER.format(name=name, sees=sees, discussion=stream.partition(":")[2])
    return platform.client(headers={"Authorization": f"Bearer {platform.python(code).strip()}"})


def _hear_presence(socket: ClientConnection) -> list[dict[str, str]]:
    for frame in frames(socket, timeout=PATIENCE):
        if frame["type"] == "event" and frame["event"]["type"] == "presence.changed":
            assert frame["seq"] is None
            return frame["event"]["data"]["who"]
    raise AssertionError


def test_who_looks_at_it_is_seen_by_the_others_and_by_nobody_else(
    slow: Platform, script: httpx.Client
) -> None:
    stream, focus = begin(script, seats=1, max_rounds=1), str(uuid4())
    with somebody(slow, stream, "saki", sees=True) as saki, following(slow, script, stream) as mine:
        frames_until_end(mine)
        say(mine, type="ui_update", stream=stream, focus=focus)
        assert _hear_presence(mine) == [], "not oneself"
        with following(slow, saki, stream) as theirs:
            say(theirs, type="ui_update", stream=stream, focus="plan")
            seen = _hear_presence(mine)
            assert [(each["name"], each["focus"]) for each in seen] == [("saki", "plan")]
            found = _hear_presence(theirs) or _hear_presence(theirs)
            assert [each["focus"] for each in found] == [focus], "who was there before answers a newcomer"
            say(mine, type="ui_update", stream=stream, focus=None)
            assert _hear_presence(theirs) == []
            assert [each["focus"] for each in _hear_presence(mine)] == ["plan"]
        assert _hear_presence(mine) == [], "who closes the page is gone"


def test_a_stranger_neither_follows_nor_speaks_nor_is_seen(slow: Platform, script: httpx.Client) -> None:
    stream = begin(script, seats=1, max_rounds=1)
    with (
        somebody(slow, stream, "nobody", sees=False) as nobody,
        slow.socket(ticket=slow.ticket(nobody)) as socket,
    ):
        say(socket, type="subscribe", stream=stream)
        assert hear_among(socket, "error", timeout=PATIENCE)["code"] == "not_found"
        say(socket, type="ui_update", stream=stream, focus="x")
        assert hear_among(socket, "error", timeout=PATIENCE)["code"] == "not_subscribed"
        say(socket, type="ai_discussion", stream=stream, client_msg_id=str(uuid4()), text="はい")
        assert hear_among(socket, "error", timeout=PATIENCE)["code"] == "not_found"


def test_a_reader_watches_but_does_not_speak(slow: Platform, script: httpx.Client) -> None:
    stream = begin(script, seats=1, max_rounds=1)
    with somebody(slow, stream, "yomi", sees=True) as reader, following(slow, reader, stream) as socket:
        say(socket, type="ai_discussion", stream=stream, client_msg_id=str(uuid4()), text="はい")
        assert hear_among(socket, "error", timeout=PATIENCE)["code"] == "forbidden"


def test_killed_in_the_middle_it_goes_on_after_the_restart(tmp_path: Path) -> None:
    with (
        Platform(tmp_path, BUILTIN_DELAY_MS="150", BUILTIN_PACE_MS="1") as platform,
        platform.script() as client,
    ):
        stream = begin(client, seats=4, max_rounds=3)
        for kill in range(2):
            with following(platform, client, stream) as socket:
                assert any(_is_number(each, 2 * kill + 2) for each in frames(socket, timeout=PATIENCE))
            platform.stop(signal.SIGKILL)
            platform.start("--port", platform.base.rpartition(":")[2])
        with following(platform, client, stream) as socket:
            heard = frames_until_end(socket)
        messages = client.get(path(stream, "messages/"), params={"limit": 200}).json()["results"]
        calls = client.get("/api/v1/calls/", params={"limit": 200}).json()["results"]
        minutes = client.get(path(stream, "minutes/"))

    assert [each["number"] for each in messages] == list(range(1, len(messages) + 1))
    posted = [each["data"]["number"] for each in events(heard, "discussion.message_posted")]
    assert posted == [each["number"] for each in messages]
    assert len({each["text"] for each in messages if each["citations"]}) == sum(
        bool(each["citations"]) for each in messages
    )
    assert all(each["status"] == "finished" for each in calls)
    assert minutes.status_code == 200


def _is_number(frame: dict[str, Any], number: int) -> bool:
    event = frame.get("event", {})
    return event.get("type") == "discussion.message_posted" and event["data"]["number"] >= number
